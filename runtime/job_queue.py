"""arq's queue: a wake-up call for work whose truth is in PostgreSQL.

Jobs are named, so that whoever enqueues need not import the worker. They travel as JSON, never as pickles.
Losing one costs time only: a sweeper enqueues again what PostgreSQL still knows as undone. Jobs that failed for good
stay in a list of their own until they are replayed or succeed.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from runtime.clock import utc_now
from runtime.settings import RedisSection

log = structlog.get_logger()

SETTLE_PAYMENT_EVENT = "settle_payment_event"
DELIVER_EMAIL = "deliver_email"
DELIVER_WEBHOOKS = "deliver_webhooks"
SEND_ACCOUNT_MAILS = "send_account_mails"
ANSWER_SECONDS = 2.0  # longer is not waited for Redis: whoever enqueues has something else to do
_DEAD = "innkeeper:dead-jobs"  # a hash: job id → what is known of it, as JSON


class DeadJob(NamedTuple):
    """A job that will not be tried again by itself. `cause` is an error's code or name, never its text."""

    id: str
    job: str
    arguments: list[str]
    cause: str
    tries: int
    died_at: str  # ISO 8601


def redis_settings(section: RedisSection) -> RedisSettings:
    settings = RedisSettings.from_dsn(section.redis_url.get_secret_value())
    settings.conn_retries = 3
    return settings


def serialize_job(job: dict[str, Any]) -> bytes:
    return orjson.dumps(job, default=str)


def deserialize_job(raw: bytes) -> dict[str, Any]:
    job: dict[str, Any] = orjson.loads(raw)
    return job


class JobQueue:
    def __init__(self, pool: ArqRedis) -> None:
        self._pool = pool
        self._hashes: Any = pool  # its types leave open whether an answer is to be awaited

    async def settle_payment_event(self, service: str, provider: str, event_id: str, request_id: str) -> bool:
        """Wakes the settling of a webhook that a service has stored, once however often it is asked for."""
        job_id = f"payment:{service}:{provider}:{event_id}"
        return await self.wake(SETTLE_PAYMENT_EVENT, service, provider, event_id, request_id, job_id=job_id)

    async def deliver_webhooks(self, endpoint_id: str) -> bool:
        """Wakes the sending of what is due to an endpoint of a hotelier."""
        return await self.wake(DELIVER_WEBHOOKS, endpoint_id, job_id=f"webhook:{endpoint_id}")

    async def send_account_mails(self) -> bool:
        """Hurries the mails of accounts, which are found without being named."""
        return await self.wake(SEND_ACCOUNT_MAILS, job_id=f"account-mails:{uuid.uuid4()}")

    async def wake(self, job: str, *arguments: str, job_id: str) -> bool:
        """Enqueues a job unless one with this id is waiting. False when Redis is away: the sweeper will do it."""
        try:
            await self._pool.enqueue_job(job, *arguments, _job_id=job_id)
        except (RedisError, OSError) as failure:
            log.warning("jobs.not_enqueued", job=job, failure=type(failure).__name__)
            return False
        return True

    async def bury(self, job: str, arguments: Sequence[str], *, job_id: str, cause: str, tries: int) -> None:
        """Lists a job as dead."""
        dead = DeadJob(job_id, job, list(arguments), cause, tries, utc_now().isoformat(timespec="seconds"))
        await self._hashes.hset(_DEAD, job_id, orjson.dumps(dead._asdict()))

    async def forget_dead(self, job_id: str) -> None:
        await self._hashes.hdel(_DEAD, job_id)

    async def dead_jobs(self) -> list[DeadJob]:
        """Oldest first."""
        rows = await self._hashes.hvals(_DEAD)
        return sorted((DeadJob(**orjson.loads(row)) for row in rows), key=lambda dead: (dead.died_at, dead.id))

    async def count_dead(self) -> int:
        return int(await self._hashes.hlen(_DEAD))

    async def replay(self, job_id: str) -> bool:
        """Enqueues a dead job once more; False when no such job is dead. It leaves the list when it succeeds."""
        row = await self._hashes.hget(_DEAD, job_id)
        if row is None:
            return False
        dead = DeadJob(**orjson.loads(row))
        await self._pool.enqueue_job(dead.job, *dead.arguments, _job_id=dead.id)
        return True


@asynccontextmanager
async def open_job_queue(section: RedisSection, *, answer_seconds: float = ANSWER_SECONDS) -> AsyncIterator[JobQueue]:
    """Raises OSError when Redis cannot be reached at the start."""
    try:
        pool = await create_pool(
            redis_settings(section), job_serializer=serialize_job, job_deserializer=deserialize_job
        )
    except (RedisError, OSError) as failure:
        raise OSError(f"Redis cannot be reached: {failure}") from None
    connections = pool.connection_pool
    await connections.disconnect()
    connections.reset()  # type: ignore[no-untyped-call]  # those so far would wait for ever; arq has no setting
    connections.connection_kwargs["socket_timeout"] = answer_seconds
    try:
        yield JobQueue(pool)
    finally:
        await pool.aclose(close_connection_pool=True)
