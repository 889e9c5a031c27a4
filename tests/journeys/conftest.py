from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.journeys.running_stack import RunningStack, free_block, start_stack


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStack]:
    """A stack that is up; tests that end it or hurt it start one of their own."""
    async with start_stack(tmp_path_factory.mktemp("house") / ".stack", free_block()) as running:
        await running.said("Ctrl-C ends everything")
        yield running
