"""The salons of a house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Info
from api.node_ids import decode_id
from api.nodes import Node

if TYPE_CHECKING:
    from api.salons import Salon

LazySalon = Annotated["Salon", strawberry.lazy("api.salons")]


@strawberry.type
class HotelSalons(Node):
    """The part of Hotel that shows the salons in it."""

    @strawberry.field(description="The salons and spas in it, by name; drafts to those who work there.")
    async def salons(self, info: Info) -> list[LazySalon]:
        from api.salons import salon  # which knows hotels, and so cannot be known to them from the start

        found = await info.context.load.salons_of_hotel.load(decode_id("Hotel", self.id, path=("id",)))
        return [salon(message) for message in found]
