"""The SQL of who has a door on which night. The table's key refuses a second one, whoever asks and however many.

Lock order: booking, room types, their nights, and doors last. Whoever gives or frees doors of a house first takes
its door lock, so that two guests who swap doors cannot wait for each other.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Date, SmallInteger, Text, Uuid, bindparam, delete, select, text

from grpc_services.booking.door_models import RoomNight
from grpc_services.booking.models import BookingRoom
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

room_night = table_of(RoomNight)
booking_room = table_of(BookingRoom)

_LOCK = Statement(
    text("SELECT pg_advisory_xact_lock(hashtextextended('doors of ' || :hotel_id, 0))").bindparams(
        bindparam("hotel_id", type_=Text)
    )
)
_BOOKED_ROOM = Statement(
    select(booking_room).where(
        booking_room.c.booking_id == bindparam("booking_id"), booking_room.c.position == bindparam("position")
    )
)
_TAKE = Statement(
    text("""
        INSERT INTO booking.room_night (room_id, night, hotel_id, booking_id, position, out_of_order_id)
        SELECT :room_id, days.day::date, :hotel_id, :booking_id, :position, :out_of_order_id
        FROM generate_series(
            CAST(:first_night AS timestamp), CAST(:end_night AS timestamp) - interval '1 day', interval '1 day'
        ) AS days (day)
        ORDER BY 2
        ON CONFLICT (room_id, night) DO NOTHING
        RETURNING night
    """).bindparams(
        bindparam("room_id", type_=Uuid),
        bindparam("hotel_id", type_=Uuid),
        bindparam("booking_id", type_=Uuid),
        bindparam("position", type_=SmallInteger),
        bindparam("out_of_order_id", type_=Uuid),
        bindparam("first_night", type_=Date),
        bindparam("end_night", type_=Date),
    )
)
_FREE_OF_BOOKING = Statement(
    delete(room_night).where(
        room_night.c.booking_id == bindparam("booking_id"), room_night.c.night >= bindparam("from_night", type_=Date)
    )
)
_FREE_OF_ROOM = Statement(
    delete(room_night).where(
        room_night.c.booking_id == bindparam("booking_id"),
        room_night.c.position == bindparam("position"),
        room_night.c.night >= bindparam("from_night", type_=Date),
    )
)
_FREE_OF_PERIOD = Statement(
    delete(room_night).where(
        room_night.c.out_of_order_id == bindparam("period_id"),
        room_night.c.night >= bindparam("from_night", type_=Date),
    )
)


async def lock_doors(connection: Connection, hotel_id: uuid.UUID) -> None:
    """Until the transaction ends nobody else gives or frees doors of the house."""
    await _LOCK.fetch_value(connection, hotel_id=str(hotel_id))


async def load_booked_room(connection: Connection, booking_id: uuid.UUID, position: int) -> Record | None:
    return await _BOOKED_ROOM.fetch_row(connection, booking_id=booking_id, position=position)


async def take_door(
    connection: Connection,
    *,
    room_id: uuid.UUID,
    hotel_id: uuid.UUID,
    first_night: dt.date,
    end_night: dt.date,
    booking_id: uuid.UUID | None = None,
    position: int | None = None,
    out_of_order_id: uuid.UUID | None = None,
) -> list[dt.date]:
    """The nights it could have, in order; the caller rolls back when they are not all. The end is exclusive."""
    rows = await _TAKE.fetch(
        connection,
        room_id=room_id,
        hotel_id=hotel_id,
        first_night=first_night,
        end_night=end_night,
        booking_id=booking_id,
        position=position,
        out_of_order_id=out_of_order_id,
    )
    return sorted(row["night"] for row in rows)


async def free_doors(connection: Connection, booking_id: uuid.UUID, position: int | None, from_night: dt.date) -> int:
    """Of one room of a booking or of all, from a night on; answers how many nights were freed."""
    if position is None:
        return await _FREE_OF_BOOKING.execute(connection, booking_id=booking_id, from_night=from_night)
    return await _FREE_OF_ROOM.execute(connection, booking_id=booking_id, position=position, from_night=from_night)


async def free_period(connection: Connection, period_id: uuid.UUID, from_night: dt.date) -> None:
    await _FREE_OF_PERIOD.execute(connection, period_id=period_id, from_night=from_night)
