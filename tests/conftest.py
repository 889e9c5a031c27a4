"""What every test may ask for. Narrower fixtures stand in the conftest of the folder that uses them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from grpc_services.auth.service import auth_service
from tests.house import auth_settings
from tests.parts import Parts, running_parts


@pytest.fixture(scope="session")
async def parts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    async with running_parts(tmp_path_factory.mktemp("parts")) as running:
        yield running


@pytest.fixture(scope="session")
async def auth_address(parts: Parts) -> AsyncIterator[str]:
    async with auth_service(auth_settings(parts)) as server:
        yield server.address
