"""One whole house for all these tests, on servers of its own: other tests empty tables that this one is using."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from tests.api.client import Client
from tests.api.house import ApiHouse, running_api_house
from tests.api.payment_chaos import break_down
from tests.parts import running_parts


@pytest.fixture(scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiHouse]:
    directory = tmp_path_factory.mktemp("api-house")
    async with running_parts(directory) as parts, running_api_house(parts, directory) as running:
        yield running


@pytest.fixture(scope="package")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def nobody(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    """A client who has not signed in."""
    return Client(http, house.url)


@pytest.fixture(scope="package")
async def guest(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    return await Client(http, house.url).sign_up()


@pytest.fixture(scope="package")
async def stranger(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    """Another guest, who has no business with the first one's bookings."""
    return await Client(http, house.url).sign_up()


@pytest.fixture
def hotelier(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    return Client(http, house.url, token=house.hotelier.token, email=house.hotelier.email)


@pytest.fixture
async def nothing_changes(house: ApiHouse) -> AsyncIterator[None]:
    """The test must leave every row as it was."""
    before = await house.rows()
    yield
    assert await house.rows() == before


@pytest.fixture
async def break_payments(house: ApiHouse) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """Sets what the payment system breaks, such as `seed=7,lose=0.5`; it is calm again after the test."""

    async def follow(plan: str) -> None:
        await break_down(house, plan)

    yield follow
    await follow("")
