"""Copies in memory and in Redis: read from the nearest place, and never older than the last change that was told."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from api.catalogue_cache import CatalogueCache
from api.entity_cache import EntityCache
from api.shared_entries import ANSWER_SECONDS, open_shared_entries
from contracts.hotel.v1 import hotel_pb2
from runtime.identity import ANONYMOUS, Caller, Role
from runtime.live_channels import EntityKind, cache_key, entity_name
from stack.embedded.valkey import EmbeddedValkey
from tests.api.copies import PATIENCE_SECONDS, Source, count, hearing_cache, tell_until_heard, until, until_it_keeps
from tests.parts import free_port

GUEST = Caller(Role.GUEST, uuid.UUID(int=7))


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    """One that these tests may kill."""
    directory = tmp_path_factory.mktemp("valkey")
    server = EmbeddedValkey(directory, free_port(), "test-only", log_file=directory / "valkey.log")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def redis(valkey: EmbeddedValkey) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
async def cache(valkey: EmbeddedValkey) -> AsyncIterator[CatalogueCache]:
    async with hearing_cache(valkey.url) as hearing:
        yield hearing


@pytest.fixture
async def other(valkey: EmbeddedValkey) -> AsyncIterator[CatalogueCache]:
    """That of another gateway."""
    async with hearing_cache(valkey.url) as hearing:
        yield hearing


async def kill_and_restart(valkey: EmbeddedValkey) -> None:
    os.kill(valkey.child.pid, signal.SIGKILL)
    await valkey.child.wait()
    await valkey.start()


def key_of(source: Source) -> str:
    return cache_key(entity_name(EntityKind.HOTEL, source.house.id))


async def test_the_first_gateway_asks_the_service_the_second_redis_and_both_then_their_memory(
    cache: CatalogueCache, other: CatalogueCache
) -> None:
    source = Source()
    levels = [("process", "hit"), ("process", "miss"), ("redis", "hit"), ("redis", "miss")]
    counted = []
    for reader in (cache, cache, other, other):
        before = [count(*level) for level in levels]
        assert await source.read(reader) == 1
        counted.append([count(*level) - earlier for level, earlier in zip(levels, before, strict=True)])
    assert counted == [[0, 1, 0, 1], [1, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]]
    assert source.asked == [""]


async def test_a_change_reaches_every_gateway(cache: CatalogueCache, other: CatalogueCache, redis: Redis) -> None:
    source = Source()
    for reader in (cache, other):
        await source.read(reader)
    await tell_until_heard(redis, source.change())
    for reader in (cache, other):

        async def is_new(reader: CatalogueCache = reader) -> bool:
            return await source.read(reader) == 2

        await until(is_new)


@pytest.mark.parametrize("readers", [1, 2])
async def test_who_loaded_before_a_change_cannot_store_after_it(
    cache: CatalogueCache, other: CatalogueCache, redis: Redis, readers: int
) -> None:
    source = Source()
    source.gate.clear()
    reading = [asyncio.create_task(source.read(reader)) for reader in (cache, other)[:readers]]
    while len(source.asked) < readers:
        await asyncio.sleep(0.01)
    await tell_until_heard(redis, source.change())
    source.gate.set()
    assert await asyncio.gather(*reading) == [1] * readers
    assert not await redis.exists(key_of(source))
    async with asyncio.timeout(20):
        while [await source.read(reader) for reader in (cache, other)] != [2, 2]:
            await asyncio.sleep(0.02)


async def test_who_loaded_before_a_change_cannot_store_under_a_later_readers_lease(
    cache: CatalogueCache, other: CatalogueCache, redis: Redis
) -> None:
    source = Source()
    source.gate.clear()
    early = asyncio.create_task(source.read(cache))
    while not source.asked:
        await asyncio.sleep(0.01)
    old_gate, source.gate = source.gate, asyncio.Event()
    await tell_until_heard(redis, source.change())
    late = asyncio.create_task(source.read(other))
    while len(source.asked) < 2:
        await asyncio.sleep(0.01)
    old_gate.set()
    assert await early == 1
    assert not await redis.hexists(key_of(source), "copy")  # type: ignore[misc]
    source.gate.set()
    assert await late == 2
    copy = await redis.hget(key_of(source), "copy")  # type: ignore[misc]
    assert hotel_pb2.Hotel.FromString(copy).version == 2


async def test_a_key_that_redis_evicted_in_the_meantime_is_not_written(cache: CatalogueCache, redis: Redis) -> None:
    source = Source()
    source.gate.clear()
    reading = asyncio.create_task(source.read(cache))
    while not source.asked:
        await asyncio.sleep(0.01)
    await redis.delete(key_of(source))
    source.gate.set()
    await reading
    assert not await redis.exists(key_of(source))


async def test_nothing_from_before_a_restart_of_redis_counts(
    cache: CatalogueCache, valkey: EmbeddedValkey, redis: Redis
) -> None:
    """The append-only file brings back copies and leases, but the last second's deletions may be lost."""
    stored, loading = Source(), Source()
    await stored.read(cache)
    async with open_shared_entries(valkey.url, answer_seconds=PATIENCE_SECONDS) as shared:
        found = await shared.read(EntityKind.HOTEL, [stored.house.id, loading.house.id])
        assert found is not None
        assert found.copies.keys() == {stored.house.id}
        await valkey.child.stop()  # in good order, so that everything is on disk
        await valkey.start()
        assert await redis.hexists(key_of(stored), "copy")  # type: ignore[misc]
        assert await redis.hexists(key_of(loading), "lease")  # type: ignore[misc]
        async with open_shared_entries(valkey.url, answer_seconds=PATIENCE_SECONDS) as later:
            await later.store(EntityKind.HOTEL, {loading.house.id: b"old"}, found.leases)
            again = await later.read(EntityKind.HOTEL, [stored.house.id, loading.house.id])
            assert again is not None
            assert not again.copies
            await later.store(EntityKind.HOTEL, {loading.house.id: b"new"}, again.leases)
            last = await later.read(EntityKind.HOTEL, [loading.house.id])
            assert last is not None
            assert last.copies == {loading.house.id: b"new"}


