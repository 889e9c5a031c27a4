"""Rows read in the order of their commits: nobody who goes on from a position misses one."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from runtime.commit_order import (
    THIS_TRANSACTION,
    Page,
    Position,
    after_position,
    decode_position,
    encode_position,
    in_order,
    page_in_order,
    position_now,
    position_of,
)
from runtime.errors import InvalidInput
from tests.parts import Parts

_TABLE = f"commit_order_{uuid.uuid4().hex}"
_READ = f"""
    SELECT one.id, one.written_in, {in_order("one")} AS settled FROM {_TABLE} AS one
    WHERE {after_position("one").replace(":transaction", "$1").replace(":row_id", "$2")}
    ORDER BY one.written_in, one.id
"""  # noqa: S608  # put together from constants


@pytest.fixture
async def pool(parts: Parts) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(parts.admin_database_url, min_size=1, max_size=12) as pool:
        await pool.execute(f"CREATE TABLE {_TABLE} (id uuid, written_in bigint DEFAULT {THIS_TRANSACTION})")
        yield pool
        await pool.execute(f"DROP TABLE {_TABLE}")


async def read(pool: asyncpg.Pool, position: Position) -> Page:
    return page_in_order(await pool.fetch(_READ, *position))


async def write(connection: asyncpg.Connection) -> uuid.UUID:
    identifier = uuid.uuid4()
    await connection.execute(f"INSERT INTO {_TABLE} (id) VALUES ($1)", identifier)  # noqa: S608
    return identifier


async def test_a_row_written_earlier_and_committed_later_is_not_missed(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as slow, pool.acquire() as quick:
        position = await position_now(slow)
        transaction = slow.transaction()
        await transaction.start()
        late = await write(slow)
        early = await write(quick)
        page = await read(pool, position)
        assert (page.rows, page.more_soon) == ([], True)
        await transaction.commit()
    page = await read(pool, position)
    assert ([row["id"] for row in page.rows], page.more_soon) == ([late, early], False)


async def test_readers_of_many_writers_see_each_row_once_and_all_of_them(pool: asyncpg.Pool) -> None:
    written: list[uuid.UUID] = []
    position = await position_now(pool)

    async def writer(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(20):
            async with pool.acquire() as connection, connection.transaction():
                identifier = await write(connection)
                await asyncio.sleep(chance.random() / 100)
            written.append(identifier)

    writers = asyncio.gather(*map(writer, range(8)))
    seen: list[uuid.UUID] = []
    while not writers.done() or len(seen) < len(written):
        page = await read(pool, position)
        seen += [row["id"] for row in page.rows]
        position = position_of(page.rows[-1]) if page.rows else position
        await asyncio.sleep(0)
    await writers
    assert len(seen) == len(set(seen))
    assert set(seen) == set(written)


def test_a_position_survives_being_written_down() -> None:
    position = Position(2**40, uuid.uuid4())
    assert decode_position(encode_position(position)) == position


@pytest.mark.parametrize("cursor", ["", "made up", "WyJhIiwiYiJd"])
def test_what_is_no_position_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_position(cursor)
    assert refused.value.path == ("after",)
