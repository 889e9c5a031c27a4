"""The statements of schedules, and of the appointments that stand in them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    distinct,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from grpc_services.salon.appointment_models import Appointment, VisitedService
from grpc_services.salon.models import SpecialDay
from grpc_services.salon.working_time import Timetable, timetable
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

_day = table_of(SpecialDay)
_visit = table_of(Appointment)
_visited = table_of(VisitedService)

_moment = DateTime(timezone=True)
_master_ids = bindparam("master_ids", type_=ARRAY(Uuid))
_OF_SUBJECT = and_(
    _day.c.salon_id == bindparam("salon_id"),
    _day.c.master_id.is_not_distinct_from(bindparam("master_id", type_=Uuid)),
)
_WITHIN = _day.c.day.between(bindparam("first_day", type_=Date), bindparam("last_day", type_=Date))
# A hold that ran out stands no more, whether somebody has tidied it away or not.
_STANDS = or_(
    _visit.c.state == "REQUESTED",
    _visit.c.state == "CONFIRMED",
    _visit.c.hold_expires_at > func.now(),
)

_DAYS_OF_SUBJECT = Statement(select(_day).where(_OF_SUBJECT, _WITHIN).order_by(_day.c.day))
_DAYS = Statement(
    select(_day).where(
        _day.c.salon_id == bindparam("salon_id"),
        or_(_day.c.master_id.is_(None), _day.c.master_id == any_(_master_ids)),
        _WITHIN,
    )
)
_ONE_DAY = Statement(select(_day).where(_OF_SUBJECT, _day.c.day == bindparam("day")))
_values: dict[str, Any] = {column.name: bindparam(column.name) for column in _day.c}
_REPLACED: dict[str, Any] = {"hours": bindparam("hours"), "reason": bindparam("reason")}
_PUT_SALON_DAY = Statement(
    insert(_day)
    .values(_values)
    .on_conflict_do_update(
        index_elements=[_day.c.salon_id, _day.c.day], index_where=_day.c.master_id.is_(None), set_=_REPLACED
    )
)
_PUT_MASTER_DAY = Statement(
    insert(_day)
    .values(_values)
    .on_conflict_do_update(
        index_elements=[_day.c.master_id, _day.c.day], index_where=_day.c.master_id.is_not(None), set_=_REPLACED
    )
)
_CLEAR_DAY = Statement(delete(_day).where(_OF_SUBJECT, _day.c.day == bindparam("day")))
_STANDING = Statement(
    select(_visited.c.appointment_id, _visited.c.master_id, _visited.c.starts_at, _visited.c.ends_at)
    .select_from(_visited.join(_visit, _visit.c.id == _visited.c.appointment_id))
    .where(
        _visited.c.master_id == any_(_master_ids),
        _visited.c.ends_at > bindparam("starts_at", type_=_moment),
        or_(bindparam("without_end", type_=Boolean), _visited.c.starts_at < bindparam("ends_at", type_=_moment)),
        _STANDS,
    )
    .order_by(_visited.c.starts_at, _visited.c.appointment_id)
)
_NUMBER_STANDING = Statement(
    select(func.count(distinct(_visit.c.id)))
    .select_from(_visit.join(_visited, _visit.c.id == _visited.c.appointment_id))
    .where(_visited.c.master_id == any_(_master_ids), _visit.c.ends_at > bindparam("now", type_=_moment), _STANDS)
)


async def days_of(
    connection: Connection, salon_id: uuid.UUID, master_id: uuid.UUID | None, first_day: dt.date, last_day: dt.date
) -> list[Record]:
    """Special days of a master, or of the salon itself, in order."""
    return await _DAYS_OF_SUBJECT.fetch(
        connection, salon_id=salon_id, master_id=master_id, first_day=first_day, last_day=last_day
    )


async def get_day(
    connection: Connection, salon_id: uuid.UUID, master_id: uuid.UUID | None, day: dt.date
) -> Record | None:
    return await _ONE_DAY.fetch_row(connection, salon_id=salon_id, master_id=master_id, day=day)


async def put_day(
    connection: Connection,
    salon_id: uuid.UUID,
    master_id: uuid.UUID | None,
    day: dt.date,
    hours: list[dict[str, Any]],
    reason: str,
) -> None:
    statement = _PUT_MASTER_DAY if master_id else _PUT_SALON_DAY
    await statement.execute(
        connection, id=new_id(), salon_id=salon_id, master_id=master_id, day=day, hours=hours, reason=reason
    )


async def clear_day(connection: Connection, salon_id: uuid.UUID, master_id: uuid.UUID | None, day: dt.date) -> None:
    await _CLEAR_DAY.execute(connection, salon_id=salon_id, master_id=master_id, day=day)


async def timetables(
    connection: Connection, salon: Record, masters: Sequence[Record], first_day: dt.date, last_day: dt.date
) -> tuple[Timetable, dict[uuid.UUID, Timetable]]:
    """Of the salon itself and of its masters, given their rows; special days from the first to the last day."""
    rows = await _DAYS.fetch(
        connection,
        salon_id=salon["id"],
        master_ids=[master["id"] for master in masters],
        first_day=first_day,
        last_day=last_day,
    )
    special: dict[uuid.UUID | None, dict[dt.date, Any]] = {}
    for row in rows:
        special.setdefault(row["master_id"], {})[row["day"]] = row["hours"]
    return (
        timetable(salon["opening_hours"], special.get(None, {})),
        {master["id"]: timetable(master["week"], special.get(master["id"], {})) for master in masters},
    )


async def standing_services(
    connection: Connection,
    master_ids: Collection[uuid.UUID],
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
) -> list[Record]:
    """Services of appointments that stand, within or across the span, by start; None: all to come."""
    return await _STANDING.fetch(
        connection,
        master_ids=list(master_ids),
        starts_at=starts_at,
        without_end=ends_at is None,
        ends_at=ends_at or starts_at,
    )


async def number_standing(connection: Connection, master_ids: Collection[uuid.UUID], now: dt.datetime) -> int:
    """Appointments with these masters that stand and are not over yet."""
    return int(await _NUMBER_STANDING.fetch_value(connection, master_ids=list(master_ids), now=now))
