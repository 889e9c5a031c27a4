"""People at a review service of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.grpc_services.review.critics import Critics, open_critics
from tests.parts import Parts


@pytest.fixture(scope="package")
async def running_critics(parts: Parts, auth_address: str) -> AsyncIterator[Critics]:
    async with open_critics(parts, auth_address) as opened:
        yield opened


@pytest.fixture
def critics(running_critics: Critics) -> Critics:
    """With the clock as it was."""
    running_critics.clock.at = type(running_critics.clock)().at
    return running_critics
