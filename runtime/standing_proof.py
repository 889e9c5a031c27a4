"""A service's standing proof as a metric: counted anew from time to time while the service runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import structlog
from prometheus_client import Gauge

from runtime.database import TRANSIENT, Connection, Database
from runtime.waiting import wait_at_most

log = structlog.get_logger()


class Finding(Protocol):
    @property
    def kind(self) -> str: ...


class StandingProof:
    """`find` answers everything that is wrong at one moment. One a service and process."""

    def __init__(self, service: str, find: Callable[[Connection], Awaitable[Sequence[Finding]]]) -> None:
        self._find = find
        self._discrepancies = Gauge(
            f"innkeeper_{service}_discrepancies",
            "What the standing proof found wrong, by kind; NONE is always 0",
            ["kind"],
        )
        self._last_run = Gauge(
            f"innkeeper_{service}_audit_timestamp_seconds", "When the standing proof last ran, Unix time"
        )

    async def count(self, database: Database) -> None:
        async with database.reading() as connection:
            found = Counter(one.kind for one in await self._find(connection))
        self._discrepancies.clear()
        self._discrepancies.labels("NONE").set(0)
        for kind, number in found.items():
            self._discrepancies.labels(kind).set(number)
            log.error("audit.discrepancies", kind=kind, number=number)
        self._last_run.set_to_current_time()

    @asynccontextmanager
    async def counting(self, database: Database, *, every_seconds: float) -> AsyncIterator[None]:
        """Counts in the background while the block runs."""
        stop = asyncio.Event()

        async def keep_counting() -> None:
            while not await wait_at_most(stop, every_seconds):
                try:
                    await self.count(database)
                except TRANSIENT as failure:
                    log.warning("audit.postponed", failure=type(failure).__name__)

        counting = asyncio.create_task(keep_counting())
        try:
            yield
        finally:
            stop.set()
            await counting
