"""The worker process itself: how it stops."""

from __future__ import annotations

import asyncio
import gc
import uuid
import warnings

from arq.constants import default_queue_name, in_progress_key_prefix
from redis.asyncio import Redis

from tests.house import worker_settings
from tests.parts import Parts, free_port
from workers import arq_worker

NOWHERE = "127.0.0.1:1"


async def test_a_worker_stopped_while_it_looks_for_jobs_gives_every_connection_back(parts: Parts) -> None:
    """Jobs that another worker has under way keep it looking. An open connection is a warning, and so a failure."""
    settings = worker_settings(
        parts, NOWHERE, booking_address=NOWHERE, notification_address=NOWHERE, smtp_port=free_port()
    )
    elsewhere = [uuid.uuid4().hex for _ in range(50)]
    async with Redis.from_url(parts.redis_url) as valkey:
        await valkey.mset({in_progress_key_prefix + job: b"1" for job in elsewhere})
        await valkey.zadd(default_queue_name, dict.fromkeys(elsewhere, 1))
        try:
            for number in range(20):
                stop = asyncio.Event()
                worker = asyncio.create_task(arq_worker.serve(settings, stop))
                await asyncio.sleep(0.1 + number / 200)
                stop.set()
                with warnings.catch_warnings():
                    # arq 0.28 closes its own pool by a name that redis has deprecated
                    warnings.filterwarnings("ignore", "Call to deprecated close", DeprecationWarning)
                    await worker
        finally:
            await valkey.zrem(default_queue_name, *elsewhere)
            await valkey.delete(*(in_progress_key_prefix + job for job in elsewhere))
    gc.collect()
