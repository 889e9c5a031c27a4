"""The statements of price rules."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Integer, Uuid, bindparam, delete, func, insert, or_, select, tuple_, update

from grpc_services.hotel.models import PriceRule
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_price_rule = table_of(PriceRule)

# What their hoteliers write.
WRITTEN = (
    *("room_type_id", "name", "first_night", "last_night", "weekdays"),
    *("adjustment_basis_points", "position"),
)
_ONE = _price_rule.c.id == bindparam("price_rule_id")
_OF_HOTEL = _price_rule.c.hotel_id == bindparam("hotel_id")

_GET = Statement(select(_price_rule).where(_ONE))
_COUNT = Statement(select(func.count()).select_from(_price_rule).where(_OF_HOTEL))
_LAST_POSITION = Statement(select(func.coalesce(func.max(_price_rule.c.position), 0)).where(_OF_HOTEL))
_PAGE = Statement(
    select(_price_rule)
    .where(
        _OF_HOTEL,
        or_(
            bindparam("from_start", type_=Boolean),
            tuple_(_price_rule.c.position, _price_rule.c.id)
            > tuple_(bindparam("after_position", type_=Integer), bindparam("after_id", type_=Uuid)),
        ),
    )
    .order_by(_price_rule.c.position, _price_rule.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_INSERT = Statement(
    insert(_price_rule).values({column.name: bindparam(column.name) for column in _price_rule.c}).returning(_price_rule)
)
_SAVE = Statement(
    update(_price_rule).where(_ONE).values({name: bindparam(name) for name in WRITTEN}).returning(_price_rule)
)
_DELETE = Statement(delete(_price_rule).where(_ONE))


async def get(connection: Connection, price_rule_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, price_rule_id=price_rule_id)


async def count(connection: Connection, hotel_id: uuid.UUID) -> int:
    return int(await _COUNT.fetch_value(connection, hotel_id=hotel_id))


async def last_position(connection: Connection, hotel_id: uuid.UUID) -> int:
    """0 when there is none."""
    return int(await _LAST_POSITION.fetch_value(connection, hotel_id=hotel_id))


async def page(
    connection: Connection, hotel_id: uuid.UUID, *, after: tuple[int, uuid.UUID] | None, limit: int
) -> list[Record]:
    """In the order in which they work."""
    position, identifier = after or (0, uuid.UUID(int=0))
    return await _PAGE.fetch(
        connection,
        hotel_id=hotel_id,
        from_start=after is None,
        after_position=position,
        after_id=identifier,
        limit=limit,
    )


async def add(connection: Connection, values: Mapping[str, Any]) -> Record:
    return await _INSERT.fetch_one(connection, **values)


async def save(connection: Connection, price_rule_id: uuid.UUID, values: Mapping[str, Any]) -> Record:
    """Writes every column that hoteliers write."""
    return await _SAVE.fetch_one(connection, price_rule_id=price_rule_id, **values)


async def remove(connection: Connection, price_rule_id: uuid.UUID) -> None:
    await _DELETE.execute(connection, price_rule_id=price_rule_id)
