"""Captures payments that their bank approved earlier, when their time has come."""

from __future__ import annotations

import asyncio

import structlog

from grpc_services.payment import queries
from grpc_services.payment.ledger import Ledger, read_payment

log = structlog.get_logger()
POLL_SECONDS = 0.5
_BATCH = 50


async def capture_when_due(ledger: Ledger) -> None:
    """Runs until cancelled. What is due stands in the database, so a restart forgets nothing."""
    while True:
        try:
            captured = await capture_due(ledger)
        except Exception as failure:  # the database may be away for a while
            log.warning("late_capture.failed", kind=type(failure).__name__)
            captured = 0
        if captured < _BATCH:
            await asyncio.sleep(POLL_SECONDS)


async def capture_due(ledger: Ledger) -> int:
    async with ledger.change() as change:
        rows = await queries.LOCK_DUE_CAPTURES.fetch(change.connection, now=change.now, limit=_BATCH)
        for row in rows:
            await change.capture(read_payment(row))
    return len(rows)
