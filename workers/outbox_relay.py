"""Carries events from the services' outboxes to Kafka, in order, at least once.

Woken by NOTIFY when a transaction that wrote an event commits, and by a clock in case a call was missed.
For each schema one relay at a time holds an advisory lock, so several relays may run and the order of an
aggregate's events is that of their commits. Kept rows are published again when the broker has lost what it
had (an in-memory broker does at every restart).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from sqlalchemy import ARRAY, BigInteger, Integer, Text, any_, bindparam, delete, func, select, update

from runtime.database import Connection, Database, Record, Statement, open_database
from runtime.event_bus import PARTITIONS, TOPICS, ensure_topics, open_producer, open_reader
from runtime.outbox import WAKE_CHANNEL
from runtime.process import run_process
from runtime.settings import RelaySettings
from runtime.tables import outbox_table, service_metadata
from runtime.waiting import wait_at_most

log = structlog.get_logger()

PUBLISHED = Counter("innkeeper_outbox_published_total", "Events carried to Kafka", ("schema",))
WAITING = Gauge("innkeeper_outbox_waiting", "Events not yet published", ("schema",))
LAG = Gauge("innkeeper_outbox_lag_seconds", "Age of the oldest event not yet published", ("schema",))

_BATCH = 500
_POLL_SECONDS = 1.0
_WATCH_SECONDS = 5.0
_PAUSE_AFTER_FAILURE_SECONDS = 1.0
_SEND_SECONDS = 12.0  # less than the database lets a transaction wait idly
_DATABASE_AWAY = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of a message
)


class SchemaOutbox:
    """The outbox of one service, as the relay sees it."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        table = outbox_table(service_metadata(schema))
        waiting = table.c.published_at.is_(None)
        self._lock = Statement(select(func.pg_try_advisory_xact_lock(func.hashtext(f"outbox:{schema}"))))
        self._next = Statement(
            select(table.c.position, table.c.topic, table.c.aggregate_id, table.c.envelope)
            .where(waiting)
            .order_by(table.c.position)
            .limit(bindparam("limit", type_=Integer))
        )
        self._mark = Statement(
            update(table)
            .where(table.c.position == any_(bindparam("positions", type_=ARRAY(BigInteger))))
            .values(published_at=func.now())
        )
        self._again = Statement(
            update(table)
            .where(table.c.topic == any_(bindparam("topics", type_=ARRAY(Text))), table.c.published_at.is_not(None))
            .values(published_at=None)
        )
        self._forget = Statement(
            delete(table).where(
                table.c.published_at < func.now() - func.make_interval(0, 0, 0, bindparam("days", type_=Integer))
            )
        )
        self._state = Statement(
            select(
                func.count().label("waiting"),
                func.coalesce(func.extract("epoch", func.now() - func.min(table.c.created_at)), 0).label("lag"),
            )
            .select_from(table)
            .where(waiting)
        )

    async def carry(self, connection: Connection, producer: AIOKafkaProducer) -> int:
        """Publishes one batch inside the caller's transaction; answers how many events, 0 when done."""
        if not await self._lock.fetch_value(connection):
            return 0
        rows = await self._next.fetch(connection, limit=_BATCH)
        if rows:
            await _send(producer, rows)
            await self._mark.execute(connection, positions=[row["position"] for row in rows])
            PUBLISHED.labels(self.schema).inc(len(rows))
        return len(rows)

    async def publish_again(self, connection: Connection, topics: Sequence[str]) -> int:
        return await self._again.execute(connection, topics=list(topics))

    async def forget(self, connection: Connection, days: int) -> None:
        await self._forget.execute(connection, days=days)

    async def measure(self, connection: Connection) -> None:
        state = await self._state.fetch_one(connection)
        WAITING.labels(self.schema).set(state["waiting"])
        LAG.labels(self.schema).set(float(state["lag"]))


