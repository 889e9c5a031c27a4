"""A running payment service for each file of tests, over empty tables."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.grpc_services.payment.house import TABLES, House, running_house
from tests.grpc_services.payment.receiver import Receiver, running_receiver
from tests.parts import Parts


@pytest.fixture(scope="session")
async def session_receiver() -> AsyncIterator[Receiver]:
    async with running_receiver() as running:
        yield running


@pytest.fixture
async def receiver(session_receiver: Receiver) -> AsyncIterator[Receiver]:
    """The endpoint, well behaved again after each test."""
    yield session_receiver
    session_receiver.statuses.clear()
    session_receiver.open.set()


@pytest.fixture(scope="module")
async def module_house(parts: Parts, session_receiver: Receiver) -> AsyncIterator[House]:
    await empty_tables(parts)
    async with running_house(parts, session_receiver) as running:
        yield running


@pytest.fixture
async def house(module_house: House, receiver: Receiver) -> AsyncIterator[House]:
    """The service that a file's tests share, at the real time again after each test."""
    yield module_house
    module_house.clock.ahead *= 0


async def empty_tables(parts: Parts) -> None:
    connection = await asyncpg.connect(parts.database_url("payment"))
    try:
        await connection.execute(f"TRUNCATE {', '.join(f'payment.{table}' for table in TABLES)}")
    finally:
        await connection.close()
