"""The statements that read and edit rooms, the numbered doors."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, Integer, Text, Uuid, any_, bindparam, func, insert, or_, select, tuple_, update

from grpc_services.hotel.models import Room
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_room = table_of(Room)

# What their hoteliers write; the rest is ours.
WRITTEN = ("number", "floor", "state")
_ONE = _room.c.id == bindparam("room_id")
_OF_HOTEL = _room.c.hotel_id == bindparam("hotel_id")
_length = func.char_length(_room.c.number)  # so that 9 comes before 10

_GET = Statement(select(_room).where(_ONE))
_COUNT = Statement(select(func.count()).select_from(_room).where(_OF_HOTEL, ~_room.c.archived))
_TAKEN = Statement(
    select(_room.c.id, _room.c.number).where(
        _OF_HOTEL, ~_room.c.archived, _room.c.number == any_(bindparam("numbers", type_=ARRAY(Text)))
    )
)
_INSERT = Statement(insert(_room).values({column.name: bindparam(column.name) for column in _room.c}))
_SAVE = Statement(
    update(_room)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": _room.c.version + 1})
    .returning(_room)
)
_ARCHIVE = Statement(update(_room).where(_ONE).values(archived=True, version=_room.c.version + 1).returning(_room))
_PAGE = Statement(
    select(_room)
    .where(
        _OF_HOTEL,
        ~_room.c.archived,
        or_(bindparam("every_type", type_=Boolean), _room.c.room_type_id == bindparam("room_type_id", type_=Uuid)),
        or_(
            bindparam("from_start", type_=Boolean),
            tuple_(_length, _room.c.number)
            > tuple_(bindparam("after_length", type_=Integer), bindparam("after_number", type_=Text)),
        ),
    )
    .order_by(_length, _room.c.number)
    .limit(bindparam("limit", type_=Integer))
)


async def get(connection: Connection, room_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, room_id=room_id)


async def count_in_use(connection: Connection, hotel_id: uuid.UUID) -> int:
    return int(await _COUNT.fetch_value(connection, hotel_id=hotel_id))


async def taken_numbers(connection: Connection, hotel_id: uuid.UUID, numbers: Sequence[str]) -> dict[str, uuid.UUID]:
    """Which of the numbers are on a door in use of the house, and on which."""
    rows = await _TAKEN.fetch(connection, hotel_id=hotel_id, numbers=numbers)
    return {row["number"]: row["id"] for row in rows}


async def insert_rooms(connection: Connection, rooms: Sequence[dict[str, Any]]) -> None:
    await _INSERT.execute_many(connection, rooms)


async def save(connection: Connection, room_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, room_id=room_id, **values)


async def archive(connection: Connection, room_id: uuid.UUID) -> Record:
    return await _ARCHIVE.fetch_one(connection, room_id=room_id)


async def page(
    connection: Connection, hotel_id: uuid.UUID, *, room_type_id: uuid.UUID | None, after: str | None, limit: int
) -> list[Record]:
    """Doors in use by number, short numbers first; `after` is a number."""
    return await _PAGE.fetch(
        connection,
        hotel_id=hotel_id,
        every_type=room_type_id is None,
        room_type_id=room_type_id or uuid.UUID(int=0),
        from_start=after is None,
        after_length=len(after or ""),
        after_number=after or "",
        limit=limit,
    )
