"""Consumers: what cannot be worked off goes to the dead letters and holds up nobody; an outage only waits."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.events.v1 import events_pb2
from runtime.envelopes import make_envelope
from runtime.errors import InvalidInput, Unavailable
from runtime.event_bus import DEAD_LETTERS, MAX_TRIES, PARTITIONS, consume, ensure_topics, open_producer
from runtime.settings import KafkaSection
from tests.house import kafka_fields
from tests.parts import NewBroker, Parts

TOPIC = "tests.events"


@dataclass
class Worker:
    """A handler that does as the event's aggregate says."""

    settings: KafkaSection
    tries: Counter[str] = field(default_factory=Counter)
    done: list[str] = field(default_factory=list)
    away: bool = False

    async def handle(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        for envelope in envelopes:
            if len(envelopes) == 1:
                self.tries[envelope.id] += 1
            if envelope.type == "MoneyLost":
                raise ValueError("a fault")
            if envelope.aggregate_id.startswith("refused"):
                raise InvalidInput("No.")
            if envelope.aggregate_id.startswith("away") and self.away:
                raise Unavailable("Later.")
            if envelope.id not in self.done:
                self.done.append(envelope.id)

    async def has_done(self, *wanted: str, seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not set(wanted) <= set(self.done):
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def worker(parts: Parts) -> AsyncIterator[Worker]:
    """One consumer for all: the embedded broker lets a member in after five seconds."""
    settings = KafkaSection.model_validate(kafka_fields(parts))
    running, stop = Worker(settings), asyncio.Event()
    task = asyncio.create_task(consume(settings, group="tests", topics=(TOPIC,), handle=running.handle, stop=stop))
    await running.has_done(await send(settings, envelope("first")), seconds=30)
    yield running
    stop.set()
    await task


def envelope(aggregate: str, kind: str = "MoneyMoved") -> events_pb2.Envelope:
    made = make_envelope(
        events_pb2.RoomTypeSellable(), identifier=uuid.uuid4().hex, aggregate_id=aggregate, aggregate_version=1
    )
    made.type = kind
    return made


async def send(settings: KafkaSection, *envelopes: events_pb2.Envelope, raw: bytes | None = None) -> str:
    """All to one partition, so that each stands behind the one before."""
    await ensure_topics(settings, (TOPIC,))
    async with open_producer(settings) as producer:
        for one in envelopes:
            await producer.send_and_wait(TOPIC, value=one.SerializeToString(), key=b"k", partition=0)
        if raw is not None:
            await producer.send_and_wait(TOPIC, value=raw, key=b"k", partition=0)
    return envelopes[-1].id if envelopes else ""


async def dead_letters(settings: KafkaSection) -> list[tuple[bytes, dict[str, bytes]]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await consumer.start()
    try:
        partitions = [TopicPartition(TOPIC + DEAD_LETTERS, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        found = []
        for _ in range(10):
            for records in (await consumer.getmany(timeout_ms=50)).values():
                found += [(record.value, dict(record.headers)) for record in records]
        return found
    finally:
        await consumer.stop()


@pytest.mark.parametrize(
    ("poison", "reason"),
    [(("poison", "MoneyLost"), b"ValueError"), (("refused", "MoneyMoved"), b"INVALID_INPUT")],
)
async def test_poison_is_buried_after_five_tries_and_what_stands_behind_it_goes_on(
    worker: Worker, poison: tuple[str, str], reason: bytes
) -> None:
    bad = envelope(*poison)
    behind = [envelope("behind") for _ in range(3)]
    await send(worker.settings, bad, *behind)
    await worker.has_done(*(one.id for one in behind))
    assert worker.tries[bad.id] in (MAX_TRIES, MAX_TRIES + 1), "once more when it came alone in its batch"
    assert [one for one in worker.done if one in {other.id for other in behind}] == [one.id for one in behind]
    (letter,) = [letter for letter in await dead_letters(worker.settings) if letter[0] == bad.SerializeToString()]
    assert letter[1]["group"] == b"tests"
    assert letter[1]["reason"] == reason


async def test_what_is_no_envelope_is_buried_at_once(worker: Worker) -> None:
    raw = b"\xff\xff" + uuid.uuid4().bytes
    await send(worker.settings, raw=raw)
    await worker.has_done(await send(worker.settings, envelope("behind")))
    assert raw in {value for value, _ in await dead_letters(worker.settings)}


async def test_an_outage_is_waited_out_and_counts_as_no_try(worker: Worker) -> None:
    worker.away = True
    late, behind = envelope("away"), envelope("behind")
    await send(worker.settings, late, behind)
    async with asyncio.timeout(60):
        while worker.tries[late.id] <= MAX_TRIES:
            await asyncio.sleep(0.02)
    assert late.id not in worker.done
    worker.away = False
    await worker.has_done(late.id, behind.id)
    assert worker.done.index(late.id) < worker.done.index(behind.id)
    assert late.SerializeToString() not in {value for value, _ in await dead_letters(worker.settings)}


async def test_a_producer_stops_in_time_with_what_it_cannot_deliver(new_broker: NewBroker, tmp_path: Path) -> None:
    broker = new_broker(tmp_path)
    await broker.start()
    settings = KafkaSection.model_validate(
        {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "kafka_idempotent_producer": broker.gives_producer_ids,
        }
    )
    try:
        await ensure_topics(settings, (TOPIC,))
        async with asyncio.timeout(60):  # an idempotent producer would wait for ever
            async with open_producer(settings) as producer:
                await producer.send_and_wait(TOPIC, b"delivered", key=b"one")
                await broker.stop()
                undelivered = await producer.send(TOPIC, b"undelivered", key=b"one")
        assert not undelivered.done() or undelivered.cancelled() or undelivered.exception() is not None
    finally:
        await broker.stop()
