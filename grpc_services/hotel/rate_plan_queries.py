"""The statements that edit rate plans."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from grpc_services.hotel.models import RatePlan
from grpc_services.hotel.queries import NEW_RATE_PLAN
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_rate_plan = table_of(RatePlan)

# What their hoteliers write; the rest is ours.
WRITTEN = (
    *("name", "meal_plan", "payment_timing", "cancellation_tiers", "derived_from_id", "adjustment_basis_points"),
    *("adult_supplement_minor_units", "child_supplement_minor_units", "stay_discounts"),
    *("min_advance_days", "max_advance_days"),
)
# Those of them that prices and restrictions depend on.
PRICING = (
    *("derived_from_id", "adjustment_basis_points", "adult_supplement_minor_units", "child_supplement_minor_units"),
    *("stay_discounts", "min_advance_days", "max_advance_days"),
)
_ONE = _rate_plan.c.id == bindparam("rate_plan_id")

_GET = Statement(select(_rate_plan).where(_ONE))
_OF_HOTEL = Statement(
    select(_rate_plan)
    .where(_rate_plan.c.hotel_id == bindparam("hotel_id"), ~_rate_plan.c.archived)
    .order_by(_rate_plan.c.position)
)
_NEXT_POSITION = Statement(
    select(func.coalesce(func.max(_rate_plan.c.position) + 1, 0)).where(_rate_plan.c.hotel_id == bindparam("hotel_id"))
)
_INSERT = Statement(
    insert(_rate_plan).values({column.name: bindparam(column.name) for column in _rate_plan.c}).returning(_rate_plan)
)
_SAVE = Statement(
    update(_rate_plan)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": _rate_plan.c.version + 1})
    .returning(_rate_plan)
)
_ARCHIVE = Statement(
    update(_rate_plan).where(_ONE).values(archived=True, version=_rate_plan.c.version + 1).returning(_rate_plan)
)


async def get(connection: Connection, rate_plan_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, rate_plan_id=rate_plan_id)


async def in_use(connection: Connection, hotel_id: uuid.UUID) -> list[Record]:
    """Those of a house that are not archived, in order."""
    return await _OF_HOTEL.fetch(connection, hotel_id=hotel_id)


async def append(connection: Connection, hotel_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """A new one behind the others of its house."""
    position = await _NEXT_POSITION.fetch_value(connection, hotel_id=hotel_id)
    return await _INSERT.fetch_one(
        connection, **(NEW_RATE_PLAN | values | {"hotel_id": hotel_id, "position": position})
    )


async def save(connection: Connection, rate_plan_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, rate_plan_id=rate_plan_id, **values)


async def archive(connection: Connection, rate_plan_id: uuid.UUID) -> Record:
    return await _ARCHIVE.fetch_one(connection, rate_plan_id=rate_plan_id)
