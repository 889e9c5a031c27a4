"""Overdue holds: released by the sweeper, or in passing by whoever needs their nights.

The database's clock decides what is overdue. Each release is a transaction of its own, so that a booker
never waits for nights while holding others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from grpc_services.booking import events, folio, folio_queries, inventory_queries, queries, rules
from grpc_services.booking.inventory_queries import Shift
from grpc_services.booking.inventory_rules import Night
from runtime.database import Connection, Database, Record
from runtime.identity import Role


async def expire_overdue(database: Database, limit: int) -> int:
    """Releases at most `limit` overdue holds; several sweepers share the work."""
    for released in range(limit):
        async with database.transaction() as connection:
            row = await queries.lock_an_overdue_hold(connection)
            if row is None:
                return released
            await _expire(connection, row)
    return limit


async def expire_in_the_way(
    database: Database, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date
) -> None:
    """Releases the overdue holds that keep these nights from a booker.

    One that somebody else is releasing at this moment is waited for, so that its rooms are free afterwards.
    """
    room_type_ids = [uuid.UUID(identifier) for identifier in rooms]
    async with database.reading() as connection:
        overdue = await queries.overdue_holds_of(connection, room_type_ids, check_in, check_out)
    for booking_id in overdue:
        async with database.transaction() as connection:
            row = await queries.lock_booking(connection, booking_id)
            if row is not None and row["overdue"]:
                await _expire(connection, row)


async def expire_on_nights(database: Database, room_type_id: uuid.UUID, nights: Sequence[Night]) -> None:
    """The same for some nights, in order, of one room type whose capacity is about to be lowered."""
    end_night = nights[-1].night + dt.timedelta(days=1)
    await expire_in_the_way(database, {str(room_type_id): 1}, nights[0].night, end_night)


async def _expire(connection: Connection, row: Record) -> None:
    """The row is locked and overdue by the database's clock."""
    expired = await queries.move_booking(connection, row, rules.State.EXPIRED)
    if expired is None:
        return
    await queries.write_timeline(
        connection, expired, kind="BookingExpired", actor=Role.SYSTEM, summary="The hold ran out before it was paid."
    )
    await events.publish_expired(connection, expired)
    rooms = Counter(
        str(room["room_type_id"]) for room in folio.standing(await folio_queries.load_rooms(connection, row["id"]))
    )
    await inventory_queries.shift_nights(connection, rooms, row["check_in"], row["check_out"], Shift.RELEASE_HELD)
