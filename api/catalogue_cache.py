"""What the gateway keeps copies of: published houses, salons and masters, and ratings; and hearing of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from api.entity_cache import EntityCache
from api.shared_entries import ANSWER_SECONDS, SharedEntries, open_shared_entries
from contracts.hotel.v1 import hotel_pb2
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import salon_pb2
from runtime.identity import Caller, Role
from runtime.live_channels import CHANGES_CHANNEL, EntityKind
from runtime.waiting import running_beside

log = structlog.get_logger()

_PING_SECONDS = 1.0
_RETRY_SECONDS = 0.5


class CatalogueCache:
    def __init__(self, shared: SharedEntries) -> None:
        self._shared = shared
        self._heard = False
        self.hotels = EntityCache(EntityKind.HOTEL, hotel_pb2.Hotel, _is_own_hotel, shared)
        self.salons = EntityCache(EntityKind.SALON, salon_pb2.Salon, _is_own_salon, shared)
        self.masters = EntityCache(EntityKind.MASTER, salon_pb2.Master, _is_own_master, shared)
        self.ratings = EntityCache(EntityKind.RATING, review_pb2.Rating, lambda _rating, _caller: False, shared)
        self._by_kind: dict[str, EntityCache[Any]] = {
            EntityKind.HOTEL: self.hotels,
            EntityKind.SALON: self.salons,
            EntityKind.MASTER: self.masters,
            EntityKind.RATING: self.ratings,
        }

    def drop(self, name: str) -> None:
        """The entity of this name (runtime.live_channels.entity_name) changed."""
        kind, _, identifier = name.partition(":")
        if kind in self._by_kind:
            self._by_kind[kind].drop(identifier)

    async def begin_to_hear(self) -> None:
        """Changes are heard of from now on. If this was so before, some may have been missed, by all of us.

        Raises RedisError or OSError.
        """
        self.stop_to_hear()
        if self._heard:
            await self._shared.begin_era()
        self._heard = True
        self._set_hearing(yes=True)

    def stop_to_hear(self) -> None:
        self._set_hearing(yes=False)

    def _set_hearing(self, *, yes: bool) -> None:
        for cache in self._by_kind.values():
            cache.hearing(yes=yes)


@asynccontextmanager
async def open_catalogue_cache(
    redis_url: str, *, answer_seconds: float = ANSWER_SECONDS
) -> AsyncIterator[CatalogueCache]:
    async with (
        open_shared_entries(redis_url, answer_seconds=answer_seconds) as shared,
        redis.Redis.from_url(redis_url) as client,
    ):
        cache = CatalogueCache(shared)
        async with running_beside(_listen(client, cache)):
            yield cache


async def _listen(client: redis.Redis, cache: CatalogueCache) -> None:
    """Drops what changed, until cancelled; keeps nothing while Redis does not answer."""
    while True:
        pubsub = client.pubsub()
        try:
            await pubsub.subscribe(CHANGES_CHANNEL)
            await _follow(pubsub, cache)
        except (RedisError, OSError) as failure:
            log.warning("cache.changes_not_heard", failure=type(failure).__name__)
        finally:
            cache.stop_to_hear()
            await pubsub.aclose()  # type: ignore[no-untyped-call]
        await asyncio.sleep(_RETRY_SECONDS)


async def _follow(pubsub: redis.client.PubSub, cache: CatalogueCache) -> None:
    """Raises ConnectionError when nothing is heard from Redis although it was asked."""
    asked = False
    while True:
        message = await pubsub.get_message(timeout=_PING_SECONDS)
        if message is None:
            if asked:
                raise ConnectionError
            await pubsub.ping()
        elif message["type"] == "subscribe":
            await cache.begin_to_hear()  # anew, too, when the client has quietly connected again
        elif message["type"] == "message":
            for name in message["data"].decode().split(","):
                cache.drop(name)
        asked = message is None


def _is_own_hotel(hotel: hotel_pb2.Hotel, caller: Caller) -> bool:
    return hotel.owner_id == str(caller.account_id)


def _is_own_salon(salon: salon_pb2.Salon, caller: Caller) -> bool:
    account_id = str(caller.account_id)
    return salon.owner_id == account_id or any(master.account_id == account_id for master in salon.masters)


def _is_own_master(master: salon_pb2.Master, caller: Caller) -> bool:
    """A master does not tell whose salon it is, so hoteliers read all of them past the copies."""
    return caller.role is Role.HOTELIER or master.account_id == str(caller.account_id)
