"""Events reach the broker in order and at least once, whatever dies in between."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.events.v1 import events_pb2
from grpc_services.booking.models import outbox as outbox_rows
from runtime.database import Database, open_database
from runtime.event_bus import BOOKING_TOPIC, PARTITIONS, ensure_topics
from runtime.outbox import Outbox
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess
from tests.house import relay_settings
from tests.parts import NewBroker, Parts, running_parts
from workers import outbox_relay

_outbox = Outbox(outbox_rows, BOOKING_TOPIC)


@pytest.fixture(scope="module")
async def own_parts(tmp_path_factory: pytest.TempPathFactory, new_broker: NewBroker) -> AsyncIterator[Parts]:
    """Servers of their own, because these tests stop the broker."""
    async with running_parts(tmp_path_factory.mktemp("relay"), new_broker) as running:
        yield running


@pytest.fixture(scope="module")
async def bookings(own_parts: Parts) -> AsyncIterator[Database]:
    async with open_database(own_parts.database_url("booking"), pool_size=10, application_name="tests") as database:
        yield database


@asynccontextmanager
async def relays(parts: Parts, number: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = [asyncio.create_task(outbox_relay.serve(relay_settings(parts), stop)) for _ in range(number)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running)


async def publish(database: Database, aggregate: str, version: int = 1) -> str:
    async with database.transaction() as connection:
        event = events_pb2.RoomTypeSellable(room_type_id=aggregate, hotel_id="")
        return await _outbox.publish(connection, event, aggregate_id=aggregate, aggregate_version=version)


@asynccontextmanager
async def reading(parts: Parts, *, from_beginning: bool = True) -> AsyncIterator[AIOKafkaConsumer]:
    await ensure_topics(relay_settings(parts))
    consumer = AIOKafkaConsumer(bootstrap_servers=parts.kafka_bootstrap_servers, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        partitions = [TopicPartition(BOOKING_TOPIC, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
            for partition in partitions:
                await consumer.position(partition)
        yield consumer
    finally:
        await consumer.stop()


async def take(
    consumer: AIOKafkaConsumer, wanted: Sequence[str], *, seconds: float = 60.0, settle: float = 0.0
) -> list[events_pb2.Envelope]:
    """Reads until every wanted event has come, and for `settle` seconds more; answers the wanted ones."""
    missing, found = set(wanted), []
    deadline = time.monotonic() + seconds
    until = float("inf")
    while time.monotonic() < until:
        assert time.monotonic() < deadline or not missing, f"{len(missing)} events never came"
        for records in (await consumer.getmany(timeout_ms=50)).values():
            for record in records:
                envelope = events_pb2.Envelope.FromString(record.value)
                assert record.key == envelope.aggregate_id.encode()
                if envelope.id in wanted:
                    found.append(envelope)
                    missing.discard(envelope.id)
        if not missing and until == float("inf"):
            until = time.monotonic() + settle
    return found


async def waiting(database: Database) -> int:
    async with database.reading() as connection:
        query = "SELECT count(*) FROM booking.outbox_event WHERE published_at IS NULL"
        return int(await connection.fetchval(query))


async def test_two_relays_lose_nothing_repeat_nothing_and_keep_the_order_of_each_aggregate(
    own_parts: Parts, bookings: Database
) -> None:
    aggregates = [str(uuid.uuid4()) for _ in range(10)]
    published: list[str] = []

    async def write(aggregate: str) -> None:
        published.extend([await publish(bookings, aggregate, version) for version in range(1, 41)])

    async with relays(own_parts, 2), reading(own_parts) as consumer:
        await asyncio.gather(*map(write, aggregates))
        found = await take(consumer, published, settle=1.5)
    assert len(found) == len(published)
    for aggregate in aggregates:
        versions = [one.aggregate_version for one in found if one.aggregate_id == aggregate]
        assert versions == list(range(1, 41))
    assert await waiting(bookings) == 0


async def listeners(parts: Parts) -> set[int]:
    """The processes of PostgreSQL that tell somebody of commits."""
    admin = await asyncpg.connect(parts.admin_database_url)
    try:
        rows = await admin.fetch("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
    finally:
        await admin.close()
    return {row["pid"] for row in rows}


async def somebody_new_listens(parts: Parts, before: set[int]) -> None:
    async with asyncio.timeout(60):
        while not await listeners(parts) - before:
            await asyncio.sleep(0.05)


async def test_a_commit_wakes_the_relay_whatever_its_clock_says(own_parts: Parts, bookings: Database) -> None:
    settings, stop = relay_settings(own_parts), asyncio.Event()
    async with (
        open_database(own_parts.database_url("relay"), pool_size=2, application_name="tests") as database,
        reading(own_parts, from_beginning=False) as consumer,
    ):
        before = await listeners(own_parts)
        running = asyncio.create_task(outbox_relay.Relay(settings, database, poll_seconds=3600).run(stop))
        await somebody_new_listens(own_parts, before)
        for _ in range(5):
            await take(consumer, [await publish(bookings, str(uuid.uuid4()))])
        stop.set()
        await running


async def test_an_event_of_a_transaction_that_rolled_back_is_never_sent(own_parts: Parts, bookings: Database) -> None:
    aggregate = str(uuid.uuid4())

    async def write_and_fail() -> None:
        async with bookings.transaction() as connection:
            event = events_pb2.RoomTypeSellable(room_type_id=aggregate)
            await _outbox.publish(connection, event, aggregate_id=aggregate, aggregate_version=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with relays(own_parts), reading(own_parts) as consumer:
        marker = await publish(bookings, aggregate, 2)
        await take(consumer, [marker])
    async with bookings.reading() as connection:
        query = "SELECT count(*) FROM booking.outbox_event WHERE aggregate_id = $1"
        assert await connection.fetchval(query, aggregate) == 1


async def test_killed_between_sending_and_marking_it_is_sent_again(
    own_parts: Parts, bookings: Database, tmp_path: Path
) -> None:
    process = ChildProcess(
        "relay",
        [sys.executable, "-m", "workers.outbox_relay"],
        log_file=tmp_path / "relay.log",
        environment={
            **plain_environment(),
            "DATABASE_URL": own_parts.database_url("relay"),
            "KAFKA_BOOTSTRAP_SERVERS": own_parts.kafka_bootstrap_servers,
            "INNKEEPER_KAFKA_IDEMPOTENT_PRODUCER": str(own_parts.broker.gives_producer_ids).lower(),
            "INNKEEPER_OUTBOX_SCHEMAS": "hotel,booking",
        },
    )
    async with reading(own_parts, from_beginning=False) as consumer:
        event_id = await publish(bookings, str(uuid.uuid4()))
        async with bookings.transaction() as connection:
            await connection.fetch("SELECT 1 FROM booking.outbox_event WHERE id = $1 FOR UPDATE", uuid.UUID(event_id))
            await process.start()
            assert len(await take(consumer, [event_id], seconds=30)) == 1
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        assert await waiting(bookings) == 1
        async with relays(own_parts):
            assert len(await take(consumer, [event_id])) == 1
        assert await waiting(bookings) == 0


async def test_it_goes_on_when_its_database_connections_are_cut(own_parts: Parts, bookings: Database) -> None:
    async with relays(own_parts), reading(own_parts, from_beginning=False) as consumer:
        await take(consumer, [await publish(bookings, str(uuid.uuid4()))])
        admin = await asyncpg.connect(own_parts.admin_database_url)
        try:
            for _ in range(3):
                before = await listeners(own_parts)
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'innkeeper_relay'"
                )
                await take(consumer, [await publish(bookings, str(uuid.uuid4()))])
        finally:
            await admin.close()
        await somebody_new_listens(own_parts, before)


async def test_a_broker_that_was_away_has_everything_in_the_end(own_parts: Parts, bookings: Database) -> None:
    """Also what it had before, whether it kept it or lost it."""
    kept = [await publish(bookings, str(uuid.uuid4()), version) for version in range(1, 21)]
    async with relays(own_parts):
        async with reading(own_parts) as consumer:
            await take(consumer, kept)
        await own_parts.broker.stop()
        missed = await publish(bookings, str(uuid.uuid4()))
        await own_parts.broker.start()
        async with reading(own_parts) as consumer:
            await take(consumer, [*kept, missed], seconds=40)
    await own_parts.broker.stop()
    await own_parts.broker.start()
    async with relays(own_parts), reading(own_parts) as consumer:
        await take(consumer, [*kept, missed], seconds=30)
