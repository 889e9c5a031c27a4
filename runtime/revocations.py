"""Access tokens whose session or machine was revoked: refused at once, by the gateway and by every service.

A token lives ten minutes and nobody asks whether its session does. So the worker `live_status` writes every
revocation into Redis and tells all who verify tokens; each remembers it as long as a token can live, and reads them
all again after a lost connection and now and then. While Redis is away, a revoked token works until it ends; the log,
a metric and an alert say so.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import redis.asyncio as redis
import structlog
from prometheus_client import Gauge
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from runtime.errors import Unauthenticated
from runtime.identity import KEYS_SECONDS, Caller, TokenVerifier
from runtime.live_channels import (
    REVOKED_CHANNEL,
    REVOKED_KEY,
    REVOKED_SECONDS,
    revoked_client,
    revoked_session,
)
from runtime.waiting import running_beside

log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_POLL_SECONDS = 30.0
_REDIS_SECONDS = 5.0

UNHEARD = Gauge("innkeeper_revocations_unheard", "1 while Redis is away and revoked tokens work until they end")


class Revocations:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._until: dict[str, float] = {}  # name → Unix seconds when no token of it can live any more
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._away = False

    def check(self, caller: Caller) -> None:
        """Raises Unauthenticated for a caller whose session or client was revoked."""
        name = _name(caller)
        if name and self._until.get(name, 0.0) > time.time():
            raise Unauthenticated("This session is over; please sign in again.")

    @contextmanager
    def watch(self, caller: Caller) -> Iterator[asyncio.Event]:
        """An event that is set when the caller is revoked."""
        revoked, name = asyncio.Event(), _name(caller)
        if self._until.get(name, 0.0) > time.time():
            revoked.set()
        self._watchers[name].add(revoked)
        try:
            yield revoked
        finally:
            self._watchers[name].discard(revoked)
            if not self._watchers[name]:
                del self._watchers[name]

    async def run(self) -> None:
        """Keeps listening until cancelled."""
        while True:
            pubsub = self._client.pubsub(ignore_subscribe_messages=True)
            try:
                await self._listen(pubsub)
            except (RedisError, OSError, TimeoutError) as failure:
                self._note_away(failure)
            finally:
                with suppress(RedisError, OSError):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, pubsub: PubSub) -> None:
        """Raises when Redis goes away."""
        async with asyncio.timeout(_REDIS_SECONDS):
            await pubsub.subscribe(REVOKED_CHANNEL)
            await self._read_all()
        self._note_heard()
        while True:
            message = await pubsub.get_message(timeout=_POLL_SECONDS)
            if message is not None:
                self._take(message["data"].decode().split(","))
            else:
                async with asyncio.timeout(_REDIS_SECONDS):
                    await self._read_all()  # a connection that died without a word says nothing either

    def _note_away(self, failure: Exception) -> None:
        UNHEARD.set(1)
        if not self._away:
            self._away = True
            log.error("revocations.unheard", failure=type(failure).__name__)

    def _note_heard(self) -> None:
        UNHEARD.set(0)
        if self._away:
            self._away = False
            log.info("revocations.heard")

    async def _read_all(self) -> None:
        names = await self._client.zrangebyscore(REVOKED_KEY, time.time(), "+inf")
        self._take([name.decode() for name in names])

    def _take(self, names: list[str]) -> None:
        now = time.time()
        self._until = {name: until for name, until in self._until.items() if until > now}
        for name in names:
            self._until[name] = now + REVOKED_SECONDS
            for revoked in self._watchers.get(name, ()):
                revoked.set()


class LivingTokens(TokenVerifier):
    """Verifies as everybody does, and refuses what was revoked."""

    def __init__(
        self,
        fetch_jwks: Callable[[], Awaitable[str]],
        revocations: Revocations,
        *,
        issuer: str,
        audience: str,
        keys_seconds: float = KEYS_SECONDS,
    ) -> None:
        super().__init__(fetch_jwks, issuer=issuer, audience=audience, keys_seconds=keys_seconds)
        self._revocations = revocations

    async def verify(self, token: str) -> Caller:
        caller = await super().verify(token)
        self._revocations.check(caller)
        return caller


@asynccontextmanager
async def open_revocations(client: redis.Redis) -> AsyncIterator[Revocations]:
    revocations = Revocations(client)
    async with running_beside(revocations.run()):
        yield revocations


@asynccontextmanager
async def revocations_of(redis_url: str) -> AsyncIterator[Revocations]:
    """For a process that asks Redis for nothing else."""
    client: redis.Redis = redis.Redis.from_url(redis_url, socket_connect_timeout=_REDIS_SECONDS)
    try:
        async with open_revocations(client) as revocations:
            yield revocations
    finally:
        await client.aclose()


def _name(caller: Caller) -> str:
    """Empty for who has neither session nor client."""
    if caller.is_machine:
        return revoked_client(caller.client_id)
    return revoked_session(caller.session_id) if caller.session_id else ""
