"""The SQL of the hotelier's figures. Capacity comes from inventory_change_queries.py."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import ARRAY, Date, DateTime, Integer, Uuid, bindparam, text

from runtime.database import Connection, Record, Statement

_BATCH = 500
_NOTHING = uuid.UUID(int=0)

_BOOKINGS = Statement(
    text("""
        SELECT b.id, b.state, b.check_in, b.currency, b.priced_stay, b.created_at >= :since AS picked_up,
            greatest(b.check_in - (b.created_at AT TIME ZONE b.time_zone)::date, 0) AS lead_days
        FROM booking.booking AS b
        WHERE b.hotel_id = :hotel_id AND b.check_in < :end_night AND b.check_out > :first_night
            AND b.state <> 'EXPIRED' AND (b.check_in, b.id) > (:after_day, :after_id)
        ORDER BY b.check_in, b.id
        LIMIT :limit
    """).bindparams(
        bindparam("hotel_id", type_=Uuid),
        bindparam("first_night", type_=Date),
        bindparam("end_night", type_=Date),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("after_day", type_=Date),
        bindparam("after_id", type_=Uuid),
        bindparam("limit", type_=Integer),
    )
)
_ROOMS = Statement(
    text("""
        SELECT booking_id, position, room_type_id, cancelled, first_night, end_night
        FROM booking.booking_room WHERE booking_id = ANY (:ids) ORDER BY booking_id, position
    """).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
)


async def bookings_of_nights(
    connection: Connection, hotel_id: uuid.UUID, first_night: dt.date, end_night: dt.date, since: dt.datetime
) -> AsyncIterator[tuple[Record, Sequence[Record]]]:
    """Every booking that touches these nights, but expired ones, with its rooms; read in batches."""
    after_day, after_id = dt.date(1970, 1, 1), _NOTHING
    while batch := await _BOOKINGS.fetch(
        connection,
        hotel_id=hotel_id,
        first_night=first_night,
        end_night=end_night,
        since=since,
        after_day=after_day,
        after_id=after_id,
        limit=_BATCH,
    ):
        rooms: defaultdict[uuid.UUID, list[Record]] = defaultdict(list)
        for room in await _ROOMS.fetch(connection, ids=[row["id"] for row in batch]):
            rooms[room["booking_id"]].append(room)
        for row in batch:
            yield row, rooms[row["id"]]
        after_day, after_id = batch[-1]["check_in"], batch[-1]["id"]
