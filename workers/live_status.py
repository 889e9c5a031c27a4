"""Tells every gateway of every move of a booking, over Redis: python -m workers.live_status

The message is only the new version. Subscribers fetch what happened from booking, in the name of the person
who listens, so nothing is said here that somebody may not hear, and a lost message only costs time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from contracts.events.v1 import events_pb2
from runtime.errors import Unavailable
from runtime.event_bus import BOOKING_TOPIC, consume
from runtime.live_channels import booking_channel
from runtime.process import run_process
from runtime.settings import LiveStatusSettings

GROUP = "live-status"


async def serve(settings: LiveStatusSettings, stop: asyncio.Event) -> None:
    client = redis.Redis.from_url(settings.redis_url.get_secret_value())

    async def tell(envelopes: Sequence[events_pb2.Envelope]) -> None:
        try:
            async with client.pipeline(transaction=False) as pipeline:
                for envelope in envelopes:
                    pipeline.publish(booking_channel(envelope.aggregate_id), envelope.aggregate_version)
                await pipeline.execute()
        except (RedisError, OSError):
            raise Unavailable("Redis is away.") from None

    try:
        await consume(settings, group=GROUP, topics=(BOOKING_TOPIC,), handle=tell, stop=stop)
    finally:
        await client.aclose()


if __name__ == "__main__":
    run_process("live-status", LiveStatusSettings, serve)
