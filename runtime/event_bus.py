"""Kafka: topics, the producer, and consumers that commit their offset only after their work.

Delivery is at least once; whoever does the work dedupes on the event id. A message that cannot be worked
off is tried five times and then goes to the topic's dead letters, so its partition is not blocked; while a
service is away (a retryable error) nothing counts as a try and the consumer waits. What is no envelope, or one of a
newer schema than ours, goes there at once and may be replayed once the consumer knows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError
from google.protobuf.message import DecodeError
from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from prometheus_client import Counter, Gauge

from contracts.events.v1 import events_pb2
from runtime.envelopes import SCHEMA_VERSION
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import KafkaSection
from runtime.waiting import wait_at_most

log = structlog.get_logger()
tracer = trace.get_tracer("innkeeper.events")

HOTEL_TOPIC = "hotel.events"
BOOKING_TOPIC = "booking.events"
INVENTORY_TOPIC = "inventory.events"
SALON_TOPIC = "salon.events"
APPOINTMENT_TOPIC = "appointment.events"
REVIEW_TOPIC = "review.events"
NOTIFICATION_TOPIC = "notification.events"
ACCOUNT_TOPIC = "account.events"
TOPICS = (
    HOTEL_TOPIC,
    BOOKING_TOPIC,
    INVENTORY_TOPIC,
    SALON_TOPIC,
    APPOINTMENT_TOPIC,
    REVIEW_TOPIC,
    NOTIFICATION_TOPIC,
    ACCOUNT_TOPIC,
)
DEAD_LETTERS = ".dead-letters"
ONLY_FOR = "only-for"  # header of a replayed dead letter: the group that gave up on it; others pass it by
PARTITIONS = 6
MAX_TRIES = 5
LARGEST_BATCH = 200
FETCH_WAIT_MS = 100
_STOP_SECONDS = 3.0

CONSUMED = Counter("innkeeper_events_consumed_total", "Events worked off", ("group", "type"))
DEAD = Counter("innkeeper_events_dead_total", "Events sent to dead letters", ("group", "topic"))
LAG = Gauge("innkeeper_events_lag_seconds", "Age of the newest event when it was worked off", ("group",))

Handler = Callable[[Sequence[events_pb2.Envelope]], Awaitable[None]]


async def ensure_topics(settings: KafkaSection, topics: Sequence[str] = TOPICS) -> None:
    """Makes the topics and their dead letters where they are missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await _connect(admin.start)
    try:
        existing = set(await admin.list_topics())
        wanted = [name for topic in topics for name in (topic, topic + DEAD_LETTERS) if name not in existing]
        replicas = settings.kafka_replication_factor
        for name in wanted:
            try:
                await admin.create_topics([NewTopic(name, PARTITIONS, replicas)])
            except TopicAlreadyExistsError:
                continue
    finally:
        await admin.close()


@asynccontextmanager
async def open_producer(settings: KafkaSection) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=settings.kafka_idempotent_producer,
        linger_ms=0,
        request_timeout_ms=10_000,
    )
    await _connect(producer.start)
    try:
        yield producer
    finally:
        await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """While the broker is away an idempotent producer keeps what it was given for ever, and its own stop waits for
    that (aiokafka 0.14). Whoever gave it knows that it was not delivered, and gives it again."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    except TimeoutError:
        log.warning("events.producer_stopped_with_undelivered")
        await producer._sender.close()
        await producer.client.close()


@asynccontextmanager
async def open_reader(settings: KafkaSection, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group: it commits nothing, and is told where to read."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        **options,
    )
    await _connect(consumer.start)
    try:
        await asyncio.sleep(0)  # one that is stopped before its first step raises CancelledError (aiokafka 0.14)
        yield consumer
    finally:
        await consumer.stop()


async def consume(
    settings: KafkaSection,
    *,
    group: str,
    topics: Sequence[str],
    handle: Handler,
    stop: asyncio.Event,
    from_beginning: bool = True,
    fetch_wait_ms: int = FETCH_WAIT_MS,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Hands every event to `handle`, in order within an aggregate, until `stop` is set.

    `fetch_wait_ms` is how long the broker may wait for something to answer with. Apache Kafka answers at once when an
    event comes; the embedded broker answers when this time is over.
    """
    await ensure_topics(settings, topics)
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest" if from_beginning else "latest",
        session_timeout_ms=10_000,
        heartbeat_interval_ms=500,  # by which members learn that others came or went
        max_poll_interval_ms=300_000,
        fetch_max_wait_ms=fetch_wait_ms,
    )
    async with open_producer(settings) as producer:
        await _connect(consumer.start)
        try:
            if on_ready:
                on_ready()
            while not stop.is_set():
                batches = await consumer.getmany(timeout_ms=200, max_records=LARGEST_BATCH)
                worked_off: dict[TopicPartition, int] = {}
                for partition, records in batches.items():
                    await _work_off(records, group, handle, producer, stop)
                    if stop.is_set():  # perhaps before all of them were worked off
                        break
                    worked_off[partition] = records[-1].offset + 1
                if worked_off:
                    await _commit(consumer, worked_off)
        finally:
            await consumer.stop()


