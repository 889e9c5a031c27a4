"""The standing proof as a metric: counted anew from time to time while the service runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Gauge

from grpc_services.booking.audit import find_discrepancies
from runtime.database import TRANSIENT, Database
from runtime.waiting import wait_at_most

log = structlog.get_logger()

DISCREPANCIES = Gauge(
    "innkeeper_booking_discrepancies", "What the standing proof found wrong, by kind; NONE is always 0", ["kind"]
)
LAST_RUN = Gauge("innkeeper_booking_audit_timestamp_seconds", "When the standing proof last ran, Unix time")


async def count_discrepancies(database: Database) -> None:
    async with database.reading() as connection:
        found = Counter(one.kind for one in await find_discrepancies(connection))
    DISCREPANCIES.clear()
    DISCREPANCIES.labels("NONE").set(0)
    for kind, number in found.items():
        DISCREPANCIES.labels(kind).set(number)
        log.error("audit.discrepancies", kind=kind, number=number)
    LAST_RUN.set_to_current_time()


@asynccontextmanager
async def counting_discrepancies(database: Database, *, every_seconds: float) -> AsyncIterator[None]:
    """Counts in the background while the block runs."""
    stop = asyncio.Event()

    async def count() -> None:
        while not await wait_at_most(stop, every_seconds):
            try:
                await count_discrepancies(database)
            except TRANSIENT as failure:
                log.warning("audit.postponed", failure=type(failure).__name__)

    counting = asyncio.create_task(count())
    try:
        yield
    finally:
        stop.set()
        await counting
