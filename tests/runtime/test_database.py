"""Connections of the pool are given back clean, and one statement is one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest

from runtime.database import Connection, Database, open_database
from tests.parts import Parts

LEFT_BEHIND = """
    SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
        (SELECT count(*) FROM pg_cursors WHERE name <> '') AS cursors,
        current_setting('lock_timeout') AS lock_timeout, pg_current_xact_id_if_assigned() AS transaction
"""


@pytest.fixture
async def database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("booking"), pool_size=1, application_name="tests") as opened:
        yield opened


async def left_behind(database: Database) -> dict[str, object]:
    async with database.reading() as connection:
        row = await connection.fetchrow(LEFT_BEHIND)
    assert row is not None
    return {name: row[name] for name in ("locks", "cursors", "lock_timeout", "transaction")}


async def test_nothing_of_a_transaction_outlives_it_however_it_ends(database: Database) -> None:
    fresh = await left_behind(database)

    async def work(*, wait: bool = False) -> None:
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL lock_timeout = '1s'")
            await connection.fetchval("SELECT pg_advisory_xact_lock(7)")
            await connection.execute("DECLARE looked CURSOR FOR SELECT 1")
            if wait:
                await connection.fetchval("SELECT pg_sleep(30)")

    await work()
    assert await left_behind(database) == fresh
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await work(wait=True)
    assert await left_behind(database) == fresh
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with database.transaction() as connection:
            await connection.fetchval("SELECT pg_advisory_xact_lock(7), 1 / 0")
    assert await left_behind(database) == fresh


async def test_a_statement_given_up_before_it_ran_leaves_no_transaction_open(database: Database) -> None:
    async with database.reading() as connection:
        process = await connection.fetchval("SELECT pg_backend_pid()")
    with pytest.raises(asyncpg.DataError):  # prepared, but its value cannot be sent
        async with database.reading() as connection:
            await connection.fetchval("SELECT $1::int", "no number")
    async with database.snapshot() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == process


async def test_a_connection_that_is_cut_is_an_outage_and_the_next_one_works(parts: Parts, database: Database) -> None:
    admin = await asyncpg.connect(parts.admin_database_url)
    try:
        for use in (database.transaction, database.snapshot, database.reading):

            async def work(use: Callable[[], AbstractAsyncContextManager[Connection]] = use) -> None:
                async with use() as connection:
                    process = await connection.fetchval("SELECT pg_backend_pid()")
                    await admin.execute("SELECT pg_terminate_backend($1)", process)
                    while True:
                        await connection.fetchval("SELECT pg_sleep(0.01)")

            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
                await work()
            async with use() as connection:
                assert await connection.fetchval("SELECT 1") == 1
    finally:
        await admin.close()


async def test_a_transaction_that_was_left_open_is_rolled_back(database: Database) -> None:
    async with database.single_statement() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE booking.never_kept (id int)")
    async with database.reading() as connection:
        assert await connection.fetchval("SELECT to_regclass('booking.never_kept')") is None


async def test_one_statement_is_a_transaction_of_its_own(database: Database) -> None:
    async with database.single_statement() as connection:
        await connection.execute("CREATE TABLE booking.kept_at_once (id int)")
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with database.single_statement() as connection:
                await connection.execute(
                    "INSERT INTO booking.kept_at_once SELECT 1 / n FROM generate_series(1, 0, -1) AS n"
                )
        async with database.reading() as connection:
            assert await connection.fetchval("SELECT count(*) FROM booking.kept_at_once") == 0
    finally:
        async with database.single_statement() as connection:
            await connection.execute("DROP TABLE booking.kept_at_once")
