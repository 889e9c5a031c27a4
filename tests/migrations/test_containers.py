"""The containers that run once, as docker-compose.yml has them, on a database of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from migrations.commands import check
from runtime.settings import plain_environment
from tests.architecture.compose_file import Compose, make_env_file, read_compose, read_env_file
from tests.architecture.source_tree import ROOT
from tests.parts import PASSWORD


@pytest.fixture
def compose(tmp_path: Path) -> Compose:
    """With the passwords that the roles of the test server have."""
    variables = read_env_file(make_env_file(tmp_path))
    return read_compose(
        {name: PASSWORD if "DATABASE" in name or "POSTGRES" in name else value for name, value in variables.items()}
    )


async def test_migrations_and_demo_do_their_work_and_the_demo_loads_once(compose: Compose, empty_database: str) -> None:
    await run(compose, "migrations", empty_database)
    await check(empty_database)
    assert "1212 houses loaded" in await run(compose, "demo", empty_database)
    assert "0 houses loaded" in await run(compose, "demo", empty_database)
    connection = await asyncpg.connect(empty_database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM hotel.hotel WHERE state = 'PUBLISHED'") == 1212
        assert await connection.fetchval("SELECT count(*) FROM auth.account") == 4
        assert await connection.fetchval("SELECT count(*) FROM hotel.outbox_event") > 1212
        assert await connection.fetchval("SELECT count(*) FROM salon.salon WHERE state = 'PUBLISHED'") == 30
        assert await connection.fetchval("SELECT count(*) FROM review.review") > 150
    finally:
        await connection.close()


async def run(compose: Compose, name: str, database: str) -> str:
    """The container's own command in its own environment, but for where the database is."""
    given = compose.environment(name)
    here, there = urlsplit(database), urlsplit(given["DATABASE_URL"])
    credentials = there.netloc.rpartition("@")[0]
    given["DATABASE_URL"] = here._replace(netloc=f"{credentials}@{here.netloc.rpartition('@')[2]}").geturl()
    path = os.pathsep.join((str(Path(sys.executable).parent), plain_environment().get("PATH", os.defpath)))
    started = await asyncio.create_subprocess_exec(
        *compose.services[name]["command"],
        cwd=ROOT,
        env={**plain_environment(), "PATH": path, "PYTHONPATH": str(ROOT), **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await started.communicate()
    assert started.returncode == 0, said.decode()
    return said.decode()
