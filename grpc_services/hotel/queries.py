"""Every SQL statement of the hotel service."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Boolean, Integer, Text, Uuid, any_, bindparam, func, insert, or_, select, tuple_

from grpc_services.hotel.models import Extra, Hotel, PriceRule, RatePlan, RoomType
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

hotel = table_of(Hotel)
room_type = table_of(RoomType)
rate_plan = table_of(RatePlan)
price_rule = table_of(PriceRule)
extra = table_of(Extra)

_ids = bindparam("ids", type_=ARRAY(Uuid))
_PUBLISHED = hotel.c.state == "PUBLISHED"

_HOTELS = Statement(
    select(hotel).where(
        hotel.c.id == any_(_ids),
        or_(_PUBLISHED, hotel.c.owner_id == bindparam("reader_id"), bindparam("of_anybody", type_=Boolean)),
    )
)
_ROOM_TYPES = Statement(
    select(room_type)
    .where(room_type.c.hotel_id == any_(_ids), ~room_type.c.archived)
    .order_by(room_type.c.hotel_id, room_type.c.position)
)
_RATE_PLANS = Statement(
    select(rate_plan)
    .where(rate_plan.c.hotel_id == any_(_ids), ~rate_plan.c.archived)
    .order_by(rate_plan.c.hotel_id, rate_plan.c.position)
)
_PRICE_RULES = Statement(
    select(price_rule).where(price_rule.c.hotel_id == any_(_ids)).order_by(price_rule.c.hotel_id, price_rule.c.position)
)
_EXTRAS = Statement(
    select(extra).where(extra.c.hotel_id == any_(_ids), ~extra.c.archived).order_by(extra.c.hotel_id, extra.c.position)
)
_OWN_PAGE = Statement(
    select(hotel.c.id, hotel.c.name)
    .where(
        hotel.c.owner_id == bindparam("owner_id"),
        or_(
            bindparam("from_start", type_=Boolean),
            tuple_(hotel.c.name, hotel.c.id)
            > tuple_(bindparam("after_name", type_=Text), bindparam("after_id", type_=Uuid)),
        ),
    )
    .order_by(hotel.c.name, hotel.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_PUBLISHED_AFTER = Statement(
    select(hotel.c.id)
    .where(_PUBLISHED, hotel.c.id > bindparam("after_id"))
    .order_by(hotel.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_COUNT = Statement(select(func.count()).select_from(hotel).where(_PUBLISHED))
_INSERT_HOTEL = Statement(
    insert(hotel).values({column.name: bindparam(column.name) for column in hotel.c if column.name != "created_at"})
)
_INSERT_ROOM_TYPE = Statement(insert(room_type).values({column.name: bindparam(column.name) for column in room_type.c}))
_INSERT_RATE_PLAN = Statement(insert(rate_plan).values({column.name: bindparam(column.name) for column in rate_plan.c}))
_INSERT_PRICE_RULE = Statement(
    insert(price_rule).values({column.name: bindparam(column.name) for column in price_rule.c})
)

# What a house, a room type and a rate plan are while nobody said anything else.
NEW_HOTEL: dict[str, object] = {
    "state": "DRAFT",
    "description": "",
    "languages": [],
    "website": "",
    "contact_phone": "",
    "contact_email": "",
    "photos": [],
    "house_rules": [],
    "vat_basis_points": 0,
    "vat_included": True,
    "city_tax_max_nights": 0,
    "rating_count": 0,
    "rating_mean_hundredths": 0,
    "rating_version": 0,
    "version": 1,
    "rates_version": 1,
}
NEW_ROOM_TYPE: dict[str, object] = {
    "description": "",
    "view": "",
    "oldest_child_age": 17,
    "inventory_version": 1,
    "photos": [],
    "extra_adult_minor_units": 0,
    "fewer_adult_discount_minor_units": 0,
    "child_prices": [],
    "archived": False,
    "version": 1,
}
NEW_RATE_PLAN: dict[str, object] = {
    "derived_from_id": None,
    "adult_supplement_minor_units": 0,
    "child_supplement_minor_units": 0,
    "stay_discounts": [],
    "min_advance_days": None,
    "max_advance_days": None,
    "archived": False,
    "version": 1,
}


@dataclass(slots=True)
class House:
    """A hotel's row with the rows that belong to it."""

    hotel: Record
    room_types: list[Record] = field(default_factory=list)
    rate_plans: list[Record] = field(default_factory=list)
    price_rules: list[Record] = field(default_factory=list)
    extras: list[Record] = field(default_factory=list)


async def load_houses(
    connection: Connection,
    ids: Sequence[uuid.UUID],
    *,
    reader_id: uuid.UUID,
    of_anybody: bool = False,
    with_price_rules: bool = False,
) -> dict[uuid.UUID, House]:
    """Published houses, and unpublished ones of the reader's own or of anybody, by id."""
    rows = await _HOTELS.fetch(connection, ids=ids, reader_id=reader_id, of_anybody=of_anybody)
    houses = {row["id"]: House(row) for row in rows}
    if not houses:
        return houses
    found = list(houses)
    for row in await _ROOM_TYPES.fetch(connection, ids=found):
        houses[row["hotel_id"]].room_types.append(row)
    for row in await _RATE_PLANS.fetch(connection, ids=found):
        houses[row["hotel_id"]].rate_plans.append(row)
    for row in await _EXTRAS.fetch(connection, ids=found):
        houses[row["hotel_id"]].extras.append(row)
    if with_price_rules:
        for row in await _PRICE_RULES.fetch(connection, ids=found):
            houses[row["hotel_id"]].price_rules.append(row)
    return houses


async def own_page(
    connection: Connection, owner_id: uuid.UUID, *, after: tuple[str, uuid.UUID] | None, limit: int
) -> list[Record]:
    """Ids and names of an owner's houses, in order of name."""
    name, identifier = after or ("", uuid.UUID(int=0))
    return await _OWN_PAGE.fetch(
        connection, owner_id=owner_id, from_start=after is None, after_name=name, after_id=identifier, limit=limit
    )


async def published_after(connection: Connection, after_id: uuid.UUID, limit: int) -> list[uuid.UUID]:
    return [row["id"] for row in await _PUBLISHED_AFTER.fetch(connection, after_id=after_id, limit=limit)]


async def count_published(connection: Connection) -> int:
    return int(await _COUNT.fetch_value(connection))


async def insert_houses(
    connection: Connection,
    *,
    hotels: Sequence[dict[str, object]],
    room_types: Sequence[dict[str, object]],
    rate_plans: Sequence[dict[str, object]],
    price_rules: Sequence[dict[str, object]],
) -> list[dict[str, Any]]:
    """Answers the room types' rows with everything that nobody said filled in."""
    whole_types = [NEW_ROOM_TYPE | {"included_adults": row["max_adults"]} | row for row in room_types]
    await _INSERT_HOTEL.execute_many(connection, [NEW_HOTEL | row for row in hotels])
    await _INSERT_ROOM_TYPE.execute_many(connection, whole_types)
    await _INSERT_RATE_PLAN.execute_many(connection, [NEW_RATE_PLAN | row for row in rate_plans])
    await _INSERT_PRICE_RULE.execute_many(connection, price_rules)
    return whole_types
