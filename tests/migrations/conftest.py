"""A database of a test's own, on the test server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from migrations.histories import RELAY_ROLE, SERVICES, role_of
from stack.embedded.postgres import SUPERUSER
from tests.parts import PASSWORD, Parts

ROLE_PASSWORDS = dict.fromkeys((*map(role_of, SERVICES), RELAY_ROLE), PASSWORD)


@pytest.fixture
async def empty_database(parts: Parts) -> AsyncIterator[str]:
    """Its URL, as a role that may make roles; dropped afterwards."""
    name = f"migrations_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(parts.admin_database_url)
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        yield parts.postgres.url_of(SUPERUSER, PASSWORD, database=name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
