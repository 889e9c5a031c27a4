"""arq's queue: a wake-up call for work whose truth is in PostgreSQL.

Jobs are named, so that whoever enqueues need not import the worker. They travel as JSON, never as pickles.
Losing one costs time only: a sweeper enqueues again what PostgreSQL still knows as undone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from runtime.settings import RedisSection

log = structlog.get_logger()

SETTLE_PAYMENT_EVENT = "settle_payment_event"
SETTLE_APPOINTMENT_PAYMENT_EVENT = "settle_appointment_payment_event"
DELIVER_EMAIL = "deliver_email"


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

    async def settle_payment_event(self, provider: str, event_id: str, request_id: str) -> bool:
        """Wakes the settling of a stored webhook, once however often it is asked for."""
        job_id = f"payment:{provider}:{event_id}"
        return await self.wake(SETTLE_PAYMENT_EVENT, provider, event_id, request_id, job_id=job_id)

    async def settle_appointment_payment_event(self, provider: str, event_id: str, request_id: str) -> bool:
        """The same for the payment of an appointment."""
        job_id = f"appointment-payment:{provider}:{event_id}"
        return await self.wake(SETTLE_APPOINTMENT_PAYMENT_EVENT, provider, event_id, request_id, job_id=job_id)

    async def wake(self, job: str, *arguments: str, job_id: str) -> bool:
        """Enqueues a job unless one with this id is waiting. False when Redis is away: the sweeper will do it."""
        try:
            await self._pool.enqueue_job(job, *arguments, _job_id=job_id)
        except (RedisError, OSError) as failure:
            log.warning("jobs.not_enqueued", job=job, failure=type(failure).__name__)
            return False
        return True


@asynccontextmanager
async def open_job_queue(section: RedisSection) -> AsyncIterator[JobQueue]:
    """Raises OSError when Redis cannot be reached at the start."""
    try:
        pool = await create_pool(
            redis_settings(section), job_serializer=serialize_job, job_deserializer=deserialize_job
        )
    except (RedisError, OSError) as failure:
        raise OSError(f"Redis cannot be reached: {failure}") from None
    try:
        yield JobQueue(pool)
    finally:
        await pool.aclose(close_connection_pool=True)
