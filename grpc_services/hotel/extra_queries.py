"""The statements that edit extras."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from grpc_services.hotel.models import Extra
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_extra = table_of(Extra)

# What their hoteliers write; the rest is ours.
WRITTEN = ("name", "description", "charge_unit", "price_minor_units", "max_quantity")
_ONE = _extra.c.id == bindparam("extra_id")

_GET = Statement(select(_extra).where(_ONE))
_COUNT = Statement(
    select(func.count()).select_from(_extra).where(_extra.c.hotel_id == bindparam("hotel_id"), ~_extra.c.archived)
)
_NEXT_POSITION = Statement(
    select(func.coalesce(func.max(_extra.c.position) + 1, 0)).where(_extra.c.hotel_id == bindparam("hotel_id"))
)
_INSERT = Statement(
    insert(_extra).values({column.name: bindparam(column.name) for column in _extra.c}).returning(_extra)
)
_SAVE = Statement(
    update(_extra)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": _extra.c.version + 1})
    .returning(_extra)
)
_ARCHIVE = Statement(update(_extra).where(_ONE).values(archived=True, version=_extra.c.version + 1).returning(_extra))


async def get(connection: Connection, extra_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, extra_id=extra_id)


async def count_in_use(connection: Connection, hotel_id: uuid.UUID) -> int:
    """How many of a house are not archived."""
    return int(await _COUNT.fetch_value(connection, hotel_id=hotel_id))


async def append(connection: Connection, hotel_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """A new one behind the others of its house."""
    position = await _NEXT_POSITION.fetch_value(connection, hotel_id=hotel_id)
    row = values | {"hotel_id": hotel_id, "position": position, "archived": False, "version": 1}
    return await _INSERT.fetch_one(connection, **row)


async def save(connection: Connection, extra_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, extra_id=extra_id, **values)


async def archive(connection: Connection, extra_id: uuid.UUID) -> Record:
    return await _ARCHIVE.fetch_one(connection, extra_id=extra_id)