async def test_a_gateway_that_was_deaf_for_a_while_ends_the_era_for_all(cache: CatalogueCache, redis: Redis) -> None:
    source = Source()
    await source.read(cache)
    source.change()  # nobody is told
    await redis.client_kill_filter(_type="pubsub", skipme=False)

    async def is_new() -> bool:
        return await source.read(cache) == 2

    await until(is_new)
    await until_it_keeps(cache)
    assert await source.read(cache) == 2


async def test_nothing_is_kept_and_redis_not_asked_while_changes_cannot_be_heard_of(cache: CatalogueCache) -> None:
    source = Source()
    await source.read(cache)
    cache.stop_to_hear()
    asked_redis = count("redis", "hit") + count("redis", "miss")
    assert [await source.is_asked_for(cache) for _ in range(3)] == [True] * 3
    assert count("redis", "hit") + count("redis", "miss") == asked_redis


async def test_what_was_loaded_while_a_change_may_have_been_missed_is_not_kept(cache: CatalogueCache) -> None:
    source = Source()
    source.gate.clear()
    reading = asyncio.create_task(source.read(cache))
    while not source.asked:
        await asyncio.sleep(0.01)
    source.change()
    cache.stop_to_hear()
    await cache.begin_to_hear()
    source.gate.set()
    assert await reading == 1
    assert await source.read(cache) == 2


async def test_what_not_everybody_sees_is_never_kept(cache: CatalogueCache, redis: Redis) -> None:
    source = Source()
    source.house.state = hotel_pb2.HOTEL_STATE_DRAFT
    for _ in range(2):
        assert await source.read(cache, source.owner) == 1
        assert await source.read(cache) is None
    assert source.asked == [None, "", None, ""]
    assert not await redis.hexists(key_of(source), "copy")  # type: ignore[misc]


async def test_owners_and_admins_read_past_the_copies_and_leave_none(cache: CatalogueCache, redis: Redis) -> None:
    source = Source()
    for caller in (source.owner, Caller(Role.ADMIN, uuid.UUID(int=9))):
        assert [await source.is_asked_for(cache, caller) for _ in range(2)] == [True, True]
    assert set(source.asked) == {None}
    assert not await redis.hexists(key_of(source), "copy")  # type: ignore[misc]
    await source.read(cache)
    source.change()
    assert await source.read(cache, source.owner) == 2


