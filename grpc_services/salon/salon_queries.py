"""The statements of salons themselves."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.expression import ColumnElement

from grpc_services.salon.models import Master, Offering, Salon, Service
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

salon = table_of(Salon)
master = table_of(Master)
service = table_of(Service)
offering = table_of(Offering)

# What their hoteliers write; the rest is ours.
WRITTEN = (
    *("name", "description", "street", "postal_code", "city", "city_key", "country", "latitude", "longitude"),
    *("time_zone", "currency", "contact_phone", "contact_email", "photos", "opening_hours"),
    *("slot_minutes", "min_notice_minutes", "max_days_ahead", "confirms_by_hand", "cancellation_tiers"),
)
_NEW: dict[str, object] = {
    "state": "DRAFT",
    "was_published": False,
    "rating_count": 0,
    "rating_mean_hundredths": 0,
    "rating_version": 0,
    "version": 1,
}
_ONE = salon.c.id == bindparam("salon_id")
_PUBLISHED = salon.c.state == "PUBLISHED"
_colleague = master.alias("colleague")
_WORKS_THERE = exists().where(
    _colleague.c.salon_id == salon.c.id,
    _colleague.c.account_id == bindparam("reader_id", type_=Uuid),
    ~_colleague.c.archived,
)


def seen_by_reader() -> ColumnElement[bool]:
    """Published salons; and others to those whose they are, who work there, or who see everything."""
    return or_(
        _PUBLISHED,
        salon.c.owner_id == bindparam("reader_id", type_=Uuid),
        bindparam("of_anybody", type_=Boolean),
        _WORKS_THERE,
    )


_AFTER = or_(
    bindparam("from_start", type_=Boolean),
    tuple_(salon.c.name, salon.c.id) > tuple_(bindparam("after_name", type_=Text), bindparam("after_id", type_=Uuid)),
)
_limit = bindparam("limit", type_=Integer)

_SEEN = Statement(select(salon).where(salon.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), seen_by_reader()))
_SEEN_IN_HOTELS = Statement(
    select(salon)
    .where(
        salon.c.hotel_id == any_(bindparam("hotel_ids", type_=ARRAY(Uuid))),
        salon.c.state != "ARCHIVED",
        seen_by_reader(),
    )
    .order_by(salon.c.name, salon.c.id)
)
_NUMBER_IN_HOTEL = Statement(
    select(func.count())
    .select_from(salon)
    .where(salon.c.hotel_id == bindparam("hotel_id"), salon.c.state != "ARCHIVED")
)
_LOCK = Statement(select(salon).where(_ONE).with_for_update(key_share=True))
_GET = Statement(select(salon).where(_ONE))
_INSERT = Statement(
    insert(salon)
    .values({column.name: bindparam(column.name) for column in salon.c if column.name != "created_at"})
    .returning(salon)
)
_SAVE = Statement(
    update(salon)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": salon.c.version + 1})
    .returning(salon)
)
_MOVE = Statement(
    update(salon)
    .where(_ONE)
    .values(
        state=bindparam("state"),
        was_published=or_(salon.c.was_published, bindparam("publishes", type_=Boolean)),
        version=salon.c.version + 1,
    )
    .returning(salon)
)
_PUT_RATING = Statement(
    update(salon)
    .where(_ONE, salon.c.rating_version < bindparam("known_version", type_=Integer))
    .values(
        rating_count=bindparam("count"),
        rating_mean_hundredths=bindparam("mean_hundredths"),
        rating_version=bindparam("known_version", type_=Integer),
    )
    .returning(salon)
)
_IS_OFFERED = Statement(
    select(
        exists().where(
            offering.c.service_id == service.c.id,
            offering.c.master_id == master.c.id,
            service.c.salon_id == bindparam("salon_id"),
            master.c.salon_id == bindparam("salon_id"),
            ~service.c.archived,
            ~master.c.archived,
        )
    )
)
_PUBLIC_PAGE = Statement(
    select(salon.c.id, salon.c.name)
    .where(
        _PUBLISHED,
        or_(bindparam("in_any_hotel", type_=Boolean), salon.c.hotel_id == bindparam("hotel_id", type_=Uuid)),
        or_(bindparam("in_any_city", type_=Boolean), salon.c.city_key == bindparam("city_key", type_=Text)),
        or_(
            bindparam("of_any_category", type_=Boolean),
            exists().where(
                service.c.salon_id == salon.c.id,
                service.c.category == bindparam("category", type_=Text),
                ~service.c.archived,
            ),
        ),
        _AFTER,
    )
    .order_by(salon.c.name, salon.c.id)
    .limit(_limit)
)
_OWN_PAGE = Statement(
    select(salon.c.id, salon.c.name)
    .where(or_(salon.c.owner_id == bindparam("reader_id", type_=Uuid), _WORKS_THERE), _AFTER)
    .order_by(salon.c.name, salon.c.id)
    .limit(_limit)
)


async def seen_salons(
    connection: Connection, ids: list[uuid.UUID], *, reader_id: uuid.UUID, of_anybody: bool
) -> list[Record]:
    return await _SEEN.fetch(connection, ids=ids, reader_id=reader_id, of_anybody=of_anybody)


async def seen_in_hotels(
    connection: Connection, hotel_ids: list[uuid.UUID], *, reader_id: uuid.UUID, of_anybody: bool
) -> list[Record]:
    """Those that are not archived, by name."""
    return await _SEEN_IN_HOTELS.fetch(connection, hotel_ids=hotel_ids, reader_id=reader_id, of_anybody=of_anybody)


async def number_in_hotel(connection: Connection, hotel_id: uuid.UUID) -> int:
    """Archived ones do not count."""
    return int(await _NUMBER_IN_HOTEL.fetch_value(connection, hotel_id=hotel_id))


async def lock_salon(connection: Connection, salon_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, salon_id=salon_id)


async def get_salon(connection: Connection, salon_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, salon_id=salon_id)


async def insert_salon(connection: Connection, values: dict[str, Any]) -> Record:
    return await _INSERT.fetch_one(connection, **(_NEW | values))


async def save_salon(connection: Connection, salon_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """Writes every column that hoteliers write; one version more."""
    return await _SAVE.fetch_one(connection, salon_id=salon_id, **values)


async def move_salon(connection: Connection, salon_id: uuid.UUID, state: str) -> Record:
    return await _MOVE.fetch_one(connection, salon_id=salon_id, state=state, publishes=state == "PUBLISHED")


async def put_rating(
    connection: Connection, salon_id: uuid.UUID, count: int, mean_hundredths: int, version: int
) -> Record | None:
    """None: what is known is as new, and stays."""
    return await _PUT_RATING.fetch_row(
        connection, salon_id=salon_id, count=count, mean_hundredths=mean_hundredths, known_version=version
    )


async def is_offered(connection: Connection, salon_id: uuid.UUID) -> bool:
    """Whether some master of the salon does some service."""
    return bool(await _IS_OFFERED.fetch_value(connection, salon_id=salon_id))


async def public_page(
    connection: Connection,
    *,
    hotel_id: uuid.UUID | None,
    city_key: str | None,
    category: str | None,
    after: tuple[str, uuid.UUID] | None,
    limit: int,
) -> list[Record]:
    """Ids and names of published salons, in order of name; None: of any."""
    return await _PUBLIC_PAGE.fetch(
        connection,
        in_any_hotel=hotel_id is None,
        hotel_id=hotel_id or uuid.UUID(int=0),
        in_any_city=city_key is None,
        city_key=city_key or "",
        of_any_category=category is None,
        category=category or "",
        limit=limit,
        **_position(after),
    )


async def own_page(
    connection: Connection, reader_id: uuid.UUID, *, after: tuple[str, uuid.UUID] | None, limit: int
) -> list[Record]:
    """Ids and names of the salons that are the reader's or where they work, in order of name."""
    return await _OWN_PAGE.fetch(connection, reader_id=reader_id, limit=limit, **_position(after))


def _position(after: tuple[str, uuid.UUID] | None) -> dict[str, object]:
    name, identifier = after or ("", uuid.UUID(int=0))
    return {"from_start": after is None, "after_name": name, "after_id": identifier}
