"""Delivers what the ledger has left to tell: at least once, in order for each payment, from any number of processes.

A deliverer claims rows for a while and holds no lock while it waits for the receiver. If it dies in between,
the claim lapses and the same webhook goes out again under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Callable

import structlog

from grpc_services.payment import webhook_queries
from grpc_services.payment.webhook_schedule import delay_after, is_delivered, is_unwanted
from grpc_services.payment.webhook_sender import TIMEOUT_SECONDS, Answer, Sender
from runtime.database import Database, Record

log = structlog.get_logger()
POLL_SECONDS = 1.0
LEASE = dt.timedelta(seconds=3 * TIMEOUT_SECONDS)
_AT_ONCE = 16
_random = random.SystemRandom()


class WebhookDeliverer:
    def __init__(
        self,
        database: Database,
        sender: Sender,
        clock: Callable[[], dt.datetime],
        *,
        jitter: Callable[[], float] = _random.random,
        grace_seconds: float = 3.0,
    ) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._jitter = jitter
        self._grace_seconds = grace_seconds
        self._claim = uuid.uuid4()
        self._wake = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There is something new: look now and not at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        """Runs until cancelled; then what is on its way gets a moment to arrive and to be marked."""
        try:
            while True:
                await self._start_what_is_due()
                # not wait_for, which may swallow a cancellation that meets a wake-up
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
        finally:
            await self._let_arrive()

    async def _start_what_is_due(self) -> None:
        self._wake.clear()
        free = _AT_ONCE - len(self._in_flight)
        if free <= 0:
            return
        now = self._clock()
        try:
            async with self._database.transaction() as connection:
                rows = await webhook_queries.CLAIM_DUE.fetch(
                    connection, now=now, limit=free, new_claim=self._claim, until=now + LEASE
                )
        except Exception as failure:  # the database may be away for a while
            log.warning("webhooks.not_claimed", kind=type(failure).__name__)
            return
        for row in rows:
            task = asyncio.create_task(self._deliver(row))
            self._in_flight.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.warning("webhook.not_marked", kind=type(failure).__name__)
        self._wake.set()

    async def _deliver(self, row: Record) -> None:
        answer = await self._sender.send(str(row["id"]), row["body"])
        await self._mark(row, answer)

    async def _mark(self, row: Record, answer: Answer) -> None:
        """Whoever lost the claim meanwhile only logs the attempt; the new holder decides what comes next."""
        now = self._clock()
        held = {"delivery_id": row["id"], "held_claim": self._claim}
        attempts = row["attempts"] + 1
        delay = None if is_unwanted(answer.status_code) else delay_after(attempts, self._jitter())
        async with self._database.transaction() as connection:
            await webhook_queries.INSERT_ATTEMPT.execute(
                connection,
                delivery_id=row["id"],
                status_code=answer.status_code,
                failure=answer.failure,
                duration_ms=answer.duration_ms,
                at=now,
            )
            if is_delivered(answer.status_code):
                outcome = "delivered"
                await webhook_queries.FINISH_DELIVERY.execute(connection, **held, state_now="DELIVERED", now=now)
            elif delay is None:
                outcome = "gave_up"
                await webhook_queries.FINISH_DELIVERY.execute(connection, **held, state_now="GAVE_UP", now=now)
            else:
                outcome = "postponed"
                await webhook_queries.POSTPONE_DELIVERY.execute(connection, **held, again_at=now + delay)
        log.info(
            f"webhook.{outcome}",
            webhook_id=str(row["id"]),
            payment_id=str(row["payment_id"]),
            type=row["type"],
            attempts=attempts,
            status_code=answer.status_code,
            failure=answer.failure,
        )

    async def _let_arrive(self) -> None:
        if self._in_flight:
            _, late = await asyncio.wait(self._in_flight, timeout=self._grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
