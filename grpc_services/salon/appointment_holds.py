"""Overdue holds: released by the sweeper, or in passing by whoever needs their masters' time.

The database's clock decides what is overdue. Each release is a transaction of its own, so that a booker never waits
for masters while holding others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import master_time_queries
from grpc_services.salon.appointment_rules import State
from runtime.database import Connection, Database, Record
from runtime.identity import Role


async def expire_overdue(database: Database, limit: int) -> list[uuid.UUID]:
    """Releases at most `limit` overdue holds; several sweepers share the work."""
    released: list[uuid.UUID] = []
    while len(released) < limit:
        async with database.transaction() as connection:
            row = await queries.lock_an_overdue_hold(connection)
            if row is None:
                break
            await _expire(connection, row)
        released.append(row["id"])
    return released


async def expire_in_the_way(
    database: Database, master_ids: Sequence[uuid.UUID], begin: dt.datetime, end: dt.datetime
) -> bool:
    """Releases the overdue holds that keep these masters' time; False when there were none. One that somebody else
    is releasing at this moment is waited for, so that its time is free afterwards."""
    async with database.reading() as connection:
        overdue = await queries.overdue_holds_of(connection, master_ids, begin, end)
    for appointment_id in overdue:
        async with database.transaction() as connection:
            row = await queries.lock_appointment(connection, appointment_id)
            if row is not None and row["overdue"]:
                await _expire(connection, row)
    return bool(overdue)


async def _expire(connection: Connection, row: Record) -> None:
    """The row is locked and overdue by the database's clock."""
    expired = await queries.save(connection, row, State.EXPIRED)
    await master_time_queries.release_appointments(connection, [row["id"]])
    await timeline_queries.write_timeline(
        connection,
        expired,
        kind="AppointmentExpired",
        actor=Role.SYSTEM,
        summary="The hold ran out before it was paid.",
    )
    await events.publish_expired(connection, expired)
