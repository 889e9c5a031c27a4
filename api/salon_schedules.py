"""Schedules in the public schema: weeks, days that differ, and time that masters keep for something else."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.moments import sent_moment
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.opening_hours import DayHours, day_hours
from contracts.salon.v1 import schedule_pb2
from runtime.channels import call
from runtime.clock import from_timestamp

FirstDay = Annotated[dt.date, strawberry.argument(description="The first day of those that differ, local.")]
LastDay = Annotated[dt.date, strawberry.argument(description="The last of them, included; at most 366 days.")]
From = Annotated[dt.datetime, strawberry.argument(name="from", description="From this moment on.")]
To = Annotated[dt.datetime, strawberry.argument(description="Up to this moment; at most 366 days later.")]


@strawberry.type(description="A day with hours other than the week's, or with none at all.")
class SpecialDay:
    day: dt.date = strawberry.field(description="The day, local.")
    hours: list[DayHours] = strawberry.field(description="Its hours; none: closed.")
    reason: str | None = strawberry.field(
        description="Why; that of a master is told to those who work at the salon only."
    )


@strawberry.type(description="When a master works, or a salon is open.")
class SalonSchedule:
    week: list[DayHours] = strawberry.field(description="The week that repeats.")
    special_days: list[SpecialDay] = strawberry.field(description="The days that differ, in order.")
    version: int = strawberry.field(description="Of the week; name it as `expectedVersion` when you write a new one.")


@strawberry.type(description="Time that a master keeps for something else.")
class TimeBlock:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    master_id: strawberry.ID = strawberry.field(description="The master.")
    starts_at: dt.datetime = strawberry.field(description="From this moment on.")
    ends_at: dt.datetime = strawberry.field(description="Up to this moment.")
    reason: str | None = strawberry.field(description="Why.")


@strawberry.type
class SalonDays(Node):
    """The part of Salon that tells when it is open."""

    @strawberry.field(description="When the salon is open; its masters work within these hours.")
    async def schedule(self, info: Info, first_day: FirstDay, last_day: LastDay) -> SalonSchedule:
        return await read_schedule(info, decode_id("Salon", self.id, path=("id",)), "", first_day, last_day)

    @strawberry.field(
        description="Time that its masters keep for something else, by start; all of it for its hotelier, for a "
        "master their own."
    )
    async def time_blocks(self, info: Info, begin: From, to: To) -> list[TimeBlock] | None:
        return await read_time_blocks(info, decode_id("Salon", self.id, path=("id",)), "", begin, to)


async def read_schedule(
    info: Info, salon_id: str, master_id: str, first_day: dt.date, last_day: dt.date
) -> SalonSchedule:
    request = schedule_pb2.GetScheduleRequest(
        salon_id=salon_id, master_id=master_id, first_day=first_day.isoformat(), last_day=last_day.isoformat()
    )
    return salon_schedule(await call(info.context.services.schedules.GetSchedule, request))


async def read_time_blocks(
    info: Info, salon_id: str, master_id: str, begin: dt.datetime, end: dt.datetime
) -> list[TimeBlock]:
    request = schedule_pb2.ListTimeBlocksRequest(salon_id=salon_id, master_id=master_id, to=sent_moment(end, "to"))
    getattr(request, "from").CopyFrom(sent_moment(begin, "from"))
    response = await call(info.context.services.schedules.ListTimeBlocks, request)
    return [time_block(found) for found in response.blocks]


def salon_schedule(message: schedule_pb2.Schedule) -> SalonSchedule:
    return SalonSchedule(
        week=day_hours(message.week),
        special_days=[
            SpecialDay(day=dt.date.fromisoformat(day.day), hours=day_hours(day.hours), reason=day.reason or None)
            for day in message.special_days
        ],
        version=message.version,
    )


def time_block(message: schedule_pb2.TimeBlock) -> TimeBlock:
    return TimeBlock(
        id=strawberry.ID(encode_id("TimeBlock", message.id)),
        master_id=strawberry.ID(encode_id("Master", message.master_id)),
        starts_at=from_timestamp(message.starts_at),
        ends_at=from_timestamp(message.ends_at),
        reason=message.reason or None,
    )
