"""The SQL of a booking's moves: saving it and its rooms as they are from now on, finding a free door."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import Date, Uuid, bindparam, delete, func, insert, text, update

from grpc_services.booking import rules
from grpc_services.booking.errors import QuoteAlreadyBooked
from grpc_services.booking.models import Booking, BookingRoom
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

booking = table_of(Booking)
booking_room = table_of(BookingRoom)

_MAY_CHANGE = (
    "quote_id",
    "check_in",
    "check_out",
    "priced_stay",
    "total_minor_units",
    "penalty_minor_units",
    "charges_minor_units",
    "visits_minor_units",
    "desk_paid_minor_units",
)
_SAVE = Statement(
    update(booking)
    .where(
        booking.c.id == bindparam("booking_id"),
        booking.c.state == bindparam("from_state"),
        booking.c.version == bindparam("from_version"),
    )
    .values(
        {name: bindparam(f"new_{name}", type_=booking.c[name].type) for name in _MAY_CHANGE}
        | {
            "state": bindparam("to_state"),
            "version": booking.c.version + 1,
            "updated_at": func.now(),
            "hold_expires_at": bindparam("hold_until"),
        }
    )
    .returning(booking)
)
_FORGET_ROOMS = Statement(delete(booking_room).where(booking_room.c.booking_id == bindparam("booking_id")))
_INSERT_ROOM = Statement(
    insert(booking_room).values({column.name: bindparam(column.name) for column in booking_room.c})
)
_FREE_DOOR = Statement(
    text("""
        SELECT
            count(*) AS known,
            (array_agg(room.room_id ORDER BY room.number) FILTER (WHERE NOT EXISTS (
                SELECT FROM booking.room_night AS n
                WHERE n.room_id = room.room_id AND n.night >= :first_night AND n.night < :end_night
            )))[1] AS free_room_id
        FROM booking.room AS room
        WHERE room.hotel_id = :hotel_id AND room.room_type_id = :room_type_id AND NOT room.archived
    """).bindparams(
        bindparam("hotel_id", type_=Uuid),
        bindparam("room_type_id", type_=Uuid),
        bindparam("first_night", type_=Date),
        bindparam("end_night", type_=Date),
    )
)


async def save_booking(connection: Connection, row: Record, to_state: rules.State, **changes: Any) -> Record:
    """Compare-and-set on (state, version) of a locked booking; what is not named stays. Raises IllegalState for a
    move that its state does not allow, QuoteAlreadyBooked when the new quote was used elsewhere."""
    if to_state != row["state"]:
        rules.check_move(rules.State(row["state"]), to_state)
    try:
        saved = await _SAVE.fetch_row(
            connection,
            booking_id=row["id"],
            from_state=row["state"],
            from_version=row["version"],
            to_state=to_state,
            hold_until=row["hold_expires_at"] if to_state in rules.HOLDING else None,
            **{f"new_{name}": changes.get(name, row[name]) for name in _MAY_CHANGE},
        )
    except asyncpg.UniqueViolationError as taken:
        if taken.constraint_name == "uq_booking_quote_id":
            raise QuoteAlreadyBooked from None
        raise
    if saved is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    return saved


async def save_rooms(connection: Connection, booking_id: uuid.UUID, rooms: Sequence[Record]) -> None:
    """All rooms of a booking, in place of those that it had."""
    await _FORGET_ROOMS.execute(connection, booking_id=booking_id)
    await _INSERT_ROOM.execute_many(connection, [changed(room) for room in rooms])


def changed(room: Record, **changes: Any) -> dict[str, Any]:
    """A room's row with some columns changed."""
    return {**{column.name: room[column.name] for column in booking_room.c}, **changes}


async def find_free_door(
    connection: Connection, hotel_id: uuid.UUID, room: Record, from_night: dt.date
) -> tuple[uuid.UUID | None, bool]:
    """The first free door for the nights that are left of a booked room, and whether its type has doors at all."""
    found = await _FREE_DOOR.fetch_one(
        connection,
        hotel_id=hotel_id,
        room_type_id=room["room_type_id"],
        first_night=from_night,
        end_night=room["end_night"],
    )
    return found["free_room_id"], bool(found["known"])
