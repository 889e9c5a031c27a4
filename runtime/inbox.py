"""The reading side of what others tell us: stored before it is answered, worked off later, each to one end.

The counterpart of the outbox. Its table is the truth of what is undone; whatever wakes the work may be lost.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Float, Integer, Table, bindparam, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from runtime.database import Connection, Record, Statement
from runtime.request_context import request_id

PARKED = "PARKED"  # the outcome of what a person must look at
_LONGEST_WAIT_SECONDS = 3600.0  # between two tries of what fails over and over
_MOST_DOUBLINGS = 20
_BEFORE_ALL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Figures(NamedTuple):
    oldest_seconds: float  # age of the oldest event that is not settled; 0 when there is none
    unsettled: int
    parked: dict[str, int]  # by reason


class Inbox:
    def __init__(self, table: Table) -> None:
        own = (table.c.source == bindparam("of_source"), table.c.event_id == bindparam("of_event"))
        undone = table.c.settled_at.is_(None)
        self._store = Statement(
            insert(table)
            .values(
                source=bindparam("source"),
                event_id=bindparam("event_id"),
                payload=bindparam("payload"),
                request_id=bindparam("request_id"),
                outcome="",
                reason="",
                tries=0,
                failures=0,
            )
            .on_conflict_do_nothing()
        )
        self._begin = Statement(
            update(table).where(*own).values(tries=table.c.tries + 1, tried_at=func.now()).returning(table)
        )
        self._fail = Statement(update(table).where(*own, undone).values(failures=table.c.failures + 1))
        self._finish = Statement(
            update(table)
            .where(*own, undone)
            .values(settled_at=func.now(), outcome=bindparam("to_outcome"), reason=bindparam("to_reason"))
        )
        self._reopen = Statement(
            update(table)
            .where(*own, table.c.outcome == PARKED)
            .values(settled_at=None, outcome="", reason="", failures=0)
        )
        wait = func.least(
            bindparam("seconds", type_=Float) * func.power(2.0, func.least(table.c.failures, _MOST_DOUBLINGS)),
            _LONGEST_WAIT_SECONDS,
        )
        self._undone = Statement(
            select(table.c.source, table.c.event_id)
            .where(
                undone,
                func.coalesce(table.c.tried_at, table.c.received_at)
                <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, wait),
            )
            .order_by(table.c.received_at)
            .limit(bindparam("limit", type_=Integer))
        )
        self._parked = Statement(
            select(table)
            .where(
                table.c.outcome == literal_column(f"'{PARKED}'"),  # written out, as in the index it uses
                tuple_(table.c.settled_at, table.c.event_id) > tuple_(bindparam("after_at"), bindparam("after_event")),
            )
            .order_by(table.c.settled_at, table.c.event_id)
            .limit(bindparam("limit", type_=Integer))
        )
        self._age = Statement(
            select(
                func.coalesce(func.extract("epoch", func.now() - func.min(table.c.received_at)), 0)
                .cast(Float)
                .label("oldest"),
                func.count().label("number"),
            ).where(undone)
        )
        self._parked_by_reason = Statement(
            select(table.c.reason, func.count().label("number"))
            .where(table.c.outcome == literal_column(f"'{PARKED}'"))
            .group_by(table.c.reason)
        )

    async def store(self, connection: Connection, source: str, event_id: str, payload: bytes) -> bool:
        """True when it was not known before."""
        return bool(
            await self._store.execute(
                connection, source=source, event_id=event_id, payload=payload, request_id=request_id()
            )
        )

    async def begin(self, connection: Connection, source: str, event_id: str) -> Record | None:
        """Counts a try and answers the event; None when there is no such event."""
        return await self._begin.fetch_row(connection, of_source=source, of_event=event_id)

    async def finish(
        self, connection: Connection, source: str, event_id: str, outcome: str, *, reason: str = ""
    ) -> bool:
        """True when it was not finished before."""
        return bool(
            await self._finish.execute(
                connection, of_source=source, of_event=event_id, to_outcome=outcome, to_reason=reason
            )
        )

    async def count_failure(self, connection: Connection, source: str, event_id: str) -> None:
        """A try failed for a cause that does not pass by itself."""
        await self._fail.execute(connection, of_source=source, of_event=event_id)

    async def reopen(self, connection: Connection, source: str, event_id: str) -> bool:
        """A parked event becomes undone again; False when it is not parked."""
        return bool(await self._reopen.execute(connection, of_source=source, of_event=event_id))

    async def undone(self, connection: Connection, *, older_than_seconds: int, limit: int) -> list[Record]:
        """(source, event_id) of what is neither settled nor was tried for so long, oldest first. Each failure
        doubles the time until an event is listed again, up to an hour."""
        return await self._undone.fetch(connection, seconds=float(older_than_seconds), limit=limit)

    async def parked(
        self, connection: Connection, *, after: tuple[dt.datetime, str] | None = None, limit: int
    ) -> list[Record]:
        """Those that were parked longest ago first. `after` is the (settled_at, event_id) of the last one seen."""
        at, event_id = after or (_BEFORE_ALL, "")
        return await self._parked.fetch(connection, after_at=at, after_event=event_id, limit=limit)

    async def figures(self, connection: Connection) -> Figures:
        age = await self._age.fetch_one(connection)
        by_reason = await self._parked_by_reason.fetch(connection)
        return Figures(age["oldest"], age["number"], {row["reason"]: row["number"] for row in by_reason})
