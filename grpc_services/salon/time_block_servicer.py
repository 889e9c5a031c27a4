"""The use cases of time that masters keep for something else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import grpc

from contracts.salon.v1 import schedule_pb2
from grpc_services.salon import (
    change_log,
    editing,
    events,
    master_queries,
    master_time_queries,
    policies,
    salon_queries,
)
from grpc_services.salon.appointment_holds import expire_in_the_way
from grpc_services.salon.errors import SlotUnavailable
from grpc_services.salon.master_time_queries import Taking
from grpc_services.salon.models import idempotency
from runtime.clock import from_timestamp, to_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.field_checks import checked_line
from runtime.idempotency import IdempotencyKeys, check_key
from runtime.identifiers import parse_id
from runtime.identity import Caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
LONGEST_BLOCK = dt.timedelta(days=31)
LONGEST_WINDOW = dt.timedelta(days=366)
FARTHEST = dt.timedelta(days=731)
LONGEST_REASON = 200
_MOST_NAMED = 10
_keys = IdempotencyKeys(idempotency)


class TimeBlockMethods:
    """A part of ScheduleServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def BlockTime(self, request: schedule_pb2.BlockTimeRequest, context: Context) -> schedule_pb2.TimeBlock:
        caller = require_account()
        check_key(request.idempotency_key)
        starts_at, ends_at = _span(request, self._now())
        reason = checked_line(request.reason, ("reason",), longest=LONGEST_REASON)
        await expire_in_the_way(self._database, [parse_id(request.master_id, path=("masterId",))], starts_at, ends_at)
        key = {"principal": str(caller.account_id), "operation": "BlockTime", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await _keys.claim(connection, **key, request=request, answer=schedule_pb2.TimeBlock)
            if earlier is not None:
                return earlier
            salon, master = await editing.lock_master(connection, caller, request.master_id, by_themselves=True)
            await master_time_queries.lock_masters(connection, [master["id"]])
            await _check_free(connection, master["id"], starts_at, ends_at)
            taking = Taking(master["id"], starts_at, ends_at, reason=reason)
            (block_id,) = await master_time_queries.take_time(connection, [taking], path=("startsAt",))
            block = _block(block_id, master["id"], starts_at, ends_at, reason)
            await _keys.store(connection, **key, answer=block)
            await _record(connection, master, before=None, after=block)
            await events.publish_salon_changed(connection, salon, master["id"])
        return block

    async def EndTimeBlock(
        self, request: schedule_pb2.EndTimeBlockRequest, context: Context
    ) -> schedule_pb2.EndTimeBlockResponse:
        caller = require_account()
        block_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            row = await master_time_queries.get_block(connection, block_id)
            if row is None:
                raise editing.missing("time block", ("id",))
            salon, master = await editing.lock_master(
                connection, caller, str(row["master_id"]), path=("id",), by_themselves=True
            )
            await master_time_queries.release_block(connection, block_id)
            block = _block(block_id, master["id"], row["starts_at"], row["ends_at"], row["reason"])
            await _record(connection, master, before=block, after=None)
            await events.publish_salon_changed(connection, salon, master["id"])
        return schedule_pb2.EndTimeBlockResponse()

    async def ListTimeBlocks(
        self, request: schedule_pb2.ListTimeBlocksRequest, context: Context
    ) -> schedule_pb2.ListTimeBlocksResponse:
        """Its hotelier sees those of all masters, a master their own."""
        caller = require_account()
        salon_id = parse_id(request.salon_id, path=("salonId",))
        master_id = parse_id(request.master_id, path=("masterId",)) if request.master_id else None
        begin, end = from_timestamp(getattr(request, "from")), from_timestamp(request.to)
        if not dt.timedelta() < end - begin <= LONGEST_WINDOW:
            raise InvalidInput(f"Ask for at most {LONGEST_WINDOW.days} days, from before to.", path=("to",))
        async with self._database.reading() as connection:
            masters = await _shown_masters(connection, caller, salon_id, master_id)
            rows = await master_time_queries.blocks_between(connection, masters, begin, end)
        return schedule_pb2.ListTimeBlocksResponse(
            blocks=[
                _block(row["id"], row["master_id"], row["starts_at"], row["ends_at"], row["reason"]) for row in rows
            ]
        )


async def _check_free(
    connection: Connection, master_id: uuid.UUID, starts_at: dt.datetime, ends_at: dt.datetime
) -> None:
    """Raises SlotUnavailable that names the appointments which stand there."""
    taken = await master_time_queries.taken_between(connection, [master_id], starts_at, ends_at)
    standing = dict.fromkeys(str(row["appointment_id"]) for row in taken if row["appointment_id"])
    if standing:
        named = ",".join(list(standing)[:_MOST_NAMED])
        raise SlotUnavailable("An appointment stands there.", path=("startsAt",), details={"appointments": named})


async def _shown_masters(
    connection: Connection, caller: Caller, salon_id: uuid.UUID, master_id: uuid.UUID | None
) -> list[uuid.UUID]:
    salon = await salon_queries.get_salon(connection, salon_id)
    masters = await master_queries.of_salons(connection, [salon_id])
    every = salon is not None and policies.edits_salon(caller, salon)
    shown = [master["id"] for master in masters if every or policies.is_master(caller, master)]
    if not every and not shown:
        raise editing.missing("salon", ("salonId",))
    if master_id is None:
        return shown
    if master_id not in shown:
        raise editing.missing("master", ("masterId",))
    return [master_id]


def _span(request: schedule_pb2.BlockTimeRequest, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    starts_at, ends_at = from_timestamp(request.starts_at), from_timestamp(request.ends_at)
    if ends_at <= starts_at:
        raise InvalidInput("This is not later than the start.", path=("endsAt",))
    if ends_at - starts_at > LONGEST_BLOCK:
        raise InvalidInput(f"At most {LONGEST_BLOCK.days} days are blocked at once.", path=("endsAt",))
    if ends_at <= now:
        raise InvalidInput("This time is over.", path=("endsAt",))
    if starts_at > now + FARTHEST:
        raise InvalidInput(f"Time is blocked at most {FARTHEST.days} days ahead.", path=("startsAt",))
    return starts_at, ends_at


def _block(
    block_id: uuid.UUID, master_id: uuid.UUID, starts_at: dt.datetime, ends_at: dt.datetime, reason: str
) -> schedule_pb2.TimeBlock:
    return schedule_pb2.TimeBlock(
        id=str(block_id),
        master_id=str(master_id),
        starts_at=to_timestamp(starts_at),
        ends_at=to_timestamp(ends_at),
        reason=reason,
    )


async def _record(
    connection: Connection,
    master: Record,
    *,
    before: schedule_pb2.TimeBlock | None,
    after: schedule_pb2.TimeBlock | None,
) -> None:
    await change_log.record_change(
        connection,
        master["salon_id"],
        "Schedule",
        master["id"],
        "updated",
        before={"time_block": _written(before)},
        after={"time_block": _written(after)},
    )


def _written(block: schedule_pb2.TimeBlock | None) -> dict[str, str] | None:
    if block is None:
        return None
    return {
        "starts_at": from_timestamp(block.starts_at).isoformat(),
        "ends_at": from_timestamp(block.ends_at).isoformat(),
        "reason": block.reason,
    }
