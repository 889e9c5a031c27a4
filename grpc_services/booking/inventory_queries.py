"""The SQL of the nights: taking them, moving them between held and sold, giving them back, counting them.

Nights are always locked in the order (room type, night), so that bookings of several room types in any
order cannot deadlock. The table's CHECK decides; nothing here counts first and writes afterwards. Taking
nights shares a lock on their room types: whoever changes a usual capacity (FOR UPDATE) sees every night that
was begun with the old one, and nobody begins another with it. What changes capacity: inventory_change_queries.py.

A room type is stale while a calendar that it imports was not heard of for `stale_seconds`, or never: what that
channel has sold since is unknown, so nothing is sold here. Statements compare with the database's clock, so
that this holds whether or not any worker runs.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence

import asyncpg
from sqlalchemy import ARRAY, Boolean, Date, Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import RoomType
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

room_type = table_of(RoomType)

_types = bindparam("types", type_=ARRAY(Uuid))
_rooms = bindparam("rooms", type_=ARRAY(Integer))
_stay = (bindparam("check_in", type_=Date), bindparam("check_out", type_=Date))
_stale_seconds = bindparam("stale_seconds", type_=Integer)

IS_FRESH = """(
    now() - make_interval(secs => :stale_seconds) < ALL (
        SELECT coalesce(feed.succeeded_at, '-infinity') FROM booking.calendar_feed AS feed
        WHERE feed.room_type_id = known.room_type_id
    )
)"""
_LEFT = "n.capacity - n.out_of_order - n.blocked + n.oversell - n.held - n.sold"
_FIRST_HOLD = """
    SELECT min(b.hold_expires_at)
    FROM booking.booking_room AS room JOIN booking.booking AS b ON b.id = room.booking_id
    WHERE room.room_type_id = n.room_type_id AND b.hold_expires_at IS NOT NULL
        AND b.check_in <= n.night AND b.check_out > n.night