class BrokerWatch:
    """Notices that the broker knows less than it once did, also over a lost connection.

    Ends are compared with earlier ends only: what a broker says of the end need not follow from the offsets
    it gave to producers.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self._partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        self._ends: dict[TopicPartition, int] = {}

    async def lost_something(self, consumer: AIOKafkaConsumer) -> bool:
        """At the first look, whether the broker is empty."""
        ends: dict[TopicPartition, int] = await consumer.end_offsets(self._partitions)
        if not self._ends:
            self._ends = ends
            return not any(ends.values())
        lost = any(end < self._ends.get(partition, 0) for partition, end in ends.items())
        self._ends = ends
        return lost


class Relay:
    def __init__(
        self,
        settings: RelaySettings,
        database: Database,
        topics: Sequence[str] = TOPICS,
        *,
        poll_seconds: float = _POLL_SECONDS,
        watch_seconds: float = _WATCH_SECONDS,
    ) -> None:
        self._settings = settings
        self._database = database
        self._topics = topics
        self._poll_seconds = poll_seconds
        self._watch_seconds = watch_seconds
        self._outboxes = [SchemaOutbox(schema) for schema in settings.outbox_schemas]
        self._watch = BrokerWatch(topics)
        self._wake = asyncio.Event()
        self._woken: set[str] = set()  # the schemas that were said to have something

    async def run(self, stop: asyncio.Event) -> None:
        beside = [asyncio.create_task(self._listen(stop)), asyncio.create_task(self._keep_measuring(stop))]
        try:
            while not stop.is_set():
                try:
                    await self._carry_until_stopped(stop)
                except (KafkaError, TimeoutError, *_DATABASE_AWAY) as failure:
                    log.warning("relay.interrupted", failure=type(failure).__name__)
                    await wait_at_most(stop, _PAUSE_AFTER_FAILURE_SECONDS)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _carry_until_stopped(self, stop: asyncio.Event) -> None:
        await ensure_topics(self._settings, self._topics)
        async with open_producer(self._settings) as producer, open_reader(self._settings) as consumer:
            looked_at, polled_at = -self._watch_seconds, -self._poll_seconds
            while not stop.is_set():
                self._wake.clear()
                woken, self._woken = self._woken, set()
                if time.monotonic() - looked_at > self._watch_seconds:
                    await self._look_after(consumer)
                    looked_at, polled_at = time.monotonic(), -self._poll_seconds
                if time.monotonic() - polled_at > self._poll_seconds:
                    polled_at = time.monotonic()
                    woken.update(outbox.schema for outbox in self._outboxes)
                for outbox in self._outboxes:
                    if outbox.schema in woken:
                        await self._drain(outbox, producer)
                await self._until_woken(stop, polled_at + self._poll_seconds - time.monotonic())

    async def _drain(self, outbox: SchemaOutbox, producer: AIOKafkaProducer) -> None:
        """What is committed after the last batch was read wakes us again."""
        carried = _BATCH
        while carried == _BATCH:
            async with self._database.transaction() as connection:
                carried = await outbox.carry(connection, producer)

    async def _look_after(self, consumer: AIOKafkaConsumer) -> None:
        if await self._watch.lost_something(consumer):
            await ensure_topics(self._settings, self._topics)
            await self._publish_again()
        async with self._database.transaction() as connection:
            for outbox in self._outboxes:
                await outbox.forget(connection, self._settings.outbox_keep_days)

    async def _publish_again(self) -> None:
        async with self._database.transaction() as connection:
            for outbox in self._outboxes:
                count = await outbox.publish_again(connection, self._topics)
                if count:
                    log.warning("relay.publishing_again", schema=outbox.schema, events=count)

    async def _keep_measuring(self, stop: asyncio.Event) -> None:
        """Beside the carrying: while the broker is away the figures matter most."""
        while not stop.is_set():
            try:
                async with self._database.reading() as connection:
                    for outbox in self._outboxes:
                        await outbox.measure(connection)
            except (TimeoutError, *_DATABASE_AWAY) as failure:
                log.warning("relay.not_measured", failure=type(failure).__name__)
            await wait_at_most(stop, self._watch_seconds)

    async def _listen(self, stop: asyncio.Event) -> None:
        """Keeps a connection that hears of commits; without it the clock alone wakes us."""
        while not stop.is_set():
            try:
                connection = await asyncpg.connect(self._settings.database_url.get_secret_value())
                try:
                    await connection.add_listener(WAKE_CHANNEL, self._hear)
                    while not stop.is_set() and not connection.is_closed():
                        await wait_at_most(stop, _POLL_SECONDS)
                finally:
                    connection.terminate()
            except _DATABASE_AWAY:
                await wait_at_most(stop, _PAUSE_AFTER_FAILURE_SECONDS)

    def _hear(self, _connection: object, _process: int, _channel: str, schema: str) -> None:
        self._woken.add(schema)
        self._wake.set()

    async def _until_woken(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())]
        _, pending = await asyncio.wait(waits, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()


async def _send(producer: AIOKafkaProducer, rows: Sequence[Record]) -> None:
    """All of a batch or an error, in time; a batch that failed is sent again whole."""
    async with asyncio.timeout(_SEND_SECONDS):
        deliveries = [
            await producer.send(row["topic"], value=row["envelope"], key=row["aggregate_id"].encode()) for row in rows
        ]
        await asyncio.gather(*deliveries)


async def serve(settings: RelaySettings, stop: asyncio.Event) -> None:
    async with open_database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        application_name="innkeeper-relay",
    ) as database:
        await Relay(settings, database).run(stop)


if __name__ == "__main__":
    run_process("outbox-relay", RelaySettings, serve)
