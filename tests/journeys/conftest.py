"""One stack for all journeys, as every start costs half a minute."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.apache_kafka.server import ApacheKafka
from tests.journeys.running_stack import RunningStack, free_block, start_stack


@pytest.fixture(scope="package")
async def stack(tmp_path_factory: pytest.TempPathFactory, own_kafka: Mapping[str, str]) -> AsyncIterator[RunningStack]:
    """A stack that is up. A test may end or hurt it if it is up and whole again afterwards."""
    folder = tmp_path_factory.mktemp("house") / ".stack"
    async with start_stack(folder, free_block(), environment=own_kafka) as running:
        await running.said("Ctrl-C ends everything")
        yield running


@pytest.fixture(scope="package")
async def own_kafka(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, str]]:
    """The settings of a stack on Apache Kafka, where it is asked for."""
    if not request.config.getoption("--apache-kafka"):
        yield {}
        return
    broker = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    await broker.start()
    yield {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
    await broker.stop()
