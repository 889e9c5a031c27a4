"""The SQL of the nights: taking them, moving them between held and sold, giving them back, counting them.

Nights are always locked in the order (room type, night), so that bookings of several room types in any
order cannot deadlock. The table's CHECK decides; nothing here counts first and writes afterwards. Taking
nights shares a lock on their room types: whoever changes a usual capacity (FOR UPDATE) sees every night that
was begun with the old one, and nobody begins another with it.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import ARRAY, Date, Integer, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import RoomType, RoomTypeNight
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

room_type = table_of(RoomType)
night = table_of(RoomTypeNight)

_types = bindparam("types", type_=ARRAY(Uuid))
_rooms = bindparam("rooms", type_=ARRAY(Integer))
_stay = (bindparam("check_in", type_=Date), bindparam("check_out", type_=Date))

_TAKE = Statement(
    text("""
        WITH known AS (
            SELECT room_type_id, capacity FROM booking.room_type
            WHERE room_type_id = ANY (:types) AND NOT closed
            ORDER BY room_type_id
            FOR KEY SHARE
        )
        INSERT INTO booking.room_type_night AS n (
            room_type_id, night, capacity, capacity_overridden, oversell, out_of_order, blocked, held, sold
        )
        SELECT
            wanted.room_type_id, days.day::date, known.capacity, false, 0, 0, 0,
            wanted.rooms * :as_held, wanted.rooms * :as_sold
        FROM unnest(:types, :rooms) AS wanted (room_type_id, rooms)
        JOIN known ON known.room_type_id = wanted.room_type_id
        CROSS JOIN generate_series(
            CAST(:check_in AS timestamp), CAST(:check_out AS timestamp) - interval '1 day', interval '1 day'
        ) AS days (day)
        ORDER BY 1, 2
        ON CONFLICT (room_type_id, night) DO UPDATE SET held = n.held + excluded.held, sold = n.sold + excluded.sold
    """).bindparams(_types, _rooms, *_stay, bindparam("as_held", type_=Integer), bindparam("as_sold", type_=Integer))
)
_SHIFT = Statement(
    text("""
        WITH locked AS (
            SELECT n.room_type_id, n.night, taken.rooms
            FROM booking.room_type_night AS n
            JOIN unnest(:types, :rooms) AS taken (room_type_id, rooms) ON taken.room_type_id = n.room_type_id
            WHERE n.night >= :check_in AND n.night < :check_out
            ORDER BY n.room_type_id, n.night
            FOR UPDATE OF n
        )
        UPDATE booking.room_type_night AS n
        SET held = n.held + locked.rooms * :held, sold = n.sold + locked.rooms * :sold
        FROM locked
        WHERE n.room_type_id = locked.room_type_id AND n.night = locked.night
    """).bindparams(_types, _rooms, *_stay, bindparam("held", type_=Integer), bindparam("sold", type_=Integer))
)
_FULL_NIGHTS = Statement(
    text("""
        SELECT wanted.room_type_id, days.day::date AS night
        FROM unnest(:types, :rooms) AS wanted (room_type_id, rooms)
        CROSS JOIN generate_series(
            CAST(:check_in AS timestamp), CAST(:check_out AS timestamp) - interval '1 day', interval '1 day'
        ) AS days (day)
        LEFT JOIN booking.room_type AS known ON known.room_type_id = wanted.room_type_id
        LEFT JOIN booking.room_type_night AS n ON n.room_type_id = wanted.room_type_id AND n.night = days.day::date
        WHERE known.closed IS NOT FALSE
            OR coalesce(n.capacity - n.out_of_order - n.blocked + n.oversell - n.held - n.sold, known.capacity)
                < wanted.rooms
        ORDER BY 1, 2
    """).bindparams(_types, _rooms, *_stay)
)
_FREE = night.c.capacity - night.c.out_of_order - night.c.blocked + night.c.oversell - night.c.held - night.c.sold
_CAPACITIES = Statement(select(room_type).where(room_type.c.room_type_id == func.any(_types)))
_TYPES_AFTER = Statement(
    select(room_type)
    .where(room_type.c.room_type_id > bindparam("after_id"))
    .order_by(room_type.c.room_type_id)
    .limit(bindparam("limit", type_=Integer))
)
_NIGHTS = Statement(
    select(
        night.c.room_type_id,
        night.c.night,
        func.greatest(_FREE, 0).label("free"),
    ).where(
        night.c.room_type_id == func.any(_types),
        night.c.night >= bindparam("first_night"),
        night.c.night < bindparam("end_night"),
    )
)
_TAKE_IN = Statement(
    upsert(room_type)
    .values(
        room_type_id=bindparam("room_type_id"),
        hotel_id=bindparam("hotel_id"),
        owner_id=bindparam("owner_id"),
        capacity=bindparam("capacity"),
        closed=False,
        version=1,
    )
    .on_conflict_do_nothing()
)

_STREAM_BATCH = 500


class Shift(enum.Enum):
    """How taken rooms change: (held, sold) per room."""

    HELD_TO_SOLD = (-1, 1)
    RELEASE_HELD = (-1, 0)


async def take_nights(
    connection: Connection, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date, *, sold: bool = False
) -> int:
    """Takes the nights as held or as sold and answers how many rows that were. Raises asyncpg's
    CheckViolationError when any night has too few rooms; nothing is taken then."""
    return await _TAKE.execute(
        connection, **_wanted(rooms, check_in, check_out), as_held=int(not sold), as_sold=int(sold)
    )


async def shift_nights(
    connection: Connection, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date, shift: Shift
) -> None:
    held, sold = shift.value
    await _SHIFT.execute(connection, **_wanted(rooms, check_in, check_out), held=held, sold=sold)


async def full_nights(
    connection: Connection, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date
) -> list[tuple[uuid.UUID, dt.date]]:
    """The nights that cannot take these rooms: what a refusal tells and what a quote looks at first."""
    rows = await _FULL_NIGHTS.fetch(connection, **_wanted(rooms, check_in, check_out))
    return [(row["room_type_id"], row["night"]) for row in rows]


async def room_types(connection: Connection, ids: Sequence[uuid.UUID]) -> list[Record]:
    return await _CAPACITIES.fetch(connection, types=ids)


async def all_room_types(connection: Connection) -> AsyncIterator[list[Record]]:
    """Every sellable room type, in batches."""
    after = uuid.UUID(int=0)
    while batch := await _TYPES_AFTER.fetch(connection, after_id=after, limit=_STREAM_BATCH):
        yield batch
        after = batch[-1]["room_type_id"]


async def free_rooms(
    connection: Connection, ids: Sequence[uuid.UUID], first_night: dt.date, end_night: dt.date
) -> list[Record]:
    """(room_type_id, night, free) for the nights that have a row."""
    return await _NIGHTS.fetch(connection, types=ids, first_night=first_night, end_night=end_night)


async def take_in_room_type(
    connection: Connection, room_type_id: uuid.UUID, hotel_id: uuid.UUID, owner_id: uuid.UUID, capacity: int
) -> bool:
    """True when it was new."""
    return bool(
        await _TAKE_IN.execute(
            connection, room_type_id=room_type_id, hotel_id=hotel_id, owner_id=owner_id, capacity=capacity
        )
    )


def _wanted(rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date) -> dict[str, object]:
    return {
        "types": [uuid.UUID(identifier) for identifier in rooms],
        "rooms": list(rooms.values()),
        "check_in": check_in,
        "check_out": check_out,
    }
