"""Guessing gets slower: after five attempts that failed, the next one has to wait, longer and longer.

Attempts are counted in Redis before the password is looked at, so that many at once do not slip through, and taken
back when the password was right. Counted are the account and the network that asks. Whoever signed in to the
account from their network before has a count of their own there, so a stranger who keeps failing cannot keep the
owner out; and a reset by mail begins anew. While Redis is away this process counts for itself, and says so.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from prometheus_client import Counter
from redis.exceptions import RedisError

from grpc_services.auth.errors import TooManyAttempts

log = structlog.get_logger()
Result = TypeVar("Result")

PREFIX = "sign-in"
_REDIS_SECONDS = 1.0

WITHOUT_REDIS = Counter("innkeeper_sign_in_delays_without_redis_total", "Attempts counted in one process only")


def _tiers(name: str, *pairs: tuple[int, int]) -> tuple[RateLimitItem, ...]:
    return tuple(RateLimitItemPerSecond(most, seconds, namespace=name) for most, seconds in pairs)


# So many attempts that failed within so many seconds; the shortest first.
_OF_AN_ACCOUNT = _tiers("account", (5, 30), (8, 120), (12, 900))
_OF_A_NETWORK = _tiers("network", (5, 10), (20, 120), (60, 900))
_OF_MAILS = _tiers("mails", (3, 900), (10, 86_400))
_OF_MAILS_ASKED = _tiers(
    "mails-asked",
    (20, 900),
)
_OF_TAKEN_ADDRESSES = _tiers("taken", (20, 900), (100, 86_400))


@dataclass(frozen=True, slots=True)
class Counted:
    """Something whose attempts are counted. `whole`: one that succeeds forgives those that failed before it."""

    tiers: tuple[RateLimitItem, ...]
    key: str
    whole: bool


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one subscriber of IPv6 has; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class SignInDelays:
    def __init__(self, redis_url: str, secret: bytes) -> None:
        self._secret = secret
        self._shared = FixedWindowRateLimiter(
            RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix=PREFIX,
                socket_timeout=_REDIS_SECONDS,
                socket_connect_timeout=_REDIS_SECONDS,
            )
        )
        self._own = FixedWindowRateLimiter(MemoryStorage())

    def place(self, address: str) -> bytes | None:
        """What is kept of the network that a session came from."""
        network = network_of(address)
        return self._digest(network) if network else None

    def of_sign_in(self, name: str, address: str, *, familiar: bool) -> tuple[Counted, ...]:
        """`name` is what was typed as the address, whether it is an account's or not."""
        network = network_of(address)
        account = self._digest(f"{name}\n{network}" if familiar else name).hex()
        counted = [Counted(_OF_AN_ACCOUNT, account, whole=True)]
        if network:
            counted.append(Counted(_OF_A_NETWORK, self._digest(network).hex(), whole=False))
        return tuple(counted)

    def of_mails(self, name: str, address: str) -> tuple[Counted, tuple[Counted, ...]]:
        """The mailbox that mails are asked for, and the network that asks."""
        network = network_of(address)
        asking = (Counted(_OF_MAILS_ASKED, self._digest(network).hex(), whole=False),) if network else ()
        return Counted(_OF_MAILS, self._digest(name).hex(), whole=False), asking

    def of_registration(self, address: str) -> tuple[Counted, ...]:
        """The network that registers; what made an account is taken back."""
        network = network_of(address)
        return (Counted(_OF_TAKEN_ADDRESSES, self._digest(network).hex(), whole=False),) if network else ()

    async def begin(self, counted: Sequence[Counted]) -> None:
        """Counts an attempt; raises TooManyAttempts, saying how long to wait."""
        waits = [await self._counting(partial(_hit, each)) for each in counted]
        if longest := max(waits, default=0.0):
            raise TooManyAttempts(math.ceil(longest))

    async def may_go_on(self, counted: Sequence[Counted]) -> bool:
        """As `begin`, for what is refused without a word."""
        try:
            await self.begin(counted)
        except TooManyAttempts:
            return False
        return True

    async def succeeded(self, counted: Sequence[Counted]) -> None:
        for each in counted:
            await self._counting(partial(_take_back, each))

    async def close(self) -> None:
        await self._shared.storage.bridge.storage.aclose()  # type: ignore[attr-defined]

    def _digest(self, text: str) -> bytes:
        """Redis learns neither addresses nor networks."""
        return hmac.digest(self._secret, text.encode(), hashlib.sha256)[:16]

    async def _counting(self, act: Callable[[FixedWindowRateLimiter], Awaitable[Result]]) -> Result:
        try:
            return await act(self._shared)
        except (RedisError, OSError, TimeoutError) as failure:
            WITHOUT_REDIS.inc()
            log.warning("sign_in_delays.redis_away", failure=type(failure).__name__)
            return await act(self._own)


@asynccontextmanager
async def open_sign_in_delays(redis_url: str, secret: bytes) -> AsyncIterator[SignInDelays]:
    delays = SignInDelays(redis_url, secret)
    try:
        yield delays
    finally:
        await delays.close()


async def _hit(counted: Counted, limiter: FixedWindowRateLimiter) -> float:
    """Seconds to wait; none when the attempt may go on. One that may not counts for the longer tiers no more."""
    for tier in counted.tiers:
        if not await limiter.hit(tier, counted.key):
            window = await limiter.get_window_stats(tier, counted.key)
            return max(window.reset_time - time.time(), 1.0)
    return 0.0


async def _take_back(counted: Counted, limiter: FixedWindowRateLimiter) -> None:
    for tier in counted.tiers:
        if counted.whole:
            await limiter.clear(tier, counted.key)
        else:
            await limiter.storage.incr(tier.key_for(counted.key), tier.get_expiry(), amount=-1)
