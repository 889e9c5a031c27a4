"""Tells every gateway over Redis that something moved that people follow, or changed of which they keep copies:
python -m workers.live_status

The message says nothing but that there is something. Subscribers fetch what happened from its service, in the name of
the person who listens, so nothing is said here that somebody may not hear, and a lost message only costs time. The
copies that gateways share in Redis are deleted here, before the gateways drop their own. Only revocations are told
whole, and kept as long as a revoked token could live.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from contracts.events.v1 import events_pb2
from runtime.errors import Unavailable
from runtime.event_bus import TOPICS, consume
from runtime.live_channels import CHANGES_CHANNEL, REVOKED_CHANNEL, REVOKED_KEY, REVOKED_SECONDS, cache_key
from runtime.process import run_process
from runtime.settings import LiveStatusSettings
from workers.changed_entities import changed_entities
from workers.moved_channels import moved_channels
from workers.revoked_callers import revoked_callers

GROUP = "live-status"
_REDIS_SECONDS = 5.0
_FETCH_WAIT_MS = 50  # somebody is looking at a screen


async def serve(settings: LiveStatusSettings, stop: asyncio.Event) -> None:
    client = redis.Redis.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
    )

    async def handle(envelopes: Sequence[events_pb2.Envelope]) -> None:
        await tell(client, envelopes)

    try:
        await consume(settings, group=GROUP, topics=TOPICS, handle=handle, stop=stop, fetch_wait_ms=_FETCH_WAIT_MS)
    finally:
        await client.aclose()


async def tell(client: redis.Redis, envelopes: Sequence[events_pb2.Envelope]) -> None:
    """Raises Unavailable, and everything is to be told again."""
    try:
        async with client.pipeline(transaction=False) as pipeline:
            for channel in moved_channels(envelopes):
                pipeline.publish(channel, "")
            if revoked := revoked_callers(envelopes):
                now = time.time()
                pipeline.zremrangebyscore(REVOKED_KEY, 0, now)
                pipeline.zadd(REVOKED_KEY, dict.fromkeys(revoked, now + REVOKED_SECONDS))
                pipeline.publish(REVOKED_CHANNEL, ",".join(revoked))
            if names := changed_entities(envelopes):
                pipeline.unlink(*map(cache_key, names))
                pipeline.publish(CHANGES_CHANNEL, ",".join(names))
            await pipeline.execute()
    except (RedisError, OSError):
        raise Unavailable("Redis is away.") from None


if __name__ == "__main__":
    run_process("live-status", LiveStatusSettings, serve)
