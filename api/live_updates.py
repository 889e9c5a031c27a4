"""Redis pub/sub for subscriptions: one connection a gateway, however many sockets listen.

A message only says that there is something to fetch, so nothing is lost when one is: after a lost
connection every listener is woken to look for itself.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import redis.asyncio as redis
import structlog
from prometheus_client import Gauge
from redis.exceptions import RedisError

from runtime.waiting import cancel_until_done, running_beside, wait_at_most

log = structlog.get_logger()

LISTENERS = Gauge("innkeeper_live_listeners", "Subscriptions waiting for live updates")
LOOK_ANYWAY_SECONDS = 15.0  # the longest that a lost message goes unnoticed
_RETRY_SECONDS = 1.0
_SOON_SECONDS = 0.1
_POLL_SECONDS = 30.0
_ALWAYS = "live:always"  # a connection without any subscription cannot be read from


class Listener:
    """Something to wait for before looking for oneself."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self) -> None:
        """Until there may be something new, or for so long that it is time to look anyway."""
        await wait_at_most(self._woken, LOOK_ANYWAY_SECONDS)
        self._woken.clear()


class LiveUpdates:
    def __init__(self, client: redis.Redis) -> None:
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._subscribed: set[str] = set()
        self._changed = asyncio.Event()

    @contextmanager
    def listen(self, channel: str) -> Iterator[Listener]:
        """A listener that is woken whenever there may be something new on the channel."""
        listener = Listener()
        self._listeners[channel].add(listener)
        self._changed.set()
        LISTENERS.inc()
        try:
            yield listener
        finally:
            LISTENERS.dec()
            self._listeners[channel].discard(listener)
            if not self._listeners[channel]:
                del self._listeners[channel]
                self._changed.set()

    async def run(self) -> None:
        """Keeps the connection and hands messages out until cancelled."""
        while True:
            self._subscribed.clear()
            self._changed.set()
            try:
                await self._pubsub.subscribe(_ALWAYS)
                await self._until_one_fails(self._follow_listeners(), self._receive())
            except (RedisError, OSError) as failure:
                log.warning("live.redis_away", failure=type(failure).__name__)
            await self.close()
            await asyncio.sleep(_RETRY_SECONDS)

    async def close(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _until_one_fails(self, *work: Coroutine[Any, Any, None]) -> None:
        """Not a TaskGroup: it cancels once, and would wait for ever for one that did not hear it."""
        tasks = [asyncio.create_task(one) for one in work]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                await task
        finally:
            await cancel_until_done(*tasks, patience_seconds=_SOON_SECONDS)

    async def _follow_listeners(self) -> None:
        """Subscribes to what is listened to and to nothing else."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = set(self._listeners)
            new, gone = wanted - self._subscribed, self._subscribed - wanted
            self._subscribed = wanted
            if gone:
                await self._pubsub.unsubscribe(*gone)
            if new:
                await self._pubsub.subscribe(*new)
                for channel in new:  # what moved before we listened
                    self._wake(channel)

    async def _receive(self) -> None:
        while True:
            message = await self._pubsub.get_message(timeout=_POLL_SECONDS)
            if message is not None:
                self._wake(message["channel"].decode())

    def _wake(self, channel: str) -> None:
        for listener in self._listeners.get(channel, ()):
            listener.wake()


@asynccontextmanager
async def open_live_updates(client: redis.Redis) -> AsyncIterator[LiveUpdates]:
    live = LiveUpdates(client)
    try:
        async with running_beside(live.run()):
            yield live
    finally:
        await live.close()
