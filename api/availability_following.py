"""Following the free rooms of a house live."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.availability_reading import FreeRooms, Nights
from api.context import Info
from api.node_ids import decode_id, encode_id
from runtime.clock import utc_now
from runtime.errors import InvalidInput, NotFound
from runtime.live_channels import hotel_channel

MOST_NIGHTS = 62
_CALM_SECONDS = 0.1  # between two looks: a busy house moves many times a second


@strawberry.type(description="Free rooms of a room type on one night.")
class AvailableNight:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    night: dt.date = strawberry.field(description="The night.")
    available: int = strawberry.field(description="Rooms that can still be booked.")


@strawberry.type(description="Free rooms of a house, all of them or those that changed.")
class AvailabilityChanged:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    complete: bool = strawberry.field(
        description="Whether these are all nights asked for; else only those that changed since the message before."
    )
    nights: list[AvailableNight] = strawberry.field(description="By room type and night.")
    at: dt.datetime = strawberry.field(description="When it was so.")


@strawberry.type
class AvailabilitySubscriptions:
    @strawberry.subscription(
        description=(
            "The free rooms of a house as they change, 62 nights at most. First all nights asked for, then those "
            "that changed. Numbers are absolute, so a client that was away begins anew and has missed nothing."
        )
    )
    async def availability_changed(
        self,
        info: Info,
        hotel_id: Annotated[strawberry.ID, strawberry.argument(description="The house.")],
        from_night: Annotated[dt.date, strawberry.argument(name="from", description="The first night.")],
        to_night: Annotated[dt.date, strawberry.argument(name="to", description="The day after the last night.")],
    ) -> AsyncGenerator[AvailabilityChanged, None]:
        identifier = decode_id("Hotel", hotel_id, path=("hotelId",))
        if not 1 <= (to_night - from_night).days <= MOST_NIGHTS:
            raise InvalidInput(f"Ask for 1 to {MOST_NIGHTS} nights.", path=("to",))
        known: FreeRooms | None = None
        with info.context.services.live.listen(hotel_channel(identifier)) as listener:
            while True:
                found = await _free_rooms(info, identifier, from_night, to_night)
                changed = found if known is None else _changes(known, found)
                if changed or known is None:
                    yield AvailabilityChanged(
                        hotel_id=hotel_id, complete=known is None, nights=_nights(changed), at=utc_now()
                    )
                known = found
                await asyncio.sleep(_CALM_SECONDS)
                await listener.wait()


async def _free_rooms(info: Info, hotel_id: str, from_night: dt.date, to_night: dt.date) -> FreeRooms:
    """A house that the listener may no longer see ends the subscription."""
    house = await info.context.load.hotel_anew(hotel_id)
    if house is None:
        raise NotFound("There is no such hotel.", path=("hotelId",))
    room_types = tuple(kind.id for kind in house.room_types)
    return await info.context.services.availability.free_rooms(Nights(room_types, from_night, to_night))


def _changes(before: FreeRooms, after: FreeRooms) -> FreeRooms:
    """What is other than before; a room type that is gone has no rooms."""
    gone = dict.fromkeys(before.keys() - after.keys(), 0)
    return {key: free for key, free in {**gone, **after}.items() if before.get(key) != free}


def _nights(rooms: FreeRooms) -> list[AvailableNight]:
    return [
        AvailableNight(room_type_id=strawberry.ID(encode_id("RoomType", kind)), night=night, available=free)
        for (kind, night), free in rooms.items()
    ]
