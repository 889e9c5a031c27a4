"""Writing when masters work and salons are open, and keeping masters' time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    SlotUnavailable,
    VersionConflict,
)
from api.moments import sent_moment
from api.node_ids import decode_id, encode_id
from api.opening_hours import DayHoursInput, HoursInput, day_hours_messages, hours_messages
from api.permissions import Demands, Permission
from api.salon_schedules import SalonSchedule, TimeBlock, salon_schedule, time_block
from api.scalars import IdempotencyKey
from contracts.salon.v1 import schedule_pb2
from runtime.channels import call

_HOURS = "Its hours, up to 6 entries; none: closed."
_REASON = "Why, up to 200 characters."
_OUTSIDE = "Appointments to come that now lie outside the hours, the earliest first, at most 100. They stand."


@strawberry.input(description="A week that repeats from now on.")
class MasterScheduleUpdateInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    expected_version: int = strawberry.field(description="The schedule's `version` as you saw it.")
    week: list[DayHoursInput] = strawberry.field(description="All of it, up to 28 entries; none: no work at all.")


@strawberry.input(description="A day of a master with other hours than usual.")
class MasterDayPutInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    day: dt.date = strawberry.field(description="Today at the salon or later, at most 731 days ahead.")
    hours: list[HoursInput] = strawberry.field(default_factory=list, description=_HOURS)
    reason: str | None = strawberry.field(default=None, description=_REASON)


@strawberry.input(description="A day of a master that shall be as usual.")
class MasterDayClearInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    day: dt.date = strawberry.field(description="Today at the salon or later.")


@strawberry.input(description="A day of a whole salon with other hours than usual, such as a holiday.")
class SalonDayPutInput:
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    day: dt.date = strawberry.field(description="Today at the salon or later, at most 731 days ahead.")
    hours: list[HoursInput] = strawberry.field(default_factory=list, description=_HOURS)
    reason: str | None = strawberry.field(default=None, description=f"{_REASON} Everybody reads it.")


@strawberry.input(description="A day of a whole salon that shall be as usual.")
class SalonDayClearInput:
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    day: dt.date = strawberry.field(description="Today at the salon or later.")


@strawberry.input(description="A master's time to keep for something else.")
class MasterTimeBlockInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every block.")
    starts_at: dt.datetime = strawberry.field(description="From this moment on.")
    ends_at: dt.datetime = strawberry.field(description="Up to this moment, at most 31 days later.")
    reason: str | None = strawberry.field(default=None, description=_REASON)


@strawberry.input(description="Kept time that shall be free again.")
class MasterTimeBlockEndInput:
    id: strawberry.ID = strawberry.field(description="The block.")


@strawberry.type(description="The week is written.")
class MasterScheduleUpdated:
    schedule: SalonSchedule = strawberry.field(
        description="As it is now, with the days that differ in the coming year."
    )
    appointment_ids: list[strawberry.ID] = strawberry.field(description=_OUTSIDE)


@strawberry.type(description="The master's day is written.")
class MasterDayWritten:
    appointment_ids: list[strawberry.ID] = strawberry.field(description=_OUTSIDE)


@strawberry.type(description="The master's day is as usual.")
class MasterDayCleared:
    appointment_ids: list[strawberry.ID] = strawberry.field(description=_OUTSIDE)


@strawberry.type(description="The salon's day is written.")
class SalonDayWritten:
    appointment_ids: list[strawberry.ID] = strawberry.field(description=_OUTSIDE)


@strawberry.type(description="The salon's day is as usual.")
class SalonDayCleared:
    appointment_ids: list[strawberry.ID] = strawberry.field(description=_OUTSIDE)


@strawberry.type(description="The time is kept.")
class MasterTimeBlocked:
    block: TimeBlock = strawberry.field(description="The block.")


@strawberry.type(description="The time is free again.")
class MasterTimeBlockEnded:
    id: strawberry.ID = strawberry.field(description="The block that is no more.")


MasterScheduleUpdateResult = Annotated[
    MasterScheduleUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterScheduleUpdateResult", description="The schedule, or why nothing was written."),
]
MasterDayPutResult = Annotated[
    MasterDayWritten | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterDayPutResult", description="Done, or why not."),
]
MasterDayClearResult = Annotated[
    MasterDayCleared | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterDayClearResult", description="Done, or why not."),
]
SalonDayPutResult = Annotated[
    SalonDayWritten | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonDayPutResult", description="Done, or why not."),
]
SalonDayClearResult = Annotated[
    SalonDayCleared | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonDayClearResult", description="Done, or why not."),
]
MasterTimeBlockResult = Annotated[
    MasterTimeBlocked | SlotUnavailable | IdempotencyConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterTimeBlockResult", description="The block, or why there is none."),
]
MasterTimeBlockEndResult = Annotated[
    MasterTimeBlockEnded | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterTimeBlockEndResult", description="Done, or why not."),
]


@strawberry.type
class SalonScheduleEditing:
    """All but the salon's own days is for the master themselves and for their hotelier."""

    @strawberry.mutation(
        description="Writes a master's week; for themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_schedule_update(
        self,
        info: Info,
        input: Annotated[MasterScheduleUpdateInput, strawberry.argument(description="The week.")],  # noqa: A002
    ) -> MasterScheduleUpdateResult:
        request = schedule_pb2.PutWeekRequest(
            master_id=decode_id("Master", input.master_id, path=("masterId",)),
            expected_version=input.expected_version,
            week=day_hours_messages(input.week),
        )
        answer = await call(info.context.services.schedules.PutWeek, request)
        return MasterScheduleUpdated(
            schedule=salon_schedule(answer.schedule), appointment_ids=_appointments(answer.appointment_ids)
        )

    @strawberry.mutation(
        description="Gives a master's day other hours than usual, or none; for themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_day_put(
        self,
        info: Info,
        input: Annotated[MasterDayPutInput, strawberry.argument(description="The day.")],  # noqa: A002
    ) -> MasterDayPutResult:
        master_id = decode_id("Master", input.master_id, path=("masterId",))
        request = schedule_pb2.PutDayRequest(master_id=master_id, day=_day(input.day, input.hours, input.reason))
        answer = await call(info.context.services.schedules.PutDay, request)
        return MasterDayWritten(appointment_ids=_appointments(answer.appointment_ids))

    @strawberry.mutation(
        description="Makes a master's day as usual; for themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_day_clear(
        self,
        info: Info,
        input: Annotated[MasterDayClearInput, strawberry.argument(description="The day.")],  # noqa: A002
    ) -> MasterDayClearResult:
        master_id = decode_id("Master", input.master_id, path=("masterId",))
        request = schedule_pb2.ClearDayRequest(master_id=master_id, day=input.day.isoformat())
        answer = await call(info.context.services.schedules.ClearDay, request)
        return MasterDayCleared(appointment_ids=_appointments(answer.appointment_ids))

    @strawberry.mutation(
        description="Gives a day of a salon of yours other hours than usual, or none: a holiday.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_day_put(
        self,
        info: Info,
        input: Annotated[SalonDayPutInput, strawberry.argument(description="The day.")],  # noqa: A002
    ) -> SalonDayPutResult:
        salon_id = decode_id("Salon", input.salon_id, path=("salonId",))
        request = schedule_pb2.PutDayRequest(salon_id=salon_id, day=_day(input.day, input.hours, input.reason))
        answer = await call(info.context.services.schedules.PutDay, request)
        return SalonDayWritten(appointment_ids=_appointments(answer.appointment_ids))

    @strawberry.mutation(
        description="Makes a day of a salon of yours as usual.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_day_clear(
        self,
        info: Info,
        input: Annotated[SalonDayClearInput, strawberry.argument(description="The day.")],  # noqa: A002
    ) -> SalonDayClearResult:
        salon_id = decode_id("Salon", input.salon_id, path=("salonId",))
        request = schedule_pb2.ClearDayRequest(salon_id=salon_id, day=input.day.isoformat())
        answer = await call(info.context.services.schedules.ClearDay, request)
        return SalonDayCleared(appointment_ids=_appointments(answer.appointment_ids))

    @strawberry.mutation(
        description="Keeps a master's time for something else; for themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_time_block(
        self,
        info: Info,
        input: Annotated[MasterTimeBlockInput, strawberry.argument(description="The time.")],  # noqa: A002
    ) -> MasterTimeBlockResult:
        request = schedule_pb2.BlockTimeRequest(
            idempotency_key=input.idempotency_key,
            master_id=decode_id("Master", input.master_id, path=("masterId",)),
            starts_at=sent_moment(input.starts_at, "startsAt"),
            ends_at=sent_moment(input.ends_at, "endsAt"),
            reason=input.reason or "",
        )
        return MasterTimeBlocked(block=time_block(await call(info.context.services.schedules.BlockTime, request)))

    @strawberry.mutation(
        description="Gives kept time back; for the master themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_time_block_end(
        self,
        info: Info,
        input: Annotated[MasterTimeBlockEndInput, strawberry.argument(description="The block.")],  # noqa: A002
    ) -> MasterTimeBlockEndResult:
        request = schedule_pb2.EndTimeBlockRequest(id=decode_id("TimeBlock", input.id, path=("id",)))
        await call(info.context.services.schedules.EndTimeBlock, request)
        return MasterTimeBlockEnded(id=input.id)


def _day(day: dt.date, hours: list[HoursInput], reason: str | None) -> schedule_pb2.SpecialDay:
    return schedule_pb2.SpecialDay(day=day.isoformat(), hours=hours_messages(hours), reason=reason or "")


def _appointments(ids: Iterable[str]) -> list[strawberry.ID]:
    return [strawberry.ID(encode_id("Appointment", identifier)) for identifier in ids]
