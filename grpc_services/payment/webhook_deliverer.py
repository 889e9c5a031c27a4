"""Delivers what payments have left to tell: at least once, in an order not promised, from any number of processes.

A deliverer claims rows for a while and holds no lock while it waits for the receiver. If it dies in between,
the claim lapses and the same webhook goes out again under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Callable, Sequence

import structlog

from grpc_services.payment import webhook_queries
from grpc_services.payment.faults import WebhookFault
from grpc_services.payment.webhook_schedule import delay_after, is_delivered, is_unwanted
from grpc_services.payment.webhook_sender import TIMEOUT_SECONDS, Answer, Sender
from runtime.database import Connection, Database, Record

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
                    connection, now=now, limit=free, new_claim=self._claim, until=now + LEASE, url=self._sender.url
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
        is_first = row["attempts"] == 0
        corrupted = is_first and row["fault"] == WebhookFault.CORRUPT
        times = 2 if is_first and row["fault"] == WebhookFault.DUPLICATE else 1
        sent = (self._sender.send(str(row["id"]), row["body"], corrupted=corrupted) for _ in range(times))
        answers = await asyncio.gather(*sent)
        await self._mark(row, answers, is_delivered=is_delivered(answers[0].status_code) and not corrupted)

    async def _mark(self, row: Record, answers: Sequence[Answer], *, is_delivered: bool) -> None:
        """Whoever lost the claim meanwhile only logs the attempts; the new holder decides what comes next."""
        now, answer = self._clock(), answers[0]
        held = {"delivery_id": row["id"], "held_claim": self._claim}
        attempts = row["attempts"] + 1
        delay = dt.timedelta() if is_unwanted(answer.status_code) else delay_after(attempts, self._jitter())
        async with self._database.transaction() as connection:
            for one in answers:
                await webhook_queries.INSERT_ATTEMPT.execute(
                    connection,
                    delivery_id=row["id"],
                    status_code=one.status_code,
                    failure=one.failure,
                    duration_ms=one.duration_ms,
                    at=now,
                )
            if is_delivered:
                outcome = "delivered"
                await webhook_queries.FINISH_DELIVERY.execute(connection, **held, state_now="DELIVERED", now=now)
            elif delay is None:
                outcome = "gave_up"
                await webhook_queries.FINISH_DELIVERY.execute(connection, **held, state_now="GAVE_UP", now=now)
            else:
                outcome = "postponed"
                is_ours = await webhook_queries.POSTPONE_DELIVERY.execute(connection, **held, again_at=now + delay)
                if is_ours and is_unwanted(answer.status_code):
                    await self._disable(connection, now)
        log.info(
            f"webhook.{outcome}",
            webhook_id=str(row["id"]),
            payment_id=str(row["payment_id"]),
            type=row["type"],
            attempts=attempts,
            status_code=answer.status_code,
            failure=answer.failure,
        )

    async def _disable(self, connection: Connection, now: dt.datetime) -> None:
        """Whoever is gone is told nothing more until an operator enables the endpoint; nothing is given up."""
        if await webhook_queries.DISABLE_ENDPOINT.execute(connection, at_url=self._sender.url, now=now):
            log.error("webhook.endpoint_disabled", status_code=410)

    async def _let_arrive(self) -> None:
        if self._in_flight:
            _, late = await asyncio.wait(self._in_flight, timeout=self._grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
