"""The SQL that moves single nights: some are given back and others taken, held or sold, in one go.

All touched nights are locked first, in the order (room type, night) that everybody keeps; then one statement
writes the differences, and the table's CHECK decides. See inventory_queries.py.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

import asyncpg
from sqlalchemy import ARRAY, Date, Integer, Uuid, bindparam, text

from grpc_services.booking.folio import Nights
from grpc_services.booking.inventory_queries import IS_FRESH, NightsRefused
from runtime.database import Connection, Statement

_wanted = (
    bindparam("types", type_=ARRAY(Uuid)),
    bindparam("nights", type_=ARRAY(Date)),
    bindparam("held", type_=ARRAY(Integer)),
    bindparam("sold", type_=ARRAY(Integer)),
)

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
        FROM unnest(:types, :nights, :held, :sold) AS wanted (room_type_id, night, held, sold)
        JOIN known ON known.room_type_id = wanted.room_type_id
        WHERE known.for_sale OR wanted.held + wanted.sold <= 0
        ORDER BY 1, 2
        ON CONFLICT (room_type_id, night) DO UPDATE SET held = n.held
    """).bindparams(  # noqa: S608  # put together from constants
        *_wanted, bindparam("stale_seconds", type_=Integer)
    )
)
_CHANGE = Statement(
    text("""
        UPDATE booking.room_type_night AS n
        SET held = n.held + wanted.held, sold = n.sold + wanted.sold
        FROM unnest(:types, :nights, :held, :sold) AS wanted (room_type_id, night, held, sold)
        WHERE n.room_type_id = wanted.room_type_id AND n.night = wanted.night
    """).bindparams(*_wanted)
)


class SwapRefused(NightsRefused):
    """`changes` are what was asked for."""

    def __init__(self, changes: Nights) -> None:
        super().__init__()
        self.changes = changes


async def move_nights(
    connection: Connection, changes: Mapping[tuple[uuid.UUID, dt.date], tuple[int, int]], *, stale_seconds: int
) -> None:
    """Changes (held, sold) of each night by so many rooms; giving back never fails. Raises NightsRefused when a
    night cannot be had; the caller's transaction is to be rolled back then."""
    nights = sorted(changes)
    wanted = {
        "types": [room_type_id for room_type_id, _ in nights],
        "nights": [night for _, night in nights],
        "held": [changes[night][0] for night in nights],
        "sold": [changes[night][1] for night in nights],
    }
    if await _LOCK.execute(connection, **wanted, stale_seconds=stale_seconds) != len(nights):
        raise NightsRefused
    try:
        await _CHANGE.execute(connection, **wanted)
    except asyncpg.CheckViolationError:
        raise NightsRefused from None


async def change_nights(connection: Connection, changes: Nights, *, held: bool, stale_seconds: int) -> None:
    """Adds so many rooms to what is held (or sold) on each night. Raises SwapRefused as `move_nights` does."""
    if not changes:
        return
    try:
        await move_nights(
            connection,
            {night: (rooms, 0) if held else (0, rooms) for night, rooms in changes.items()},
            stale_seconds=stale_seconds,
        )
    except NightsRefused:
        raise SwapRefused(changes) from None
