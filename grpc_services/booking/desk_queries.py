"""The SQL of the front desk's lists, its room plan and its notes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Integer, Text, Uuid, bindparam, insert, or_, select, text

from grpc_services.booking.desk_models import BookingNote
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

note = table_of(BookingNote)

_NOTHING = uuid.UUID(int=0)
_BEFORE_ALL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_hotel_id = bindparam("hotel_id", type_=Uuid)
_limit = bindparam("limit", type_=Integer)
_from_start = bindparam("from_start", type_=Boolean)
_after_id = bindparam("after_id", type_=Uuid)
_nights = (bindparam("first_night", type_=Date), bindparam("end_night", type_=Date))


def _by_name(condition: str) -> Statement:
    return Statement(
        text(f"""
            SELECT listed.* FROM (
                SELECT b.*, unaccent(lower(b.guest_name)) AS sort_name FROM booking.booking AS b
                WHERE b.hotel_id = :hotel_id AND {condition}
            ) AS listed
            WHERE :from_start OR (sort_name, id) > (:after_name, :after_id)
            ORDER BY sort_name, id
            LIMIT :limit
        """).bindparams(  # noqa: S608  # put together from constants
            _hotel_id,
            bindparam("day", type_=Date),
            _from_start,
            bindparam("after_name", type_=Text),
            _after_id,
            _limit,
        )
    )


_ARRIVALS = _by_name("b.state = 'CONFIRMED' AND b.check_in = :day")
_DEPARTURES = _by_name("b.state = 'CHECKED_IN' AND b.check_out = :day")
_IN_HOUSE = _by_name("b.state = 'CHECKED_IN' AND b.check_in <= :day AND b.check_out > :day")
_SEARCH = Statement(
    text("""
        SELECT b.* FROM booking.booking AS b
        WHERE b.hotel_id = :hotel_id AND b.check_in < :to_day AND b.check_out > :from_day
            AND (:any_state OR b.state = ANY (:states))
            AND (
                :pattern = '' OR b.reference LIKE upper(:pattern) || '%'
                OR unaccent(b.guest_name) ILIKE '%' || unaccent(:pattern) || '%'
                OR EXISTS (
                    SELECT FROM booking.booking_room AS r
                    WHERE r.booking_id = b.id AND unaccent(r.guest_name) ILIKE '%' || unaccent(:pattern) || '%'
                )
            )
            AND (:from_start OR (b.created_at, b.id) < (:after_at, :after_id))
        ORDER BY b.created_at DESC, b.id DESC
        LIMIT :limit
    """).bindparams(
        _hotel_id,
        bindparam("pattern", type_=Text),
        bindparam("from_day", type_=Date),
        bindparam("to_day", type_=Date),
        bindparam("any_state", type_=Boolean),
        bindparam("states", type_=ARRAY(Text)),
        bindparam("after_at", type_=DateTime(timezone=True)),
        _from_start,
        _after_id,
        _limit,
    )
)
_DOORS = Statement(
    text(r"""
        WITH numbered AS (
            SELECT n.*, n.night - (row_number() OVER (
                PARTITION BY n.room_id, n.booking_id, n.position, n.out_of_order_id ORDER BY n.night
            ))::integer AS run
            FROM booking.room_night AS n
            WHERE n.hotel_id = :hotel_id AND n.night >= :first_night AND n.night < :end_night
        ),
        stay AS (
            SELECT room_id, booking_id, position, out_of_order_id,
                min(night) AS first_night, max(night) + 1 AS end_night
            FROM numbered GROUP BY room_id, booking_id, position, out_of_order_id, run
        )
        SELECT door.room_id, door.number, door.floor, door.room_type_id,
            stay.booking_id, stay.position, stay.out_of_order_id, stay.first_night, stay.end_night,
            b.reference, coalesce(nullif(r.guest_name, ''), b.guest_name) AS guest_name, b.state,
            r.room_type_id AS booked_type, p.reason
        FROM booking.room AS door
        LEFT JOIN stay ON stay.room_id = door.room_id
        LEFT JOIN booking.booking AS b ON b.id = stay.booking_id
        LEFT JOIN booking.booking_room AS r ON r.booking_id = stay.booking_id AND r.position = stay.position
        LEFT JOIN booking.out_of_order_period AS p ON p.id = stay.out_of_order_id
        WHERE door.hotel_id = :hotel_id AND (NOT door.archived OR stay.room_id IS NOT NULL)
        ORDER BY nullif(regexp_replace(door.number, '\D', '', 'g'), '')::numeric NULLS LAST, door.number,
            door.room_id, stay.first_night
    """).bindparams(_hotel_id, *_nights)
)
_WITHOUT_DOOR = Statement(
    text("""
        WITH missing AS (
            SELECT r.booking_id, r.position, days.day::date AS night
            FROM booking.booking AS b
            JOIN booking.booking_room AS r ON r.booking_id = b.id AND NOT r.cancelled
            CROSS JOIN generate_series(
                CAST(greatest(r.first_night, :first_night) AS timestamp),
                CAST(least(r.end_night, :end_night) AS timestamp) - interval '1 day', interval '1 day'
            ) AS days (day)
            WHERE b.hotel_id = :hotel_id AND b.state IN ('CONFIRMED', 'CHECKED_IN')
                AND b.check_in < :end_night AND b.check_out > :first_night
                AND NOT EXISTS (
                    SELECT FROM booking.room_night AS n
                    WHERE n.booking_id = r.booking_id AND n.position = r.position AND n.night = days.day::date
                )
        ),
        numbered AS (
            SELECT missing.*, night - (row_number() OVER (
                PARTITION BY booking_id, position ORDER BY night
            ))::integer AS run
            FROM missing
        )
        SELECT m.booking_id, m.position, min(m.night) AS first_night, max(m.night) + 1 AS end_night,
            b.reference, coalesce(nullif(r.guest_name, ''), b.guest_name) AS guest_name, b.state,
            r.room_type_id AS booked_type
        FROM numbered AS m
        JOIN booking.booking AS b ON b.id = m.booking_id
        JOIN booking.booking_room AS r ON r.booking_id = m.booking_id AND r.position = m.position
        GROUP BY m.booking_id, m.position, m.run, b.id, r.booking_id, r.position
        ORDER BY first_night, b.reference, m.position
    """).bindparams(_hotel_id, *_nights)
)
_INSERT_NOTE = Statement(
    insert(note).values({name: bindparam(name) for name in ("id", "booking_id", "author_id", "text")}).returning(note)
)
_NOTES = Statement(
    select(note)
    .where(note.c.booking_id == bindparam("booking_id"), or_(_from_start, note.c.id < _after_id))
    .order_by(note.c.id.desc())
    .limit(_limit)
)
_LISTS = {"ARRIVALS": _ARRIVALS, "DEPARTURES": _DEPARTURES, "IN_HOUSE": _IN_HOUSE}


async def desk_page(
    connection: Connection,
    list_name: str,
    hotel_id: uuid.UUID,
    day: dt.date,
    *,
    after: tuple[str, uuid.UUID] | None,
    limit: int,
) -> list[Record]:
    """ARRIVALS: confirmed, first night is the day. DEPARTURES: in the house and leaving on the day. IN_HOUSE: in the
    house on the night of the day. By the guest's name without accents and case, which is `sort_name`."""
    after_name, after_id = after or ("", _NOTHING)
    return await _LISTS[list_name].fetch(
        connection,
        hotel_id=hotel_id,
        day=day,
        from_start=after is None,
        after_name=after_name,
        after_id=after_id,
        limit=limit,
    )