async def follow(
    settings: KafkaSection,
    *,
    topics: Sequence[str],
    handle: Handler,
    stop: asyncio.Event,
    on_positioned: Callable[[], Awaitable[None]],
) -> None:
    """For read models: every process sees every event, from the moment `on_positioned` is called on.

    Nothing is committed. A failing batch is tried again until it goes through.
    """
    await ensure_topics(settings, topics)
    # From the beginning where there is nothing at our place: a broker that lost its messages gets them anew.
    async with open_reader(settings, auto_offset_reset="earliest") as consumer:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        await on_positioned()
        while not stop.is_set():
            batches = await consumer.getmany(timeout_ms=200, max_records=LARGEST_BATCH)
            records = [record for batch in batches.values() for record in batch]
            decoded = map(_decoded, records)
            envelopes = [one for one in decoded if one is not None and one.schema_version <= SCHEMA_VERSION]
            if envelopes:
                await _until_it_goes_through(envelopes, handle, stop)


async def _until_it_goes_through(
    envelopes: Sequence[events_pb2.Envelope], handle: Handler, stop: asyncio.Event
) -> None:
    pause = 0.1
    while not stop.is_set():
        try:
            await _hand_over(envelopes, "followers", handle)
            return
        except Exception as failure:
            log.warning("events.follower_failed", failure=type(failure).__name__)
        pause = min(pause * 2, 5.0)
        await wait_at_most(stop, pause)


def _decoded(record: ConsumerRecord[bytes, bytes]) -> events_pb2.Envelope | None:
    try:
        return events_pb2.Envelope.FromString(record.value or b"")
    except DecodeError:
        return None


async def _work_off(
    records: Sequence[ConsumerRecord[bytes, bytes]],
    group: str,
    handle: Handler,
    producer: AIOKafkaProducer,
    stop: asyncio.Event,
) -> None:
    """The whole batch at once if it goes through, else event by event."""
    batch: list[tuple[ConsumerRecord[bytes, bytes], events_pb2.Envelope]] = []
    for record in records:
        if (only_for := dict(record.headers).get(ONLY_FOR)) and only_for.decode() != group:
            continue
        envelope = _decoded(record)
        if envelope is None:
            await _bury(producer, record, group, "not an envelope")
        elif envelope.schema_version > SCHEMA_VERSION:
            await _bury(producer, record, group, "newer schema")
        else:
            batch.append((record, envelope))
    if not batch:
        return
    try:
        await _hand_over([envelope for _, envelope in batch], group, handle)
    except Exception as failure:
        log.warning("events.batch_failed", group=group, failure=type(failure).__name__, size=len(batch))
        for record, envelope in batch:
            await _try_one(envelope, record, group, handle, producer, stop)


async def _try_one(
    envelope: events_pb2.Envelope,
    record: ConsumerRecord[bytes, bytes],
    group: str,
    handle: Handler,
    producer: AIOKafkaProducer,
    stop: asyncio.Event,
) -> None:
    tries = 0
    pause = 0.1
    while not stop.is_set():
        try:
            await _hand_over([envelope], group, handle)
            return
        except ServiceError as refusal:
            tries += 0 if refusal.retryable else 1
            reason = refusal.code
        except Exception as failure:
            tries += 1
            reason = type(failure).__name__
            log.exception("events.handler_failed", group=group, event_id=envelope.id, event_type=envelope.type)
        if tries >= MAX_TRIES:
            await _bury(producer, record, group, reason)
            return
        pause = min(pause * 2, 5.0)
        await wait_at_most(stop, pause)


async def _hand_over(envelopes: Sequence[events_pb2.Envelope], group: str, handle: Handler) -> None:
    newest = envelopes[-1]
    begin_request(newest.request_id)
    parent = propagate.extract(dict(newest.trace_context))
    attached = otel_context.attach(parent)
    try:
        with tracer.start_as_current_span(f"{group} {newest.type}", kind=trace.SpanKind.CONSUMER):
            await handle(envelopes)
    finally:
        otel_context.detach(attached)
    for envelope in envelopes:
        CONSUMED.labels(group, envelope.type).inc()
    LAG.labels(group).set(max(0.0, _age_seconds(newest)))


def _age_seconds(envelope: events_pb2.Envelope) -> float:
    return time.time() - envelope.occurred_at.seconds - envelope.occurred_at.nanos / 1e9


async def _bury(producer: AIOKafkaProducer, record: ConsumerRecord[bytes, bytes], group: str, reason: str) -> None:
    log.error("events.dead_letter", group=group, topic=record.topic, offset=record.offset, reason=reason)
    DEAD.labels(group, record.topic).inc()
    headers = [("group", group.encode()), ("reason", reason.encode()), ("offset", str(record.offset).encode())]
    await producer.send_and_wait(record.topic + DEAD_LETTERS, value=record.value, key=record.key, headers=headers)


async def _commit(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    try:
        await consumer.commit(offsets)
    except KafkaError as failure:  # a partition moved away: its new owner repeats the batch
        log.warning("events.commit_refused", partitions=len(offsets), failure=type(failure).__name__)


async def _connect(start: Callable[[], Awaitable[None]], *, tries: int = 60) -> None:
    """Starts a client, waiting for a broker that is not up yet."""
    for attempt in range(tries):
        try:
            await start()
            return
        except (KafkaConnectionError, OSError):
            if attempt == tries - 1:
                raise OSError("Kafka cannot be reached") from None
            await asyncio.sleep(0.5)
