"""Finding salons and masters: by id, by city or house, and one's own."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.masters import Master, master
from api.node_ids import decode_id
from api.paging import Connection, at_least_one, edges, page_info
from api.salon_services import ServiceCategory, category_value
from api.salons import Salon, salon
from contracts.salon.v1 import salon_pb2
from runtime.channels import call

_First = Annotated[int, strawberry.argument(description="1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]


@strawberry.type
class SalonQueries:
    @strawberry.field(description="One salon; null if it does not exist or is not yours to see.")
    async def salon(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Salon | None:
        found = await info.context.load.salon.load(decode_id("Salon", id, path=("id",)))
        return salon(found) if found else None

    @strawberry.field(description="One master; null if they do not exist or are not yours to see.")
    async def master(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Their id.")],  # noqa: A002
    ) -> Master | None:
        found = await info.context.load.master.load(decode_id("Master", id, path=("id",)))
        return master(found) if found else None

    @strawberry.field(description="Published salons, by name.")
    async def salons(
        self,
        info: Info,
        city: Annotated[
            str | None, strawberry.argument(description="Only in this city; case and accents do not matter.")
        ] = None,
        hotel_id: Annotated[strawberry.ID | None, strawberry.argument(description="Only in this house.")] = None,
        category: Annotated[
            ServiceCategory | None, strawberry.argument(description="Only with a service of this kind.")
        ] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Connection[Salon]:
        request = salon_pb2.ListSalonsRequest(
            hotel_id=decode_id("Hotel", hotel_id, path=("hotelId",)) if hotel_id else "",
            city=city or "",
            category=category_value(category) if category else salon_pb2.SERVICE_CATEGORY_UNSPECIFIED,
            first=at_least_one(first),
            after=after or "",
        )
        return _page(await call(info.context.services.salons.ListSalons, request), after)


@strawberry.type
class ViewerSalons:
    """A part of the type Viewer."""

    @strawberry.field(description="The salons you own or work at, by name.")
    async def salons(self, info: Info, first: _First = 20, after: _After = None) -> Connection[Salon]:
        request = salon_pb2.ListOwnSalonsRequest(first=at_least_one(first), after=after or "")
        return _page(await call(info.context.services.salons.ListOwnSalons, request), after)


def _page(response: salon_pb2.ListSalonsResponse, after: str | None) -> Connection[Salon]:
    return Connection(
        edges=edges([salon(found) for found in response.salons], response.cursors),
        page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
    )
