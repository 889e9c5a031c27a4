"""Giving doors to guests. The caller has locked the booking, and moved nights before it comes here."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from grpc_services.booking import door_queries, inventory_rules, out_of_order_queries
from grpc_services.booking.errors import DoorTaken
from runtime.database import Connection, Record
from runtime.errors import IllegalState, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class GivenDoor:
    number: str
    first_night: dt.date
    moved: bool  # the room had a door on some of these nights


async def assign(
    connection: Connection,
    booking: Record,
    room: Record,
    room_id: uuid.UUID,
    from_night: dt.date | None = None,
) -> GivenDoor:
    """Gives a booked room a door from a night on (its first one if not told), whatever it had there
    before. `room` is the row of booking_room as it is now. Raises DoorTaken when somebody else or a
    repair has the door on any of these nights, IllegalState when the room takes no nights, NotFound for a door
    that is not of the house, InvalidInput for one of another room type."""
    first_night = from_night or room["first_night"]
    if room["cancelled"] or room["first_night"] == room["end_night"]:
        raise IllegalState("This room of the booking takes no nights.", path=("position",))
    if not room["first_night"] <= first_night < room["end_night"]:
        raise InvalidInput("This is not a night of the stay.", path=("fromNight",))
    await door_queries.lock_doors(connection, booking["hotel_id"])
    door = await out_of_order_queries.load_room(connection, room_id)
    if door is None or door["archived"] or door["hotel_id"] != booking["hotel_id"]:
        raise NotFound("There is no such room.", path=("roomId",))
    if door["room_type_id"] != room["room_type_id"]:
        raise InvalidInput("This room is of another room type than the booked one.", path=("roomId",))
    freed = await door_queries.free_doors(connection, booking["id"], room["position"], first_night)
    had = await door_queries.take_door(
        connection,
        room_id=room_id,
        hotel_id=booking["hotel_id"],
        booking_id=booking["id"],
        position=room["position"],
        first_night=first_night,
        end_night=room["end_night"],
    )
    _refuse_unless_all(had, first_night, room["end_night"])
    return GivenDoor(door["number"], first_night, moved=freed > 0)


async def free(
    connection: Connection, booking: Record, *, position: int | None = None, from_night: dt.date | None = None
) -> int:
    """Frees the doors of one room or of the whole booking, from a night on or all nights; answers how many nights
    were freed. A booking that is cancelled, not come for, moved to other nights or left early gives its doors back
    this way."""
    await door_queries.lock_doors(connection, booking["hotel_id"])
    return await door_queries.free_doors(
        connection, booking["id"], position, from_night or inventory_rules.THE_BEGINNING
    )


async def close_door(connection: Connection, period: Record) -> None:
    """Keeps guests from a door while a period out of order stands; `period` is its row. Raises DoorTaken when a
    guest has the door on any of these nights."""
    await door_queries.lock_doors(connection, period["hotel_id"])
    had = await door_queries.take_door(
        connection,
        room_id=period["room_id"],
        hotel_id=period["hotel_id"],
        out_of_order_id=period["id"],
        first_night=period["first_night"],
        end_night=period["end_night"],
    )
    _refuse_unless_all(had, period["first_night"], period["end_night"])


async def open_door(connection: Connection, period: Record, from_night: dt.date) -> None:
    await door_queries.lock_doors(connection, period["hotel_id"])
    await door_queries.free_period(connection, period["id"], from_night)


def _refuse_unless_all(had: list[dt.date], first_night: dt.date, end_night: dt.date) -> None:
    known = set(had)
    taken = [night for night in inventory_rules.days(first_night, end_night) if night not in known]
    if taken:
        raise DoorTaken(taken)
