"""Published houses, kept in memory: they are read all the time and change rarely.

Every change of a house reaches every gateway as a message (see workers/live_status.py) and drops it here.
While that line is down nothing is kept, so a house is never older than its last change plus the message's way.
Its own hotelier and admins always read through, and so see their own edits at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import redis.asyncio as redis
import structlog
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

from contracts.hotel.v1 import hotel_pb2
from runtime.identity import Caller, Role
from runtime.live_channels import HOTELS_CHANNEL

log = structlog.get_logger()

READS = Counter("innkeeper_hotel_cache_reads_total", "Houses asked for", ["outcome"])
KEPT = Gauge("innkeeper_hotel_cache_entries", "Houses kept in memory")
LARGEST = 20_000
_LONGEST_SECONDS = 600.0  # should a message ever be lost
_PING_SECONDS = 1.0
_RETRY_SECONDS = 0.5

Load = Callable[[Sequence[str]], Awaitable[Sequence[hotel_pb2.Hotel]]]


class HotelCache:
    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, hotel_pb2.Hotel]] = OrderedDict()
        self._loading: list[set[str]] = []
        self._listening = False

    async def get(self, ids: Sequence[str], caller: Caller, load: Load) -> dict[str, hotel_pb2.Hotel]:
        """Houses by id; `load` is asked, in the caller's name, for those that are not kept or are the caller's own."""
        found = {identifier: house for identifier in ids if (house := self._look_up(identifier, caller)) is not None}
        missing = [identifier for identifier in ids if identifier not in found]
        READS.labels("hit").inc(len(found))
        READS.labels("miss").inc(len(missing))
        if missing:
            with self._noting_changes() as changed:
                loaded = await load(missing)
            for house in loaded:
                found[house.id] = house
                if self._listening and house.state == hotel_pb2.HOTEL_STATE_PUBLISHED and house.id not in changed:
                    self._keep(house)
        return found

    def drop(self, identifier: str) -> None:
        """The house changed; also what is being loaded at this moment may be old."""
        self._kept.pop(identifier, None)
        for changed in self._loading:
            changed.add(identifier)

    def listening(self, *, yes: bool) -> None:
        """Whether changes are heard of. What is kept was only true while they were."""
        self._listening = yes
        for identifier in list(self._kept):
            self.drop(identifier)

    def _look_up(self, identifier: str, caller: Caller) -> hotel_pb2.Hotel | None:
        kept = self._kept.get(identifier)
        if kept is None or caller.role is Role.ADMIN:
            return None
        kept_at, house = kept
        if house.owner_id == str(caller.account_id) or time.monotonic() - kept_at > _LONGEST_SECONDS:
            return None
        self._kept.move_to_end(identifier)
        return house

    def _keep(self, house: hotel_pb2.Hotel) -> None:
        self._kept[house.id] = (time.monotonic(), house)
        self._kept.move_to_end(house.id)
        if len(self._kept) > LARGEST:
            self._kept.popitem(last=False)
        KEPT.set(len(self._kept))

    @contextmanager
    def _noting_changes(self) -> Iterator[set[str]]:
        changed: set[str] = set()
        self._loading.append(changed)
        try:
            yield changed
        finally:
            self._loading.remove(changed)


@asynccontextmanager
async def open_hotel_cache(client: redis.Redis) -> AsyncIterator[HotelCache]:
    cache = HotelCache()
    listening = asyncio.create_task(_listen(client, cache))
    try:
        yield cache
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(client: redis.Redis, cache: HotelCache) -> None:
    """Drops what changed, until cancelled; keeps nothing while Redis does not answer."""
    while True:
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(HOTELS_CHANNEL)
            cache.listening(yes=True)
            await _follow(pubsub, cache)
        except (RedisError, OSError) as failure:
            log.warning("hotel_cache.redis_away", failure=type(failure).__name__)
        finally:
            cache.listening(yes=False)
            await pubsub.aclose()  # type: ignore[no-untyped-call]
        await asyncio.sleep(_RETRY_SECONDS)


async def _follow(pubsub: redis.client.PubSub, cache: HotelCache) -> None:
    """Raises ConnectionError when nothing is heard from Redis although it was asked."""
    asked = False
    while True:
        message = await pubsub.get_message(timeout=_PING_SECONDS)
        if message is None:
            if asked:
                raise ConnectionError
            await pubsub.ping()
        elif message["type"] == "message":
            for identifier in message["data"].decode().split(","):
                cache.drop(identifier)
        asked = message is None
