"""Price rules in the public schema: seasons and weekdays that move the prices of nights."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.weekdays import Weekday, weekdays
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call


@strawberry.type(description="Moves the prices of nights by a share; several multiply in order of position.")
class PriceRule:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="What its hotelier calls it.")
    room_type_id: strawberry.ID | None = strawberry.field(description="The only room type it is for; null: all.")
    first_night: dt.date = strawberry.field(description="The first night.")
    last_night: dt.date = strawberry.field(description="The last night, included.")
    weekdays: list[Weekday] = strawberry.field(description="Only on these days; every day if there are none.")
    adjustment_basis_points: int = strawberry.field(description="By how much: 2500 is 25 % more, -1000 10 % less.")
    position: int = strawberry.field(description="Where it stands among the others, by rising number.")


@strawberry.type
class HotelPriceRules(Node):
    """The part of Hotel that lists its price rules."""

    @strawberry.field(description="Its seasons and weekdays in the order in which they work; for its hotelier only.")
    async def price_rules(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[PriceRule] | None:
        request = rate_pb2.ListPriceRulesRequest(
            hotel_id=decode_id("Hotel", self.id, path=("id",)), first=at_least_one(first), after=after or ""
        )
        response = await call(info.context.services.rates.ListPriceRules, request)
        return Connection(
            edges=edges([price_rule(found) for found in response.price_rules], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def price_rule(message: rate_pb2.PriceRule) -> PriceRule:
    return PriceRule(
        id=strawberry.ID(encode_id("PriceRule", message.id)),
        name=message.name,
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)) if message.room_type_id else None,
        first_night=dt.date.fromisoformat(message.first_night),
        last_night=dt.date.fromisoformat(message.last_night),
        weekdays=weekdays(message.weekdays),
        adjustment_basis_points=message.adjustment_basis_points,
        position=message.position,
    )
