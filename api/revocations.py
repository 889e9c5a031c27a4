"""Access tokens whose session or machine was revoked: refused here at once, and their streams ended.

A token lives ten minutes and services do not ask whether its session does. So the worker `live_status` writes every
revocation into Redis and tells all gateways; each remembers it as long as a token can live, and after a lost
connection reads them all again. While Redis is away, a revoked token works until it ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from runtime.errors import Unauthenticated
from runtime.identity import Caller, TokenVerifier
from runtime.live_channels import (
    REVOKED_CHANNEL,
    REVOKED_KEY,
    REVOKED_SECONDS,
    revoked_client,
    revoked_session,
)

log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_POLL_SECONDS = 30.0


class Revocations:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._until: dict[str, float] = {}  # name → Unix seconds when no token of it can live any more
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)

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
                await pubsub.subscribe(REVOKED_CHANNEL)
                await self._read_all()
                while True:
                    message = await pubsub.get_message(timeout=_POLL_SECONDS)
                    if message is not None:
                        self._take(message["data"].decode().split(","))
            except (RedisError, OSError) as failure:
                log.warning("revocations.redis_away", failure=type(failure).__name__)
            finally:
                await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(_RETRY_SECONDS)

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
        self, fetch_jwks: Callable[[], Awaitable[str]], revocations: Revocations, *, issuer: str, audience: str
    ) -> None:
        super().__init__(fetch_jwks, issuer=issuer, audience=audience)
        self._revocations = revocations

    async def verify(self, token: str) -> Caller:
        caller = await super().verify(token)
        self._revocations.check(caller)
        return caller


@asynccontextmanager
async def open_revocations(client: redis.Redis) -> AsyncIterator[Revocations]:
    revocations = Revocations(client)
    running = asyncio.create_task(revocations.run())
    try:
        yield revocations
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _name(caller: Caller) -> str:
    """Empty for who has neither session nor client."""
    if caller.is_machine:
        return revoked_client(caller.client_id)
    return revoked_session(caller.session_id) if caller.session_id else ""
