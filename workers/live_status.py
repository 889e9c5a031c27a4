"""Tells every gateway of every move of a booking and every change of a house, over Redis:
python -m workers.live_status

The message is only the new version, or which house it is. Subscribers fetch what happened from booking, in the
name of the person who listens, so nothing is said here that somebody may not hear, and a lost message only
costs time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from contracts.events.v1 import events_pb2
from runtime.errors import Unavailable
from runtime.event_bus import BOOKING_TOPIC, HOTEL_TOPIC, consume
from runtime.live_channels import HOTELS_CHANNEL, booking_channel
from runtime.process import run_process
from runtime.settings import LiveStatusSettings

GROUP = "live-status"


async def serve(settings: LiveStatusSettings, stop: asyncio.Event) -> None:
    client = redis.Redis.from_url(settings.redis_url.get_secret_value())

    async def tell(envelopes: Sequence[events_pb2.Envelope]) -> None:
        try:
            async with client.pipeline(transaction=False) as pipeline:
                for envelope in envelopes:
                    if envelope.type.startswith("Booking"):
                        pipeline.publish(booking_channel(envelope.aggregate_id), envelope.aggregate_version)
                if houses := changed_houses(envelopes):
                    pipeline.publish(HOTELS_CHANNEL, ",".join(houses))
                await pipeline.execute()
        except (RedisError, OSError):
            raise Unavailable("Redis is away.") from None

    try:
        await consume(settings, group=GROUP, topics=(BOOKING_TOPIC, HOTEL_TOPIC), handle=tell, stop=stop)
    finally:
        await client.aclose()


def changed_houses(envelopes: Sequence[events_pb2.Envelope]) -> list[str]:
    """Ids of the houses that events of the hotel service are about, each once."""
    houses: dict[str, None] = {}
    for envelope in envelopes:
        match envelope.type:
            case "HotelChanged":
                houses[events_pb2.HotelChanged.FromString(envelope.payload).hotel_id] = None
            case "RatesChanged":
                houses[events_pb2.RatesChanged.FromString(envelope.payload).hotel_id] = None
            case "RoomTypeCreated":
                houses[events_pb2.RoomTypeCreated.FromString(envelope.payload).room_type.hotel_id] = None
            case "RoomTypeArchived":
                houses[events_pb2.RoomTypeArchived.FromString(envelope.payload).hotel_id] = None
    return list(houses)


if __name__ == "__main__":
    run_process("live-status", LiveStatusSettings, serve)
