"""The worker is killed, Redis goes away and forgets everything, in the middle of a load of paid bookings: each of them
is confirmed, once, within a minute after calm. Nothing but PostgreSQL's inbox knows what is undone."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio as redis
from pydantic import SecretStr

from contracts.booking.v1 import booking_pb2
from runtime.job_queue import JobQueue, open_job_queue
from runtime.settings import RedisSection, plain_environment
from runtime.waiting import cancel_until_done
from stack.embedded.valkey import EmbeddedValkey
from tests.architecture.source_tree import ROOT
from tests.grpc_services.booking.desk import CONFIRMED, PROVIDER, Desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SERVICE_CLIENTS, SignedIn
from tests.parts import PASSWORD, free_port
from tests.proofs.figures import Tell

BOOKINGS, ALL_BOOKINGS = 24, 240
AWAY_SECONDS, FULL_AWAY_SECONDS = 2.0, 60.0
LOST_WEBHOOKS = 4  # one in so many is never told: the poller finds the payment
DRAINED_WITHIN_SECONDS = 60.0


class Worker:
    """A worker process; whenever it ends somebody starts it again, as `make up` and containers do."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._process: asyncio.subprocess.Process | None = None

    async def keep_running(self) -> None:
        while True:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "workers.arq_worker"),
                    env=self._environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=asyncio.subprocess.STDOUT,
                )
            try:
                await self._process.wait()
            finally:
                self.kill()
                await self._process.wait()

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    """Of its own: it is stopped and emptied."""
    server = EmbeddedValkey(tmp_path, free_port(), PASSWORD, log_file=tmp_path / "valkey.log")
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def running_worker(
    valkey: EmbeddedValkey, auth_address: str, booking_address: str, log: Path, stuck_seconds: int
) -> AsyncIterator[Worker]:
    own = {
        "ENVIRONMENT": "test",
        "AUTH_ADDRESS": auth_address,
        "BOOKING_ADDRESS": booking_address,
        "SALON_ADDRESS": f"127.0.0.1:{free_port()}",
        "NOTIFICATION_ADDRESS": f"127.0.0.1:{free_port()}",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(free_port()),
        "SERVICE_CLIENT_ID": "arq-worker",
        "SERVICE_CLIENT_SECRET": SERVICE_CLIENTS["arq-worker"],
        "PAYMENT_STUCK_SECONDS": str(stuck_seconds),
    }
    environment = {
        **plain_environment(),
        "PATH": os.defpath,
        "REDIS_URL": valkey.url,
        **{f"INNKEEPER_{name}": value for name, value in own.items()},
    }
    worker = Worker(environment, log)
    running = asyncio.create_task(worker.keep_running())
    try:
        yield worker
    finally:
        await cancel_until_done(running, patience_seconds=5)


async def empty(valkey: EmbeddedValkey) -> None:
    async with redis.Redis.from_url(valkey.url) as client:
        await client.flushall()


async def make_due(desk: Desk, bookings: list[booking_pb2.Booking]) -> None:
    """As if the sweeper's and the poller's waits had passed."""
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.inbox_event SET received_at = received_at - interval '31 seconds',"
            " tried_at = tried_at - interval '31 seconds' WHERE settled_at IS NULL"
        )
        await connection.execute(
            "UPDATE booking.open_payment SET opened_at = opened_at - interval '1 minute' WHERE payment_id = ANY ($1)",
            [booking.payment.id for booking in bookings],
        )


async def test_nothing_is_lost_or_doubled_when_worker_and_redis_die(
    desk: Desk,
    payments: Payments,
    owner: SignedIn,
    guests: list[SignedIn],
    valkey: EmbeddedValkey,
    auth_address: str,
    booking_address: str,
    tmp_path: Path,
    full: bool,
    tell: Tell,
) -> None:
    number = ALL_BOOKINGS if full else BOOKINGS
    house = await desk.house(owner, Kind(rooms=number))
    paid = []
    for _ in range(number):
        booking = await desk.start_payment(await desk.booked(house, guests[0]), guests[0].token)
        await payments.pay(booking)
        paid.append(booking)
    section = RedisSection.model_validate({"REDIS_URL": SecretStr(valkey.url)})
    async with (
        running_worker(valkey, auth_address, booking_address, tmp_path / "worker.log", 30) as worker,
        open_job_queue(section) as jobs,
    ):
        quarter = number // 4
        await hear(desk, jobs, paid[:quarter])
        worker.kill()  # with jobs under way
        await hear(desk, jobs, paid[quarter : 2 * quarter])
        await empty(valkey)
        await hear(desk, jobs, paid[2 * quarter : 3 * quarter])
        await valkey.stop()
        away = asyncio.create_task(asyncio.sleep(FULL_AWAY_SECONDS if full else AWAY_SECONDS))
        await hear(desk, jobs, paid[3 * quarter :])
        await away
        await valkey.start()
        await empty(valkey)
        calm = time.monotonic()
        if not full:
            await make_due(desk, paid)
        async with asyncio.timeout(DRAINED_WITHIN_SECONDS * 3):
            while {(await desk.get(booking)).state for booking in paid} != {CONFIRMED}:
                await asyncio.sleep(0.2)
        drained = time.monotonic() - calm
    for booking in paid:
        now = await desk.get(booking)
        assert (now.paid, now.refunded.minor_units) == (booking.total, 0)
        assert (await desk.timeline(booking)).count("BookingConfirmed") == 1
        assert (await desk.told(booking)).count("BookingConfirmed") == 1
        assert await payments.refunds(booking.payment.id) == []
    tell(paid=number, lost_webhooks=number // LOST_WEBHOOKS, lost=0, doubled=0, drained_seconds=round(drained))
    assert drained < DRAINED_WITHIN_SECONDS or not full


async def hear(desk: Desk, jobs: JobQueue, bookings: list[booking_pb2.Booking]) -> None:
    """Webhooks as the gateway takes them: stored, then enqueued if Redis is there. Some never come."""
    for position, booking in enumerate(bookings):
        if position % LOST_WEBHOOKS:
            event_id = await desk.receive(webhook(booking.payment.id))
            await jobs.settle_payment_event("booking", PROVIDER, event_id, "chaos")
