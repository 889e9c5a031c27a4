"""The SQL that swaps the nights of a booking: some are given back and others taken, in one go.

All touched nights are locked first, in the order (room type, night) that everybody keeps; then one statement
writes the differences, and the table's CHECK decides. See inventory_queries.py.
"""

from __future__ import annotations

import asyncpg
from sqlalchemy import ARRAY, Date, Integer, Uuid, bindparam, text

from grpc_services.booking.folio import Nights
from grpc_services.booking.inventory_queries import IS_FRESH, NightsRefused
from runtime.database import Connection, Statement

_types = bindparam("types", type_=ARRAY(Uuid))
_nights = bindparam("nights", type_=ARRAY(Date))
_rooms = bindparam("rooms", type_=ARRAY(Integer))

_LOCK = Statement(
    text(f"""
        WITH known AS (
            SELECT known.room_type_id, known.capacity, NOT known.closed AND {IS_FRESH} AS for_sale
            FROM booking.room_type AS known
            WHERE known.room_type_id = ANY (:types)
            ORDER BY known.room_type_id
            FOR KEY SHARE
        )
        INSERT INTO booking.room_type_night AS n (
            room_type_id, night, capacity, capacity_overridden, oversell, out_of_order, blocked, held, sold
        )
        SELECT wanted.room_type_id, wanted.night, known.capacity, false, 0, 0, 0, 0, 0
        FROM unnest(:types, :nights, :rooms) AS wanted (room_type_id, night, rooms)
        JOIN known ON known.room_type_id = wanted.room_type_id
        WHERE known.for_sale OR wanted.rooms < 0
        ORDER BY 1, 2
        ON CONFLICT (room_type_id, night) DO UPDATE SET held = n.held
    """).bindparams(  # noqa: S608  # put together from constants
        _types, _nights, _rooms, bindparam("stale_seconds", type_=Integer)
    )
)
_CHANGE = Statement(
    text("""
        UPDATE booking.room_type_night AS n
        SET held = n.held + wanted.rooms * :as_held, sold = n.sold + wanted.rooms * :as_sold
        FROM unnest(:types, :nights, :rooms) AS wanted (room_type_id, night, rooms)
        WHERE n.room_type_id = wanted.room_type_id AND n.night = wanted.night
    """).bindparams(_types, _nights, _rooms, bindparam("as_held", type_=Integer), bindparam("as_sold", type_=Integer))
)


class SwapRefused(NightsRefused):
    """`changes` are what was asked for."""

    def __init__(self, changes: Nights) -> None:
        super().__init__()
        self.changes = changes


async def change_nights(connection: Connection, changes: Nights, *, held: bool, stale_seconds: int) -> None:
    """Adds so many rooms to what is held (or sold) on each night; negative ones are given back, which never
    fails. Raises SwapRefused when a night cannot be had; the caller's transaction is to be rolled back then."""
    if not changes:
        return
    wanted = {
        "types": [room_type_id for room_type_id, _ in changes],
        "nights": [night for _, night in changes],
        "rooms": list(changes.values()),
    }
    if await _LOCK.execute(connection, **wanted, stale_seconds=stale_seconds) != len(changes):
        raise SwapRefused(changes)
    try:
        await _CHANGE.execute(connection, **wanted, as_held=int(held), as_sold=int(not held))
    except asyncpg.CheckViolationError:
        raise SwapRefused(changes) from None
