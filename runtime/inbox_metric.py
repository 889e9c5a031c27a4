"""A service's inbox as metrics: how long the oldest event waits, and how many a person must look at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Gauge

from runtime.database import TRANSIENT, Database
from runtime.inbox import Inbox
from runtime.waiting import wait_at_most

log = structlog.get_logger()

_OLDEST = Gauge("innkeeper_inbox_oldest_seconds", "Age of the oldest unsettled event of an inbox", ["service"])
_UNSETTLED = Gauge("innkeeper_inbox_unsettled", "Events of an inbox that nobody has settled", ["service"])
_PARKED = Gauge("innkeeper_inbox_parked", "Events of an inbox that a person must look at", ["service", "reason"])


async def count_inbox(service: str, inbox: Inbox, database: Database) -> None:
    async with database.reading() as connection:
        figures = await inbox.figures(connection)
    _OLDEST.labels(service).set(figures.oldest_seconds)
    _UNSETTLED.labels(service).set(figures.unsettled)
    _PARKED.remove_by_labels({"service": service})
    for reason, number in {"NONE": 0, **figures.parked}.items():
        _PARKED.labels(service, reason).set(number)


@asynccontextmanager
async def counting_inbox(
    service: str, inbox: Inbox, database: Database, *, every_seconds: float = 10.0
) -> AsyncIterator[None]:
    """Counts in the background while the block runs."""
    stop = asyncio.Event()

    async def keep_counting() -> None:
        while not await wait_at_most(stop, every_seconds):
            try:
                await count_inbox(service, inbox, database)
            except TRANSIENT as failure:
                log.warning("inbox.not_counted", failure=type(failure).__name__)

    counting = asyncio.create_task(keep_counting())
    try:
        yield
    finally:
        stop.set()
        await counting
