"""The use cases of schedules: the week that repeats, and days that differ from it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from contracts.salon.v1 import schedule_pb2
from grpc_services.salon import (
    change_log,
    editing,
    events,
    hours_fields,
    master_queries,
    messages,
    policies,
    salon_queries,
    schedule_queries,
)
from grpc_services.salon.outside_hours import appointments_outside
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.field_checks import checked_line
from runtime.identifiers import parse_id
from runtime.identity import Caller, current_caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
MOST_DAYS = 366
MOST_DAYS_AHEAD = 731
LONGEST_REASON = 200


class ScheduleMethods:
    """A part of ScheduleServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def GetSchedule(self, request: schedule_pb2.GetScheduleRequest, context: Context) -> schedule_pb2.Schedule:
        """Why a master is away is told to those who work at the salon only."""
        caller = current_caller()
        salon_id = parse_id(request.salon_id, path=("salonId",))
        master_id = parse_id(request.master_id, path=("masterId",)) if request.master_id else None
        days = _parse_days(request.first_day, request.last_day)
        async with self._database.snapshot() as connection:
            salon = await _seen_salon(connection, caller, salon_id)
            if master_id is None:
                return await _schedule(connection, salon, None, days, with_reasons=True)
            masters = {master["id"]: master for master in await master_queries.at_work(connection, salon_id)}
            if master_id not in masters:
                raise editing.missing("master", ("masterId",))
            works_there = policies.edits_salon(caller, salon) or any(
                policies.is_master(caller, master) for master in masters.values()
            )
            return await _schedule(connection, salon, masters[master_id], days, with_reasons=works_there)

    async def PutWeek(self, request: schedule_pb2.PutWeekRequest, context: Context) -> schedule_pb2.PutWeekResponse:
        caller = require_account()
        week = hours_fields.checked_week(request.week, ("week",))
        now = self._now()
        async with self._database.transaction() as connection:
            salon, master = await editing.lock_master(connection, caller, request.master_id, by_themselves=True)
            if week != master["week"]:  # said again, it is simply so
                editing.check_version(master["schedule_version"], request.expected_version)
                before = {"week": master["week"]}
                master = await master_queries.save_week(connection, master["id"], week)
                await _record(connection, salon, master["id"], before=before, after={"week": week})
                await events.publish_salon_changed(connection, salon, master["id"])
            today = _today(salon, now)
            days = today, today + dt.timedelta(days=MOST_DAYS - 1)
            return schedule_pb2.PutWeekResponse(
                schedule=await _schedule(connection, salon, master, days, with_reasons=True),
                appointment_ids=await appointments_outside(connection, salon, [master], now),
            )

    async def PutDay(self, request: schedule_pb2.PutDayRequest, context: Context) -> schedule_pb2.PutDayResponse:
        caller = require_account()
        day = _parse_day(request.day.day, ("day",))
        hours = hours_fields.checked_day(request.day.hours, day, ("hours",))
        reason = checked_line(request.day.reason, ("reason",), longest=LONGEST_REASON)
        return await self._change_day(
            caller, request.salon_id, request.master_id, day, {"hours": hours, "reason": reason}
        )

    async def ClearDay(self, request: schedule_pb2.ClearDayRequest, context: Context) -> schedule_pb2.PutDayResponse:
        caller = require_account()
        day = _parse_day(request.day, ("day",))
        return await self._change_day(caller, request.salon_id, request.master_id, day, None)

    async def _change_day(
        self, caller: Caller, salon_id: str, master_id: str, day: dt.date, special: dict[str, Any] | None
    ) -> schedule_pb2.PutDayResponse:
        """A special day as told, or None of it any more."""
        if bool(salon_id) == bool(master_id):
            raise InvalidInput("Name a salon or a master.", path=("salonId",))
        now = self._now()
        async with self._database.transaction() as connection:
            salon, masters, of_master = await _locked_subject(connection, caller, salon_id, master_id)
            _check_to_come(day, _today(salon, now))
            known = await schedule_queries.get_day(connection, salon["id"], of_master, day)
            before = {"hours": known["hours"], "reason": known["reason"]} if known else None
            if special != before:
                if special is None:
                    await schedule_queries.clear_day(connection, salon["id"], of_master, day)
                else:
                    await schedule_queries.put_day(connection, salon["id"], of_master, day, **special)
                name = day.isoformat()
                await _record(connection, salon, of_master or salon["id"], before={name: before}, after={name: special})
                await events.publish_salon_changed(connection, salon, *([of_master] if of_master else []))
            outside = await appointments_outside(connection, salon, masters, now, day=day)
        return schedule_pb2.PutDayResponse(appointment_ids=outside)


async def _locked_subject(
    connection: Connection, caller: Caller, salon_id: str, master_id: str
) -> tuple[Record, Sequence[Record], uuid.UUID | None]:
    """The locked salon, the masters whose day it is, and the master's id unless it is the salon's day."""
    if master_id:
        salon, master = await editing.lock_master(connection, caller, master_id, by_themselves=True)
        return salon, [master], master["id"]
    identifier = parse_id(salon_id, path=("salonId",))
    salon = await editing.lock_open_salon(connection, caller, identifier)
    return salon, await master_queries.at_work(connection, identifier), None


async def _seen_salon(connection: Connection, caller: Caller, salon_id: uuid.UUID) -> Record:
    rows = await salon_queries.seen_salons(
        connection, [salon_id], reader_id=caller.account_id, of_anybody=policies.sees_every_salon(caller)
    )
    if not rows:
        raise editing.missing("salon", ("salonId",))
    return rows[0]


async def _schedule(
    connection: Connection,
    salon: Record,
    master: Record | None,
    days: tuple[dt.date, dt.date] | None,
    *,
    with_reasons: bool,
) -> schedule_pb2.Schedule:
    of_master = master["id"] if master else None
    rows = await schedule_queries.days_of(connection, salon["id"], of_master, *days) if days else []
    return schedule_pb2.Schedule(
        week=messages.day_hours(master["week"] if master else salon["opening_hours"]),
        special_days=[
            schedule_pb2.SpecialDay(
                day=row["day"].isoformat(),
                hours=messages.day_hours(row["hours"], row["day"].isoweekday()),
                reason=row["reason"] if with_reasons else "",
            )
            for row in rows
        ],
        version=master["schedule_version"] if master else salon["version"],
    )


def _today(salon: Record, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(salon["time_zone"])).date()


def _check_to_come(day: dt.date, today: dt.date) -> None:
    if day < today:
        raise InvalidInput("This day is over at the salon.", path=("day",))
    if (day - today).days > MOST_DAYS_AHEAD:
        raise InvalidInput(f"Days are told at most {MOST_DAYS_AHEAD} days ahead.", path=("day",))


def _parse_days(first: str, last: str) -> tuple[dt.date, dt.date] | None:
    """None when no days are asked for."""
    if not first and not last:
        return None
    first_day, last_day = _parse_day(first, ("firstDay",)), _parse_day(last, ("lastDay",))
    if not 0 <= (last_day - first_day).days < MOST_DAYS:
        raise InvalidInput(f"Ask for 1 to {MOST_DAYS} days.", path=("lastDay",))
    return first_day, last_day


def _parse_day(text: str, path: Sequence[str]) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=path) from None


async def _record(
    connection: Connection, salon: Record, subject_id: uuid.UUID, *, before: dict[str, Any], after: dict[str, Any]
) -> None:
    await change_log.record_change(
        connection, salon["id"], "Schedule", subject_id, "updated", before=before, after=after
    )
