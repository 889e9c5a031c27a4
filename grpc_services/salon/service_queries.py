"""The statements of services and of who offers them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, insert, select, update

from grpc_services.salon.salon_queries import offering, salon, seen_by_reader, service
from runtime.database import Connection, Record, Statement

# What hoteliers write; the rest is ours.
WRITTEN = (
    *("name", "category", "description", "duration_minutes", "buffer_before_minutes", "buffer_after_minutes"),
    *("price_minor_units", "payment_timing"),
)
_NEW: dict[str, object] = {"archived": False, "version": 1}
_ids = bindparam("ids", type_=ARRAY(Uuid))
_ONE = service.c.id == bindparam("service_id")

_GET = Statement(select(service).where(_ONE))
_SEEN = Statement(
    select(service, salon.c.currency)
    .select_from(service.join(salon, salon.c.id == service.c.salon_id))
    .where(service.c.id == any_(_ids), seen_by_reader())
)
_OF_SALONS = Statement(
    select(service)
    .where(service.c.salon_id == any_(_ids))
    .order_by(service.c.salon_id, service.c.category, service.c.position)
)
_OFFERINGS = Statement(
    select(offering).where(offering.c.service_id == any_(_ids)).order_by(offering.c.service_id, offering.c.master_id)
)
_NUMBER = Statement(
    select(func.count()).select_from(service).where(service.c.salon_id == bindparam("salon_id"), ~service.c.archived)
)
_NEXT_POSITION = Statement(
    select(func.coalesce(func.max(service.c.position) + 1, 0)).where(service.c.salon_id == bindparam("salon_id"))
)
_INSERT = Statement(
    insert(service).values({column.name: bindparam(column.name) for column in service.c}).returning(service)
)
_SAVE = Statement(
    update(service)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": service.c.version + 1})
    .returning(service)
)
_ARCHIVE = Statement(
    update(service).where(_ONE).values(archived=True, version=service.c.version + 1).returning(service)
)
_CLEAR_OFFERINGS = Statement(delete(offering).where(offering.c.service_id == bindparam("service_id")))
_INSERT_OFFERING = Statement(insert(offering).values({column.name: bindparam(column.name) for column in offering.c}))


async def get_service(connection: Connection, service_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, service_id=service_id)


async def seen_services(
    connection: Connection, ids: list[uuid.UUID], *, reader_id: uuid.UUID, of_anybody: bool
) -> list[Record]:
    """Of salons that the reader sees, with their `currency`; archived ones too, which past visits name."""
    return await _SEEN.fetch(connection, ids=ids, reader_id=reader_id, of_anybody=of_anybody)


async def of_salons(connection: Connection, salon_ids: Collection[uuid.UUID]) -> list[Record]:
    """By category and position, archived ones among them."""
    return await _OF_SALONS.fetch(connection, ids=list(salon_ids))


async def offerings_of(connection: Connection, service_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Record]]:
    """By service; services that nobody does have no entry."""
    found: dict[uuid.UUID, list[Record]] = {}
    for row in await _OFFERINGS.fetch(connection, ids=list(service_ids)):
        found.setdefault(row["service_id"], []).append(row)
    return found


async def number_in_use(connection: Connection, salon_id: uuid.UUID) -> int:
    return int(await _NUMBER.fetch_value(connection, salon_id=salon_id))


async def append(connection: Connection, salon_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """A new one behind the others of the salon."""
    position = await _NEXT_POSITION.fetch_value(connection, salon_id=salon_id)
    return await _INSERT.fetch_one(connection, **(_NEW | values | {"salon_id": salon_id, "position": position}))


async def save(connection: Connection, service_id: uuid.UUID, values: dict[str, Any]) -> Record:
    return await _SAVE.fetch_one(connection, service_id=service_id, **values)


async def archive(connection: Connection, service_id: uuid.UUID) -> Record:
    return await _ARCHIVE.fetch_one(connection, service_id=service_id)


async def put_offerings(connection: Connection, service_id: uuid.UUID, offerings: Sequence[dict[str, Any]]) -> None:
    """These instead of all that were."""
    await _CLEAR_OFFERINGS.execute(connection, service_id=service_id)
    await _INSERT_OFFERING.execute_many(connection, [row | {"service_id": service_id} for row in offerings])
