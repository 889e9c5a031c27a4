"""The statements of masters' taken time: the one place that writes `master_time`.

Whoever takes time locks its masters first. The exclusion constraint alone would refuse overlaps too, but writers
that wait for each other's rows in different orders deadlock; the locks are taken in one order by everybody.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, delete, func, insert, select, text

from grpc_services.salon.appointment_models import MasterTime
from grpc_services.salon.errors import SlotUnavailable
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

_time = table_of(MasterTime)

_moment = DateTime(timezone=True)
_between = func.tstzrange(bindparam("starts_at", type_=_moment), bindparam("ends_at", type_=_moment))
_starts_at = func.lower(_time.c.during, type_=_moment).label("starts_at")
_ends_at = func.upper(_time.c.during, type_=_moment).label("ends_at")
_COLUMNS = (
    _time.c.id,
    _time.c.master_id,
    _time.c.appointment_id,
    _time.c.position,
    _time.c.reason,
    _starts_at,
    _ends_at,
)

# DISTINCT and ORDER BY stand in a subquery that PostgreSQL does not flatten: the locks are taken in its order.
_LOCK = Statement(
    text(
        """
        SELECT pg_advisory_xact_lock(key)
        FROM (SELECT DISTINCT hashtextextended('master:' || id, 0) AS key
              FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY key) AS keys
        """
    )
)
_TAKE = Statement(
    insert(_time).values(
        id=bindparam("id"),
        master_id=bindparam("master_id"),
        during=_between,
        appointment_id=bindparam("appointment_id"),
        position=bindparam("position"),
        reason=bindparam("reason"),
    )
)
_RELEASE = Statement(
    delete(_time).where(_time.c.appointment_id == any_(bindparam("appointment_ids", type_=ARRAY(Uuid))))
)
_RELEASE_BLOCK = Statement(delete(_time).where(_time.c.id == bindparam("id"), _time.c.appointment_id.is_(None)))
_GET_BLOCK = Statement(select(*_COLUMNS).where(_time.c.id == bindparam("id"), _time.c.appointment_id.is_(None)))
_TAKEN = Statement(
    select(*_COLUMNS)
    .where(
        _time.c.master_id == any_(bindparam("master_ids", type_=ARRAY(Uuid))),
        _time.c.during.op("&&", is_comparison=True)(_between),
    )
    .order_by(_time.c.master_id, _starts_at)
)
_BLOCKS = Statement(
    select(*_COLUMNS)
    .where(
        _time.c.master_id == any_(bindparam("master_ids", type_=ARRAY(Uuid))),
        _time.c.appointment_id.is_(None),
        _time.c.during.op("&&", is_comparison=True)(_between),
    )
    .order_by(_starts_at, _time.c.id)
)


@dataclass(frozen=True, slots=True)
class Taking:
    """Half-open time of a master, buffers included; of an appointment's service, or a block with its reason."""

    master_id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    appointment_id: uuid.UUID | None = None
    position: int | None = None
    reason: str = ""


async def lock_masters(connection: Connection, ids: Collection[uuid.UUID]) -> None:
    """Until the transaction ends nobody else takes these masters' time; call it once, with all of them. Archiving a
    master or a salon takes the same locks, so whether they are archived is read (again) after this."""
    await _LOCK.fetch(connection, ids=list(ids))


async def take_time(connection: Connection, takings: Sequence[Taking], *, path: Sequence[str] = ()) -> list[uuid.UUID]:
    """Takes all of it and answers the rows' ids; the masters are locked already. Raises SlotUnavailable when any of
    it is taken, after which the transaction can only be rolled back."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "master_id": taking.master_id,
            "starts_at": taking.starts_at,
            "ends_at": taking.ends_at,
            "appointment_id": taking.appointment_id,
            "position": taking.position,
            "reason": taking.reason,
        }
        for taking in takings
    ]
    try:
        await _TAKE.execute_many(connection, rows)
    except asyncpg.ExclusionViolationError:
        raise SlotUnavailable("This time is taken.", path=path) from None
    return [row["id"] for row in rows]


async def release_appointments(connection: Connection, appointment_ids: Collection[uuid.UUID]) -> None:
    """Frees all time that these appointments take."""
    await _RELEASE.execute(connection, appointment_ids=list(appointment_ids))


async def release_block(connection: Connection, block_id: uuid.UUID) -> None:
    await _RELEASE_BLOCK.execute(connection, id=block_id)


async def get_block(connection: Connection, block_id: uuid.UUID) -> Record | None:
    return await _GET_BLOCK.fetch_row(connection, id=block_id)


async def taken_between(
    connection: Connection, master_ids: Collection[uuid.UUID], starts_at: dt.datetime, ends_at: dt.datetime
) -> list[Record]:
    """What is taken of these masters' time within or across the span, by master and start; rows have `starts_at`
    and `ends_at`, buffers included."""
    return await _TAKEN.fetch(connection, master_ids=list(master_ids), starts_at=starts_at, ends_at=ends_at)


async def blocks_between(
    connection: Connection, master_ids: Collection[uuid.UUID], starts_at: dt.datetime, ends_at: dt.datetime
) -> list[Record]:
    """As `taken_between`, of blocks only, by start."""
    return await _BLOCKS.fetch(connection, master_ids=list(master_ids), starts_at=starts_at, ends_at=ends_at)
