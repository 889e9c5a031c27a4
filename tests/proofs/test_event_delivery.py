"""From a booking to what its people are told, while brokers go away and consumers come and go: everything, once.

`make test-kafka` runs these on Apache Kafka as well.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from grpc_services.auth.service import auth_service
from grpc_services.booking.service import booking_service
from grpc_services.hotel.service import hotel_service
from grpc_services.notification.service import notification_service
from runtime.database import Database, open_database
from runtime.event_bus import BOOKING_TOPIC, ensure_topics, open_producer
from runtime.identity import Role
from runtime.settings import KafkaSection
from tests.api.client import until
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.grpc_services.notification.events import confirmed
from tests.house import (
    SignedIn,
    auth_settings,
    booking_settings,
    hotel_settings,
    kafka_fields,
    notification_consumer_settings,
    notification_settings,
    register_account,
    relay_settings,
)
from tests.parts import NewBroker, Parts, running_parts
from tests.proofs.figures import Tell
from workers import notification_consumer
from workers.outbox_relay import Relay

OUTAGE_SECONDS, WHOLE_OUTAGE_SECONDS = 4, 60
DRAINED_WITHIN_SECONDS = 60
ROUNDS, ALL_ROUNDS = 1, 8
EVENTS_A_STEP = 40


@dataclass
class EventHouse:
    """Booking and notification over servers that these tests may kill."""

    parts: Parts
    desk: Desk
    notifications: Database
    auth_address: str
    notification_address: str

    @asynccontextmanager
    async def member(self) -> AsyncIterator[None]:
        """One more notification consumer in the group, while the context lasts."""
        settings = notification_consumer_settings(self.parts, self.auth_address, self.notification_address)
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(notification_consumer.serve(settings, stop, on_ready=ready.set))
        try:
            async with asyncio.timeout(120):
                await ready.wait()
            yield
        finally:
            stop.set()
            await serving

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with open_database(
            self.parts.database_url("relay"), pool_size=3, application_name="innkeeper-relay"
        ) as database:
            running = asyncio.create_task(Relay(relay_settings(self.parts), database, watch_seconds=0.5).run(stop))
            try:
                yield
            finally:
                stop.set()
                await running

    async def told(self, guest: SignedIn) -> int:
        """How many notifications are stored for this account."""
        query = "SELECT count(*) FROM notification.notification WHERE account_id = $1"
        async with self.notifications.reading() as connection:
            return int(await connection.fetchval(query, guest.account_id))

    async def told_of(self, guest: SignedIn) -> tuple[int, int, int]:
        """Notifications, events and mails of this account."""
        query = """SELECT count(DISTINCT n.id) AS notifications, count(DISTINCT n.event_id) AS events,
                count(d.id) AS mails
            FROM notification.notification AS n LEFT JOIN notification.delivery AS d ON d.notification_id = n.id
            WHERE n.account_id = $1"""
        async with self.notifications.reading() as connection:
            row = await connection.fetchrow(query, guest.account_id)
        assert row is not None
        return (row["notifications"], row["events"], row["mails"])

    async def waiting(self) -> int:
        query = "SELECT count(*) FROM booking.outbox_event WHERE published_at IS NULL"
        async with self.desk.database.reading() as connection:
            return int(await connection.fetchval(query))


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, new_broker: NewBroker) -> AsyncIterator[EventHouse]:
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(running_parts(tmp_path_factory.mktemp("events"), new_broker))
        auth = (await stack.enter_async_context(auth_service(auth_settings(parts)))).address
        hotel = (await stack.enter_async_context(hotel_service(hotel_settings(parts, auth)))).address
        settings = booking_settings(parts, auth, hotel_address=hotel, payment_address="127.0.0.1:1")
        booking = (await stack.enter_async_context(booking_service(settings))).address
        telling = notification_service(notification_settings(parts, auth))
        notification = (await stack.enter_async_context(telling)).address
        desk = await stack.enter_async_context(open_desk(parts, auth, booking, patient=True))
        database = await stack.enter_async_context(
            open_database(parts.database_url("notification"), pool_size=2, application_name="tests")
        )
        yield EventHouse(parts, desk, database, auth, notification)


async def test_bookings_go_on_while_the_broker_is_away_and_their_news_come_soon_after(
    house: EventHouse, full: bool, tell: Tell
) -> None:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    guest = await register_account(house.auth_address, Role.GUEST)
    hotel = await house.desk.house(owner, Kind(rooms=10_000))
    outage = WHOLE_OUTAGE_SECONDS if full else OUTAGE_SECONDS
    async with house.relay(), house.member():
        await house.desk.booked(hotel, guest)
        await until(lambda: _is(house.told(guest), 1), seconds=60)
        os.kill(house.parts.broker.child.pid, signal.SIGKILL)
        await house.parts.broker.child.wait()
        bookings, back = 1, time.monotonic() + outage
        while time.monotonic() < back or _lag() == 0:
            await house.desk.booked(hotel, guest)  # any refusal ends the test
            bookings += 1
            await asyncio.sleep(0.05)
        assert await house.told(guest) == 1
        await house.parts.broker.start()
        began = time.monotonic()
        await until(lambda: _is(house.told(guest), bookings), seconds=DRAINED_WITHIN_SECONDS)
        drained = time.monotonic() - began
        await until(lambda: _is(house.waiting(), 0), seconds=DRAINED_WITHIN_SECONDS)
        await until(_lag_is_gone, seconds=DRAINED_WITHIN_SECONDS)
    assert await house.told_of(guest) == (bookings, bookings, 0), "a hold is told of, and not mailed"
    tell(outage_seconds=outage, bookings=bookings, notifications=bookings, seconds_to_drain=round(drained))


async def test_members_that_come_and_go_under_load_do_nothing_twice_and_leave_nothing_out(
    house: EventHouse, full: bool, tell: Tell
) -> None:
    """Every event comes twice, as after a relay's death."""
    guest = await register_account(house.auth_address, Role.GUEST)
    settings = KafkaSection.model_validate(kafka_fields(house.parts))
    sent = moves = 0

    async def load(until_done: asyncio.Task[None]) -> None:
        nonlocal sent
        async with open_producer(settings) as producer:
            while not until_done.done():
                if sent % EVENTS_A_STEP == 0:  # never far ahead, for the proof is not about speed
                    await told_at_least(sent - EVENTS_A_STEP)
                event = confirmed(guest.account_id)
                event.aggregate_id = uuid.uuid4().hex
                for _ in range(2):
                    await producer.send_and_wait(
                        BOOKING_TOPIC, value=event.SerializeToString(), key=event.aggregate_id.encode()
                    )
                sent += 1

    async def come_and_go() -> None:
        nonlocal moves
        for _ in range(ALL_ROUNDS if full else ROUNDS):
            async with house.member():
                await some_more(EVENTS_A_STEP)
                if full:
                    async with house.member():
                        await some_more(EVENTS_A_STEP)
                    moves += 2
            await some_more(EVENTS_A_STEP)
            moves += 2

    async def some_more(number: int) -> None:
        await told_at_least(await house.told(guest) + number)

    async def told_at_least(number: int) -> None:
        await until(lambda: _at_least(house.told(guest), number), seconds=60)

    await ensure_topics(settings)
    async with house.member():
        moving = asyncio.create_task(come_and_go())
        await asyncio.gather(moving, load(moving))
        await until(lambda: _is(house.told(guest), sent), seconds=60)
    assert await house.told_of(guest) == (sent, sent, sent)
    tell(comings_and_goings=moves, events=sent, notifications=sent)


def _lag() -> float:
    return REGISTRY.get_sample_value("innkeeper_outbox_lag_seconds", {"schema": "booking"}) or 0.0


async def _lag_is_gone() -> bool:
    return _lag() == 0


async def _is(counted: Awaitable[int], number: int) -> bool:
    return await counted == number


async def _at_least(counted: Awaitable[int], number: int) -> bool:
    return await counted >= number
