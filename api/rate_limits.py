"""How many operations a principal and an address may send in a minute, counted in Redis for all gateways.

Without Redis nothing is refused: the door stays open, and says so in the log, in a metric and by an alert. The
answer's headers are those of the IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis.asyncio as redis
import structlog
from limits.aio.storage import RedisStorage
from prometheus_client import Counter
from redis.exceptions import RedisError

from api.client_address import household

log = structlog.get_logger()

WINDOW_SECONDS = 60
_PATIENCE_SECONDS = 0.5
_MOST_SPENT = 10_000
_PAUSE_SECONDS = 1.0  # after a failure, so that Redis being away costs no request a wait

REFUSED = Counter("innkeeper_rate_limited_total", "Operations refused because there were too many", ("by",))
UNCHECKED = Counter("innkeeper_rate_limit_unchecked_total", "Requests let in uncounted because Redis was away")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit, and in how many seconds it is whole again."""

    name: str
    most: int
    left: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Empty when nothing was counted."""

    allowances: tuple[Allowance, ...] = ()

    def headers(self) -> list[tuple[bytes, bytes]]:
        if not self.allowances:
            return []
        policies = ", ".join(f'"{one.name}";q={one.most};w={WINDOW_SECONDS}' for one in self.allowances)
        left = ", ".join(f'"{one.name}";r={max(one.left, 0)};t={one.seconds}' for one in self.allowances)
        return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", left.encode())]


class TooManyOperations(Exception):
    def __init__(self, quota: Quota, spent: Allowance, message: str = "") -> None:
        super().__init__(spent.name)
        self.quota = quota
        self.retry_after = max(spent.seconds, 1)
        self.message = message or f"Too many operations; try again in {self.retry_after} seconds."

    def error(self) -> dict[str, object]:
        return {"message": self.message, "extensions": {"code": "RATE_LIMITED", "retryAfter": self.retry_after}}


class RateLimits:
    def __init__(self, storage: RedisStorage, *, principal: int, address: int) -> None:
        """Operations a minute; 0 for no limit."""
        self._storage = storage
        self._principal = principal
        self._address = address
        self._away_until = 0.0
        self._away = False
        self._spent: dict[str, float] = {}  # who has nothing left → Unix seconds when their window ends

    async def count(self, operations: int, *, principal: str, address: str) -> Quota:
        """Raises TooManyOperations."""
        asked = self._asked(principal, address)
        if not asked:
            return Quota()
        if time.monotonic() < self._away_until:
            UNCHECKED.inc()
            return Quota()
        now = time.time()
        window = int(now // WINDOW_SECONDS)
        seconds = WINDOW_SECONDS - int(now % WINDOW_SECONDS)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                spent = await asyncio.gather(
                    *(
                        self._storage.incr(f"{kind}:{who}:{window}", WINDOW_SECONDS, operations)
                        for kind, who, _ in asked
                    )
                )
        except (RedisError, OSError, TimeoutError) as failure:
            self._note_away(failure)
            return Quota()
        self._note_back()
        quota = Quota(
            tuple(
                Allowance(kind, most, most - count, seconds)
                for (kind, _, most), count in zip(asked, spent, strict=True)
            )
        )
        for allowance in quota.allowances:
            if allowance.left < 0:
                self._note_spent(next(who for kind, who, _ in asked if kind == allowance.name), now + seconds)
                REFUSED.labels(allowance.name).inc(operations)
                raise TooManyOperations(quota, allowance)
        return quota

    def refuse_the_spent(self, *, principal: str, address: str) -> None:
        """Raises TooManyOperations for whom this gateway has refused in this minute: nothing of theirs is read."""
        now = time.time()
        for kind, who, most in self._asked(principal, address):
            ends = self._spent.get(who, 0.0)
            if ends > now:
                REFUSED.labels(kind).inc()
                spent = Allowance(kind, most, 0, int(ends - now) + 1)
                raise TooManyOperations(Quota((spent,)), spent)

    def _asked(self, principal: str, address: str) -> list[tuple[str, str, int]]:
        """Kind, name and limit of everything that counts."""
        asked = []
        if principal and self._principal:
            asked.append(("principal", principal, self._principal))
        if address and self._address:
            asked.append(("address", household(address), self._address))
        return asked

    def _note_spent(self, who: str, ends: float) -> None:
        if len(self._spent) >= _MOST_SPENT:
            now = time.time()
            self._spent = {name: until for name, until in self._spent.items() if until > now}
        if len(self._spent) < _MOST_SPENT:
            self._spent[who] = ends

    def _note_away(self, failure: Exception) -> None:
        UNCHECKED.inc()
        self._away_until = time.monotonic() + _PAUSE_SECONDS
        if not self._away:
            self._away = True
            log.error("rate_limits.off", failure=type(failure).__name__)

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.info("rate_limits.on")


@asynccontextmanager
async def open_rate_limits(redis_url: str, *, principal: int, address: int) -> AsyncIterator[RateLimits]:
    pool = redis.ConnectionPool.from_url(redis_url)
    storage = RedisStorage(
        f"async+{redis_url}",
        implementation="redispy",
        key_prefix="innkeeper:rate",
        connection_pool=pool,  # type: ignore[arg-type]  # its options are said to be plain values; this one is not
    )
    try:
        yield RateLimits(storage, principal=principal, address=address)
    finally:
        await pool.aclose()
