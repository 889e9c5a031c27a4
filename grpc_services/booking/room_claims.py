"""Claiming rooms that may be kept by holds that are over: what every taker of nights does, and how it is refused."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from grpc_services.booking import holds, inventory_queries
from grpc_services.booking.errors import RoomUnavailable
from runtime.database import Database, Record

Answer = TypeVar("Answer")


async def claim_rooms(
    database: Database,
    rooms: Mapping[str, int],
    check_in: dt.date,
    check_out: dt.date,
    attempt: Callable[[], Awaitable[Answer]],
    *,
    stale_seconds: int,
) -> Answer:
    """What `attempt` answers, a transaction that takes these nights. When it ends with NightsRefused, the overdue
    holds in its way are released and it is made once more. Raises RoomUnavailable with the nights at fault."""
    try:
        return await attempt()
    except inventory_queries.NightsRefused:
        await holds.expire_in_the_way(database, rooms, check_in, check_out)
    try:
        return await attempt()
    except inventory_queries.NightsRefused:
        async with database.reading() as connection:
            refused = await inventory_queries.refused_nights(
                connection, rooms, check_in, check_out, stale_seconds=stale_seconds
            )
        if not refused:  # free again by now; the guest may try once more
            raise RoomUnavailable(uuid.UUID(next(iter(rooms))), [(check_in, "SOLD_OUT", None)]) from None
        raise unavailable(refused) from None


def unavailable(refused: list[Record]) -> RoomUnavailable:
    """Of the first room type that cannot be had."""
    room_type_id = refused[0]["room_type_id"]
    return RoomUnavailable(
        room_type_id,
        [(row["night"], row["reason"], row["held_until"]) for row in refused if row["room_type_id"] == room_type_id],
    )