async def search_page(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    pattern: str,
    days: tuple[dt.date, dt.date],
    states: Sequence[str],
    after: tuple[dt.datetime, uuid.UUID] | None,
    limit: int,
) -> list[Record]:
    """Bookings of a house whose stays touch the days [from, to), newest first. `pattern` is of LIKE; no booking is
    left out for an empty one or for no states."""
    after_at, after_id = after or (_BEFORE_ALL, _NOTHING)
    return await _SEARCH.fetch(
        connection,
        hotel_id=hotel_id,
        pattern=pattern,
        from_day=days[0],
        to_day=days[1],
        any_state=not states,
        states=states,
        from_start=after is None,
        after_at=after_at,
        after_id=after_id,
        limit=limit,
    )


async def planned_doors(
    connection: Connection, hotel_id: uuid.UUID, first_night: dt.date, end_night: dt.date
) -> list[Record]:
    """Every door by number, once for each stay or repair behind it, and once with nothing where there is none."""
    return await _DOORS.fetch(connection, hotel_id=hotel_id, first_night=first_night, end_night=end_night)


async def without_door(
    connection: Connection, hotel_id: uuid.UUID, first_night: dt.date, end_night: dt.date
) -> list[Record]:
    """Nights in a row for which a confirmed guest, or one in the house, has no door."""
    return await _WITHOUT_DOOR.fetch(connection, hotel_id=hotel_id, first_night=first_night, end_night=end_night)


async def insert_note(connection: Connection, booking_id: uuid.UUID, author_id: uuid.UUID, words: str) -> Record:
    return await _INSERT_NOTE.fetch_one(connection, id=new_id(), booking_id=booking_id, author_id=author_id, text=words)


async def note_page(
    connection: Connection, booking_id: uuid.UUID, *, after_id: uuid.UUID | None, limit: int
) -> list[Record]:
    """Newest first."""
    return await _NOTES.fetch(
        connection, booking_id=booking_id, from_start=after_id is None, after_id=after_id or _NOTHING, limit=limit
    )