"""

# PostgreSQL checks a proposed row before it finds that there is one already: a night that was begun is proposed
# with its own capacity, else more rooms at once than the usual number would be refused where there are more.
_TAKE = Statement(
    text(f"""
        WITH known AS (
            SELECT known.room_type_id, known.capacity FROM booking.room_type AS known
            WHERE known.room_type_id = ANY (:types) AND NOT known.closed AND {IS_FRESH}
            ORDER BY known.room_type_id
            FOR KEY SHARE
        )
        INSERT INTO booking.room_type_night AS n (
            room_type_id, night, capacity, capacity_overridden, oversell, out_of_order, blocked, held, sold
        )
        SELECT
            wanted.room_type_id, days.day::date, coalesce(begun.capacity, known.capacity), false,
            coalesce(begun.oversell, 0), 0, 0, wanted.rooms * :as_held, wanted.rooms * :as_sold
        FROM unnest(:types, :rooms) AS wanted (room_type_id, rooms)
        JOIN known ON known.room_type_id = wanted.room_type_id
        CROSS JOIN generate_series(
            CAST(:check_in AS timestamp), CAST(:check_out AS timestamp) - interval '1 day', interval '1 day'
        ) AS days (day)
        LEFT JOIN booking.room_type_night AS begun
            ON begun.room_type_id = wanted.room_type_id AND begun.night = days.day::date
        ORDER BY 1, 2
        ON CONFLICT (room_type_id, night) DO UPDATE SET held = n.held + excluded.held, sold = n.sold + excluded.sold
    """).bindparams(  # noqa: S608  # put together from constants
        _types,
        _rooms,
        *_stay,
        _stale_seconds,
        bindparam("as_held", type_=Integer),
        bindparam("as_sold", type_=Integer),
    )
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
_REFUSED_NIGHTS = Statement(
    text(f"""
        SELECT room_type_id, night, reason,
            CASE reason WHEN 'HELD' THEN ({_FIRST_HOLD}) END AS held_until
        FROM (
            SELECT room_type_id, night,
                CASE
                    WHEN closed OR possible < rooms THEN 'SOLD_OUT'
                    WHEN stale THEN 'CALENDAR_STALE'
                    WHEN free < rooms THEN 'HELD'
                END AS reason
            FROM (
                SELECT wanted.room_type_id, wanted.rooms, days.day::date AS night,
                    known.closed IS NOT FALSE AS closed, NOT {IS_FRESH} AS stale,
                    coalesce({_LEFT}, known.capacity) AS free,
                    coalesce({_LEFT} + n.held, known.capacity) AS possible
                FROM unnest(:types, :rooms) AS wanted (room_type_id, rooms)
                CROSS JOIN generate_series(
                    CAST(:check_in AS timestamp), CAST(:check_out AS timestamp) - interval '1 day', interval '1 day'
                ) AS days (day)
                LEFT JOIN booking.room_type AS known ON known.room_type_id = wanted.room_type_id
                LEFT JOIN booking.room_type_night AS n
                    ON n.room_type_id = wanted.room_type_id AND n.night = days.day::date
            ) AS counted
        ) AS n
        WHERE reason IS NOT NULL
        ORDER BY 1, 2
    """).bindparams(_types, _rooms, *_stay, _stale_seconds)  # noqa: S608  # put together from constants
)
_ROOM_TYPES = Statement(
    text(f"""
        SELECT known.*, NOT {IS_FRESH} AS stale FROM booking.room_type AS known
        WHERE known.room_type_id = ANY (:types)
    """).bindparams(_types, _stale_seconds)  # noqa: S608  # put together from constants
)
_TYPES_AFTER = Statement(
    text(f"""
        SELECT known.*, NOT {IS_FRESH} AS stale FROM booking.room_type AS known
        WHERE known.room_type_id > :after_id ORDER BY known.room_type_id LIMIT :limit
    """).bindparams(  # noqa: S608  # put together from constants
        bindparam("after_id", type_=Uuid), bindparam("limit", type_=Integer), _stale_seconds
    )
)
_FREE_ROOMS = Statement(
    text(f"""
        SELECT n.room_type_id, n.night, greatest({_LEFT}, 0) AS free,
            CASE WHEN :with_holds AND n.held > 0 AND {_LEFT} <= 0 THEN ({_FIRST_HOLD}) END AS held_until
        FROM booking.room_type_night AS n
        WHERE n.room_type_id = ANY (:types) AND n.night >= :first_night AND n.night < :end_night
    """).bindparams(  # noqa: S608  # put together from constants
        _types,
        bindparam("with_holds", type_=Boolean),
        bindparam("first_night", type_=Date),
        bindparam("end_night", type_=Date),
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
    RELEASE_SOLD = (0, -1)


class NightsRefused(Exception):
    """Some night has too few rooms, or its room type is not for sale. `refused_nights` tells which and why."""


async def take_nights(
    connection: Connection,
    rooms: Mapping[str, int],
    check_in: dt.date,
    check_out: dt.date,
    *,
    stale_seconds: int,
    sold: bool = False,
) -> None:
    """Takes the nights as held or as sold. Raises NightsRefused when any of them cannot be had; the caller's
    transaction (or savepoint) is to be rolled back then."""
    try:
        taken = await _TAKE.execute(
            connection,
            **_wanted(rooms, check_in, check_out),
            stale_seconds=stale_seconds,
            as_held=int(not sold),
            as_sold=int(sold),
        )
    except asyncpg.CheckViolationError:
        raise NightsRefused from None
    if taken != len(rooms) * (check_out - check_in).days:
        raise NightsRefused


async def shift_nights(
    connection: Connection, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date, shift: Shift
) -> None:
    held, sold = shift.value
    await _SHIFT.execute(connection, **_wanted(rooms, check_in, check_out), held=held, sold=sold)


async def refused_nights(
    connection: Connection, rooms: Mapping[str, int], check_in: dt.date, check_out: dt.date, *, stale_seconds: int
) -> list[Record]:
    """(room_type_id, night, reason, held_until) for the nights that cannot take these rooms: what a refusal
    tells and what a quote looks at first."""
    return await _REFUSED_NIGHTS.fetch(connection, **_wanted(rooms, check_in, check_out), stale_seconds=stale_seconds)


async def room_types(connection: Connection, ids: Sequence[uuid.UUID], *, stale_seconds: int) -> list[Record]:
    return await _ROOM_TYPES.fetch(connection, types=ids, stale_seconds=stale_seconds)


async def all_room_types(connection: Connection, *, stale_seconds: int) -> AsyncIterator[list[Record]]:
    """Every sellable room type, in batches."""
    after = uuid.UUID(int=0)
    while batch := await _TYPES_AFTER.fetch(
        connection, after_id=after, limit=_STREAM_BATCH, stale_seconds=stale_seconds
    ):
        yield batch
        after = batch[-1]["room_type_id"]


async def free_rooms(
    connection: Connection,
    ids: Sequence[uuid.UUID],
    first_night: dt.date,
    end_night: dt.date,
    *,
    with_holds: bool = False,
) -> list[Record]:
    """(room_type_id, night, free, held_until) for the nights that have a row."""
    return await _FREE_ROOMS.fetch(
        connection, types=ids, first_night=first_night, end_night=end_night, with_holds=with_holds
    )


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
