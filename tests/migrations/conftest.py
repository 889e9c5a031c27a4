"""A database of a test's own, on the test server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from stack.embedded.postgres import SUPERUSER
from tests.parts import PASSWORD, Parts

ROLE_PASSWORDS = dict.fromkeys((*map(role_of, SERVICES), RELAY_ROLE), PASSWORD)


@pytest.fixture
async def empty_database(parts: Parts) -> AsyncIterator[str]:
    """Its URL, as a role that may make roles; dropped afterwards."""
    async with _new_database(parts) as name:
        yield _url(parts, name)


@pytest.fixture
async def migrated_database(parts: Parts, migrated: str) -> AsyncIterator[str]:
    """One that every history was upgraded on, and nothing else."""
    async with _new_database(parts, f"TEMPLATE {migrated}") as name:
        yield _url(parts, name)


@pytest.fixture(scope="package")
async def migrated(parts: Parts) -> AsyncIterator[str]:
    """The name of what `migrated_database` is copied from."""
    async with _new_database(parts) as name:
        await provision(_url(parts, name), ROLE_PASSWORDS)
        await upgrade(_url(parts, name))
        yield name


@asynccontextmanager
async def _new_database(parts: Parts, options: str = "") -> AsyncIterator[str]:
    name = f"migrations_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(parts.admin_database_url)
    await admin.execute(f"CREATE DATABASE {name} {options}")
    try:
        yield name
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


def _url(parts: Parts, name: str) -> str:
    return parts.postgres.url_of(SUPERUSER, PASSWORD, database=name)
