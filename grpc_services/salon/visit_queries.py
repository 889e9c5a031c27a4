"""The SQL behind slots: a salon's terms, who does what, timetables, taken time, and how much masters have to do."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
)

from grpc_services.salon.appointment_models import Appointment, MasterTime, VisitedService
from grpc_services.salon.models import Master, Offering, Salon, Service, SpecialDay
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

salon = table_of(Salon)
master = table_of(Master)
service = table_of(Service)
offering = table_of(Offering)
special_day = table_of(SpecialDay)
master_time = table_of(MasterTime)
appointment = table_of(Appointment)
visited = table_of(VisitedService)

_moment = DateTime(timezone=True)
_master_ids = any_(bindparam("master_ids", type_=ARRAY(Uuid)))

_SALON = Statement(select(salon).where(salon.c.id == bindparam("id")))
_SHARE_SALON = Statement(select(salon).where(salon.c.id == bindparam("id")).with_for_update(read=True))
_SERVICES = Statement(
    select(service).where(
        service.c.salon_id == bindparam("salon_id"),
        service.c.id == any_(bindparam("service_ids", type_=ARRAY(Uuid))),
        service.c.archived.is_(False),
    )
)
_OFFERINGS = Statement(
    select(
        offering.c.service_id,
        offering.c.master_id,
        offering.c.price_minor_units,
        offering.c.duration_minutes,
        master.c.name,
        master.c.account_id,
    )
    .join_from(offering, master, offering.c.master_id == master.c.id)
    .where(
        offering.c.service_id == any_(bindparam("service_ids", type_=ARRAY(Uuid))),
        master.c.salon_id == bindparam("salon_id"),
        master.c.archived.is_(False),
    )
    .order_by(master.c.position, master.c.id)
)
_MASTERS = Statement(
    select(master.c.id, master.c.name, master.c.account_id, master.c.week, master.c.archived)
    .where(master.c.salon_id == bindparam("salon_id"))
    .order_by(master.c.position, master.c.id)
)
_SPECIAL_DAYS = Statement(
    select(special_day.c.master_id, special_day.c.day, special_day.c.hours).where(
        special_day.c.salon_id == bindparam("salon_id"),
        special_day.c.day.between(bindparam("first_day", type_=Date), bindparam("last_day", type_=Date)),
    )
)
_OVERDUE = func.coalesce(
    and_(appointment.c.hold_expires_at <= func.now(), appointment.c.booking_id.is_(None)), literal(False)
)
_TAKEN = Statement(
    select(
        master_time.c.master_id,
        func.lower(master_time.c.during, type_=_moment).label("starts_at"),
        func.upper(master_time.c.during, type_=_moment).label("ends_at"),
        _OVERDUE.label("overdue"),
    )
    .select_from(master_time.outerjoin(appointment, master_time.c.appointment_id == appointment.c.id))
    .where(
        master_time.c.master_id == _master_ids,
        master_time.c.during.op("&&", is_comparison=True)(
            func.tstzrange(bindparam("begin", type_=_moment), bindparam("end", type_=_moment))
        ),
        or_(
            master_time.c.appointment_id.is_(None),
            master_time.c.appointment_id != bindparam("but_of", type_=Uuid),
        ),
    )
)
_minutes = cast(
    func.sum(extract("epoch", visited.c.ends_at) - extract("epoch", visited.c.starts_at)) / 60, BigInteger
).label("minutes")
_day = cast(func.timezone(bindparam("time_zone"), visited.c.starts_at), Date).label("day")
_LOAD = Statement(
    select(visited.c.master_id, _day, _minutes)
    .join_from(visited, appointment, visited.c.appointment_id == appointment.c.id)
    .where(
        visited.c.master_id == _master_ids,
        visited.c.starts_at >= bindparam("begin", type_=_moment),
        visited.c.starts_at < bindparam("end", type_=_moment),
        appointment.c.state != "CANCELLED",
        appointment.c.state != "EXPIRED",
    )
    .group_by(visited.c.master_id, _day)
)


async def load_salon(connection: Connection, salon_id: uuid.UUID) -> Record | None:
    return await _SALON.fetch_row(connection, id=salon_id)


async def share_salon(connection: Connection, salon_id: uuid.UUID) -> Record | None:
    """Nobody edits the salon, its masters or services until the transaction ends. Comes before masters are locked:
    edits lock in that order too."""
    return await _SHARE_SALON.fetch_row(connection, id=salon_id)


async def services_of(
    connection: Connection, salon_id: uuid.UUID, service_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Record]:
    """Those of the salon that are not archived."""
    rows = await _SERVICES.fetch(connection, salon_id=salon_id, service_ids=list(service_ids))
    return {row["id"]: row for row in rows}


async def offerings_of(connection: Connection, salon_id: uuid.UUID, service_ids: Collection[uuid.UUID]) -> list[Record]:
    """Who does these services, in the order of the salon's masters."""
    return await _OFFERINGS.fetch(connection, salon_id=salon_id, service_ids=list(service_ids))


async def masters_of(connection: Connection, salon_id: uuid.UUID) -> list[Record]:
    """With their week; archived ones too."""
    return await _MASTERS.fetch(connection, salon_id=salon_id)


async def special_days_of(
    connection: Connection, salon_id: uuid.UUID, first_day: dt.date, last_day: dt.date
) -> list[Record]:
    """Of the salon (`master_id` is None) and of its masters."""
    return await _SPECIAL_DAYS.fetch(connection, salon_id=salon_id, first_day=first_day, last_day=last_day)


async def taken_time(
    connection: Connection,
    master_ids: Sequence[uuid.UUID],
    begin: dt.datetime,
    end: dt.datetime,
    *,
    but_of: uuid.UUID | None = None,
) -> list[Record]:
    """(master_id, starts_at, ends_at, overdue): `overdue` is what a hold that ran out still takes. What the
    appointment `but_of` takes is left out."""
    return await _TAKEN.fetch(
        connection, master_ids=master_ids, begin=begin, end=end, but_of=but_of or uuid.UUID(int=0)
    )


async def load_of(
    connection: Connection,
    master_ids: Sequence[uuid.UUID],
    begin: dt.datetime,
    end: dt.datetime,
    time_zone: str,
) -> list[Record]:
    """(master_id, day, minutes) of services that are booked, by local day."""
    return await _LOAD.fetch(connection, master_ids=master_ids, begin=begin, end=end, time_zone=time_zone)
