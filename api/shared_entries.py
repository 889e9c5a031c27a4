"""The copies that all gateways share in Redis.

A copy is written under a lease, so that an old one can never follow a change. Whoever finds nothing is given the
lease of that key, loads, and may store only while the key still holds this very lease. A change deletes the key and
the lease with it. So does whatever else may happen to a key: eviction, expiry, or the end of an era. Entries count
only in the era in which they were written: a restart of Redis ends it, as it may have lost the last change, and so
does a gateway that could not hear of changes for a while.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from runtime.live_channels import EntityKind, cache_key, entity_name

log = structlog.get_logger()

COPY_SECONDS = 60.0  # a last resort: changes delete sooner
_LEASE_SECONDS = 10.0  # longer than any load takes
ANSWER_SECONDS = 0.25  # longer is not waited for Redis
_PAUSE_SECONDS = 1.0  # after a failure Redis is left alone
_CONNECTIONS = 16

_ERA_KEY = cache_key("era")
_ERA = """
local run = redis.call('INFO', 'server'):match('run_id:(%x+)')
local era = redis.call('GET', KEYS[1])
"""
_READ = f"""
{_ERA}
if not era then
  era = ARGV[1]
  redis.call('SET', KEYS[1], era)
end
era = run .. era
local answers = {{}}
for number = 2, #KEYS do
  local key = KEYS[number]
  local entry = redis.call('HMGET', key, 'era', 'copy', 'lease')
  if entry[1] == era and entry[2] then
    answers[number - 1] = {{entry[2], false}}
  else
    local lease = entry[3]
    if entry[1] ~= era or not lease then
      lease = ARGV[1]
      redis.call('DEL', key)
      redis.call('HSET', key, 'era', era, 'lease', lease)
    end
    redis.call('PEXPIRE', key, ARGV[2])
    answers[number - 1] = {{false, lease}}
  end
end
return answers
"""
_STORE = f"""
{_ERA}
if not era then
  return
end
era = run .. era
for number = 2, #KEYS do
  local key, lease, copy = KEYS[number], ARGV[2 * number - 2], ARGV[2 * number - 1]
  local entry = redis.call('HMGET', key, 'era', 'lease')
  if entry[1] == era and entry[2] == lease then
    redis.call('HDEL', key, 'lease')
    redis.call('HSET', key, 'copy', copy)
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
"""


@dataclass
class Found:
    """By id: the copies that are there, and the leases of those that are not."""

    copies: dict[str, bytes] = field(default_factory=dict)
    leases: dict[str, bytes] = field(default_factory=dict)


class SharedEntries:
    """Without Redis nothing is found and nothing is stored."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._read = client.register_script(_READ)
        self._store = client.register_script(_STORE)
        self._rested_at = 0.0

    async def read(self, kind: EntityKind, ids: Sequence[str]) -> Found | None:
        """None when Redis was not asked or did not answer."""
        if time.monotonic() < self._rested_at:
            return None
        keys = [_ERA_KEY, *(_key(kind, identifier) for identifier in ids)]
        try:
            answers = await self._read(keys=keys, args=[secrets.token_bytes(16), int(_LEASE_SECONDS * 1000)])
        except (RedisError, OSError) as failure:
            self._rest(failure)
            return None
        found = Found()
        for identifier, (copy, lease) in zip(ids, answers, strict=True):
            if copy is None:
                found.leases[identifier] = lease
            else:
                found.copies[identifier] = copy
        return found

    async def store(self, kind: EntityKind, copies: Mapping[str, bytes], leases: Mapping[str, bytes]) -> None:
        """Those whose lease still holds."""
        arguments: list[bytes | int] = [int(COPY_SECONDS * 1000)]
        keys = [_ERA_KEY]
        for identifier, copy in copies.items():
            if identifier in leases:
                keys.append(_key(kind, identifier))
                arguments += [leases[identifier], copy]
        if len(keys) == 1 or time.monotonic() < self._rested_at:
            return
        try:
            await self._store(keys=keys, args=arguments)
        except (RedisError, OSError) as failure:
            self._rest(failure)

    async def begin_era(self) -> None:
        """Nothing that was stored until now counts any more. Raises RedisError or OSError."""
        await self._client.set(_ERA_KEY, secrets.token_bytes(16))

    def _rest(self, failure: Exception) -> None:
        log.warning("cache.redis_away", failure=type(failure).__name__)
        self._rested_at = time.monotonic() + _PAUSE_SECONDS


def _key(kind: EntityKind, identifier: str) -> str:
    return cache_key(entity_name(kind, identifier))


@asynccontextmanager
async def open_shared_entries(
    redis_url: str, *, answer_seconds: float = ANSWER_SECONDS
) -> AsyncIterator[SharedEntries]:
    """Over connections of its own, that give up soon."""
    pool: redis.BlockingConnectionPool = redis.BlockingConnectionPool.from_url(
        redis_url,
        max_connections=_CONNECTIONS,
        timeout=answer_seconds,
        socket_timeout=answer_seconds,
        socket_connect_timeout=answer_seconds,
    )
    client: redis.Redis = redis.Redis(connection_pool=pool)
    try:
        yield SharedEntries(client)
    finally:
        await client.aclose()
        await pool.aclose()
