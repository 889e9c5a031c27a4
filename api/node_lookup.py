"""Anything by its global id: one entry for each type that implements Node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from api.appointments import appointment
from api.bookings import booking
from api.change_log import change
from api.context import Info
from api.dataloaders import Loaders
from api.extras import extra
from api.hotels import hotel
from api.masters import master
from api.node_ids import decode_node_id
from api.nodes import Node
from api.notifications import notification
from api.quotes import quote
from api.reviews import review
from api.rooms import room, room_type
from api.salons import salon

Found = TypeVar("Found")
LookUp = Callable[[Loaders, str], Awaitable[Node | None]]


def _by(loader_of: Callable[[Loaders], DataLoader[str, Found | None]], shown: Callable[[Found], Node]) -> LookUp:
    async def look_up(load: Loaders, identifier: str) -> Node | None:
        found = await loader_of(load).load(identifier)
        return None if found is None else shown(found)

    return look_up


LOOK_UPS: dict[str, LookUp] = {
    "Appointment": _by(lambda load: load.appointment, appointment),
    "Booking": _by(lambda load: load.booking, booking),
    "Change": _by(lambda load: load.parts.change, change),
    "Extra": _by(lambda load: load.parts.extra, extra),
    "Hotel": _by(lambda load: load.hotel, hotel),
    "Master": _by(lambda load: load.master, master),
    "Notification": _by(lambda load: load.parts.notification, notification),
    "Quote": _by(lambda load: load.quote, quote),
    "Review": _by(lambda load: load.reviews.review, review),
    "Room": _by(lambda load: load.parts.room, room),
    "RoomType": _by(lambda load: load.parts.room_type, room_type),
    "Salon": _by(lambda load: load.salon, salon),
}


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Anything with a global id; null if it does not exist or is not yours to see.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Node | None:
        kind, identifier = decode_node_id(id)
        look_up = LOOK_UPS.get(kind)
        return await look_up(info.context.load, identifier) if look_up else None