async def test_guests_and_other_hoteliers_share_the_copies(cache: CatalogueCache) -> None:
    source = Source()
    await source.read(cache, GUEST)
    for caller in (ANONYMOUS, GUEST, Caller(Role.HOTELIER, uuid.uuid4())):
        assert not await source.is_asked_for(cache, caller)
    assert source.asked == [""]


async def test_a_guest_who_sees_more_than_others_is_asked_for_by_name(cache: CatalogueCache) -> None:
    source = Source()
    source.house.state = hotel_pb2.HOTEL_STATE_ARCHIVED
    assert await source.read(cache, GUEST) == 1
    assert await source.read(cache) is None
    assert source.asked == ["", None, ""]


async def test_memory_is_bounded_and_the_longest_unread_goes_first(valkey: EmbeddedValkey) -> None:
    async with open_shared_entries(valkey.url, answer_seconds=PATIENCE_SECONDS) as shared:
        small = EntityCache(EntityKind.HOTEL, hotel_pb2.Hotel, lambda _house, _caller: False, shared, largest=2)
        small.hearing(yes=True)
        first, second, third = Source(), Source(), Source()
        for source in (first, second, first, third):
            await small.get([source.house.id], ANONYMOUS, source.load)
        before = count("process", "hit")
        for source in (first, third):
            await small.get([source.house.id], ANONYMOUS, source.load)
        assert count("process", "hit") - before == 2
        await small.get([second.house.id], ANONYMOUS, second.load)
        assert count("process", "hit") - before == 2


async def test_a_damaged_copy_is_as_good_as_none(cache: CatalogueCache, other: CatalogueCache, redis: Redis) -> None:
    source = Source()
    await source.read(cache)
    await redis.hset(key_of(source), "copy", "not a message")  # type: ignore[misc]
    assert await source.read(other) == 1
    assert source.asked == ["", ""]


async def test_answers_stay_right_while_redis_hangs(valkey: EmbeddedValkey, redis: Redis) -> None:
    """What was kept before is as old as the last word from Redis for two seconds at most; what is loaded is new."""
    kept, new = Source(), Source()
    async with (
        hearing_cache(valkey.url, answer_seconds=ANSWER_SECONDS) as cache,
        hearing_cache(valkey.url, answer_seconds=ANSWER_SECONDS) as other,
    ):
        await kept.read(cache)
        os.kill(valkey.child.pid, signal.SIGSTOP)
        try:
            telling = asyncio.create_task(tell_until_heard(redis, kept.change()))
            assert await new.read(cache) == 1
            new.house.version += 1
            assert await new.read(other) == 2

            async def is_new() -> bool:
                return await kept.read(cache) == 2

            await until(is_new)
        finally:
            os.kill(valkey.child.pid, signal.SIGCONT)
        await telling
        for reader in (cache, other):
            await until_it_keeps(reader)
            assert await kept.read(reader) == 2


async def test_answers_never_go_back_while_redis_dies_and_comes_again(
    cache: CatalogueCache, other: CatalogueCache, valkey: EmbeddedValkey
) -> None:
    source = Source()
    done = asyncio.Event()
    reads = 0

    async def keep_reading(reader: CatalogueCache) -> None:
        nonlocal reads
        newest = 0
        while not done.is_set():
            version = await source.read(reader)
            assert version is not None
            assert version >= newest
            newest = version
            reads += 1
            await asyncio.sleep(0.001)

    async def keep_editing() -> None:
        async with Redis.from_url(valkey.url) as client:
            for number in range(30):
                if number in (10, 20):
                    tasks.create_task(kill_and_restart(valkey))
                await tell_until_heard(client, source.change())
                for reader in (cache, other):

                    async def is_new(reader: CatalogueCache = reader) -> bool:
                        return await source.read(reader) == source.house.version

                    await until(is_new)
        done.set()

    async with asyncio.TaskGroup() as tasks:
        for reader in (cache, other, cache, other):
            tasks.create_task(keep_reading(reader))
        tasks.create_task(keep_editing())
    assert reads > 100
    for reader in (cache, other):
        await until_it_keeps(reader)
