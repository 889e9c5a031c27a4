"""The statements that edit houses themselves."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, update

from grpc_services.hotel.models import Extra, Hotel, RatePlan, RoomType
from grpc_services.hotel.queries import NEW_HOTEL
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_hotel = table_of(Hotel)
_room_type = table_of(RoomType)
_rate_plan = table_of(RatePlan)
_extra = table_of(Extra)

# What their hoteliers write; the rest is ours.
WRITTEN = (
    *("name", "description", "stars", "street", "postal_code", "city", "country", "latitude", "longitude"),
    *("time_zone", "currency", "amenities", "languages", "website", "contact_phone", "contact_email", "photos"),
    *("house_rules", "check_in_time", "check_out_time", "vat_basis_points", "vat_included"),
    *("city_tax_minor_units", "city_tax_exempt_below_age", "city_tax_max_nights"),
)
_ONE = _hotel.c.id == bindparam("hotel_id")

_LOCK = Statement(select(_hotel).where(_ONE).with_for_update(key_share=True))
_OWNER = Statement(select(_hotel.c.owner_id).where(_ONE))
_INSERT = Statement(
    insert(_hotel)
    .values({column.name: bindparam(column.name) for column in _hotel.c if column.name != "created_at"})
    .returning(_hotel)
)
_SAVE = Statement(
    update(_hotel)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": _hotel.c.version + 1})
    .returning(_hotel)
)
_MOVE = Statement(
    update(_hotel).where(_ONE).values(state=bindparam("state"), version=_hotel.c.version + 1).returning(_hotel)
)
_MOVE_RATES = Statement(
    update(_hotel).where(_ONE).values(rates_version=_hotel.c.rates_version + 1).returning(_hotel.c.rates_version)
)
_PUT_RATING = Statement(
    update(_hotel)
    .where(_ONE)
    .values(
        rating_count=bindparam("count"),
        rating_mean_hundredths=bindparam("mean_hundredths"),
        rating_version=bindparam("rating_version"),
    )
    .returning(_hotel)
)
_HAS_PRICES = Statement(
    select(
        or_(
            exists().where(_room_type.c.hotel_id == bindparam("hotel_id")),
            exists().where(_extra.c.hotel_id == bindparam("hotel_id")),
        )
    )
)
_SELLS = Statement(
    select(
        exists().where(_room_type.c.hotel_id == bindparam("hotel_id"), ~_room_type.c.archived).label("room_types"),
        exists().where(_rate_plan.c.hotel_id == bindparam("hotel_id"), ~_rate_plan.c.archived).label("rate_plans"),
    )
)


async def lock_hotel(connection: Connection, hotel_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, hotel_id=hotel_id)


async def owner_of(connection: Connection, hotel_id: uuid.UUID) -> uuid.UUID | None:
    owner_id: uuid.UUID | None = await _OWNER.fetch_value(connection, hotel_id=hotel_id)
    return owner_id


async def insert_hotel(connection: Connection, values: dict[str, Any]) -> Record:
    return await _INSERT.fetch_one(connection, **(NEW_HOTEL | values))


async def save_hotel(connection: Connection, hotel_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, hotel_id=hotel_id, **values)


async def move_hotel(connection: Connection, hotel_id: uuid.UUID, state: str) -> Record:
    return await _MOVE.fetch_one(connection, hotel_id=hotel_id, state=state)


async def move_rates_version(connection: Connection, hotel_id: uuid.UUID) -> int:
    """The new version."""
    return int(await _MOVE_RATES.fetch_value(connection, hotel_id=hotel_id))


async def put_rating(
    connection: Connection, hotel_id: uuid.UUID, *, count: int, mean_hundredths: int, version: int
) -> Record:
    return await _PUT_RATING.fetch_one(
        connection, hotel_id=hotel_id, count=count, mean_hundredths=mean_hundredths, rating_version=version
    )


async def has_prices(connection: Connection, hotel_id: uuid.UUID) -> bool:
    """Whether there is any room type or extra, archived ones too."""
    return bool(await _HAS_PRICES.fetch_value(connection, hotel_id=hotel_id))


async def missing_to_sell(connection: Connection, hotel_id: uuid.UUID) -> list[str]:
    """What a house needs before it can be published and has none of."""
    row = await _SELLS.fetch_one(connection, hotel_id=hotel_id)
    return [words for column, words in (("room_types", "room type"), ("rate_plans", "rate plan")) if not row[column]]
