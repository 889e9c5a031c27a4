"""The statements that edit room types."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from grpc_services.hotel.models import RoomType
from grpc_services.hotel.queries import NEW_ROOM_TYPE
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_room_type = table_of(RoomType)

# What their hoteliers write; the rest is ours.
WRITTEN = (
    *("name", "description", "view", "max_adults", "max_children", "oldest_child_age", "beds", "amenities", "photos"),
    *("size_square_meters", "base_price_minor_units", "included_adults", "extra_adult_minor_units"),
    *("fewer_adult_discount_minor_units", "child_prices"),
)
# Those of them that a night's price depends on.
PRICING = (
    *("oldest_child_age", "base_price_minor_units", "included_adults", "extra_adult_minor_units"),
    *("fewer_adult_discount_minor_units", "child_prices"),
)
_ONE = _room_type.c.id == bindparam("room_type_id")

_GET = Statement(select(_room_type).where(_ONE))
_OF_HOTEL = Statement(
    select(_room_type)
    .where(_room_type.c.hotel_id == bindparam("hotel_id"), ~_room_type.c.archived)
    .order_by(_room_type.c.position)
)
_NEXT_POSITION = Statement(
    select(func.coalesce(func.max(_room_type.c.position) + 1, 0)).where(_room_type.c.hotel_id == bindparam("hotel_id"))
)
_INSERT = Statement(
    insert(_room_type).values({column.name: bindparam(column.name) for column in _room_type.c}).returning(_room_type)
)
_SAVE = Statement(
    update(_room_type)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": _room_type.c.version + 1})
    .returning(_room_type)
)
_ARCHIVE = Statement(
    update(_room_type).where(_ONE).values(archived=True, version=_room_type.c.version + 1).returning(_room_type)
)
_PUT_NUMBER = Statement(
    update(_room_type)
    .where(_ONE, _room_type.c.inventory_version < bindparam("inventory_version"))
    .values(number_of_rooms=bindparam("number_of_rooms"), inventory_version=bindparam("inventory_version"))
)


async def get(connection: Connection, room_type_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, room_type_id=room_type_id)


async def in_use(connection: Connection, hotel_id: uuid.UUID) -> list[Record]:
    """Those of a house that are not archived, in order."""
    return await _OF_HOTEL.fetch(connection, hotel_id=hotel_id)


async def append(connection: Connection, hotel_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """A new one behind the others of its house."""
    position = await _NEXT_POSITION.fetch_value(connection, hotel_id=hotel_id)
    return await _INSERT.fetch_one(
        connection, **(NEW_ROOM_TYPE | values | {"hotel_id": hotel_id, "position": position})
    )


async def save(connection: Connection, room_type_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, room_type_id=room_type_id, **values)


async def archive(connection: Connection, room_type_id: uuid.UUID) -> Record:
    return await _ARCHIVE.fetch_one(connection, room_type_id=room_type_id)


async def put_number_of_rooms(
    connection: Connection, room_type_id: uuid.UUID, number_of_rooms: int, inventory_version: int
) -> bool:
    """False: what is known is as new, and stays."""
    return bool(
        await _PUT_NUMBER.execute(
            connection,
            room_type_id=room_type_id,
            number_of_rooms=number_of_rooms,
            inventory_version=inventory_version,
        )
    )
