"""Caches over a real Valkey, what they load from, and the worker that tells them of changes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY
from redis.asyncio import Redis

from api.catalogue_cache import CatalogueCache, open_catalogue_cache
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.envelopes import make_envelope
from runtime.errors import Unavailable
from runtime.identity import ANONYMOUS, Caller, Role
from workers import live_status

PATIENCE_SECONDS = 20


class Source:
    """One published house; counts how often it is asked. A closed gate holds its answers back, as they were."""

    def __init__(self) -> None:
        self.house = hotel_pb2.Hotel(
            id=str(uuid.uuid4()), owner_id=str(uuid.uuid4()), state=hotel_pb2.HOTEL_STATE_PUBLISHED, version=1
        )
        self.asked: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def owner(self) -> Caller:
        return Caller(Role.HOTELIER, uuid.UUID(self.house.owner_id))

    async def load(self, ids: Sequence[str], token: str | None) -> dict[str, hotel_pb2.Hotel]:
        self.asked.append(token)
        answer = hotel_pb2.Hotel()
        answer.CopyFrom(self.house)
        seen = token is None or answer.state == hotel_pb2.HOTEL_STATE_PUBLISHED
        await self.gate.wait()
        return {answer.id: answer} if seen and answer.id in ids else {}

    async def read(self, cache: CatalogueCache, caller: Caller = ANONYMOUS) -> int | None:
        """The version that the cache answers."""
        found = (await cache.hotels.get([self.house.id], caller, self.load)).get(self.house.id)
        return found.version if found else None

    async def is_asked_for(self, cache: CatalogueCache, caller: Caller = ANONYMOUS) -> bool:
        """Whether a read comes all the way."""
        before = len(self.asked)
        await self.read(cache, caller)
        return len(self.asked) > before

    def change(self) -> events_pb2.Envelope:
        """One version more, and the event that says so."""
        self.house.version += 1
        event = events_pb2.HotelChanged(hotel_id=self.house.id, version=self.house.version, state=self.house.state)
        return make_envelope(
            event, identifier=str(uuid.uuid4()), aggregate_id=self.house.id, aggregate_version=self.house.version
        )


async def tell_until_heard(client: Redis, envelope: events_pb2.Envelope) -> None:
    """As the consumer does: again and again while Redis is away."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await live_status.tell(client, [envelope])
            except Unavailable:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def hearing_cache(redis_url: str, *, answer_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[CatalogueCache]:
    """One gateway's, once it hears of changes; with more patience than gateways have, for a busy machine."""
    async with open_catalogue_cache(redis_url, answer_seconds=answer_seconds) as cache:
        await until_it_keeps(cache)
        yield cache


async def until_it_keeps(cache: CatalogueCache) -> None:
    async def keeps() -> bool:
        source = Source()
        await source.read(cache)
        return not await source.is_asked_for(cache)

    await until(keeps)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.02)


def count(level: str, result: str, kind: str = "hotel") -> float:
    """Of all caches of this process."""
    labels = {"kind": kind, "level": level, "result": result}
    return REGISTRY.get_sample_value("innkeeper_cache_requests_total", labels) or 0.0
