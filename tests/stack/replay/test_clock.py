"""The clock of a replay, as its services and the database read it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from migrations.commands import provision
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from stack.embedded.postgres import EmbeddedPostgres
from stack.replay.clock import CLOCKED, MovingClock
from tests.parts import PASSWORD, free_port

BEGINS = dt.datetime(2015, 7, 1)  # noqa: DTZ001  # at the hotel
NOON = dt.time(12)
ROOT = Path(__file__).resolve().parents[3]
OTHER_CLOCKS = re.compile(
    r"clock_timestamp|statement_timestamp|transaction_timestamp|pg_catalog\.now|\b(?:current|local)_?time|current_date",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A server of its own: a replay changes what time it is for whole roles."""
    directory: Path = tmp_path_factory.mktemp("clock")
    server = EmbeddedPostgres(directory, free_port(), PASSWORD, log_file=directory / "log", durable=False)
    await server.start()
    roles = (*map(role_of, SERVICES), RELAY_ROLE)
    await provision(server.url, dict.fromkeys(roles, PASSWORD))
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def clock(postgres: EmbeddedPostgres) -> AsyncIterator[MovingClock]:
    owner = await asyncpg.connect(postgres.url)
    await owner.execute("CREATE TABLE hotel.thing (name text, created_at timestamptz DEFAULT now())")
    await owner.execute(f"GRANT ALL ON hotel.thing TO {role_of('hotel')}")
    moving = MovingClock(owner, "Europe/Lisbon", BEGINS)
    await moving.take_over()
    yield moving
    await owner.close()


@pytest.mark.parametrize("service", CLOCKED)
def test_the_sql_of_a_service_asks_for_the_time_with_now_alone(service: str) -> None:
    """Nothing else can be answered by a clock that moves."""
    for folder in (ROOT / "grpc_services" / service, ROOT / "migrations" / service):
        for file in folder.rglob("*.py"):
            assert not OTHER_CLOCKS.search(file.read_text(encoding="utf-8")), file


async def test_database_and_services_read_the_same_moment_at_the_hotel(
    clock: MovingClock, postgres: EmbeddedPostgres
) -> None:
    hotel = await asyncpg.connect(postgres.url_of(role_of("hotel"), PASSWORD))
    for day, expected in (
        (dt.date(2015, 10, 24), dt.datetime(2015, 10, 24, 11, tzinfo=dt.UTC)),  # summer time
        (dt.date(2015, 10, 25), dt.datetime(2015, 10, 25, 12, tzinfo=dt.UTC)),
    ):
        await clock.move_to(day, NOON)
        assert clock.now() == expected
        assert await hotel.fetchval("SELECT now()") == expected
        made = "INSERT INTO hotel.thing (name) VALUES ($1) RETURNING created_at"
        assert await hotel.fetchval(made, day.isoformat()) == expected
    await hotel.close()


async def test_who_is_not_part_of_the_replay_keeps_the_real_time(
    clock: MovingClock, postgres: EmbeddedPostgres
) -> None:
    auth = await asyncpg.connect(postgres.url_of(role_of("auth"), PASSWORD))
    assert await auth.fetchval("SELECT now() - clock_timestamp() BETWEEN '-1 hour' AND '0'")
    assert clock.now().year == 2015
    await auth.close()


async def test_time_does_not_run_backwards(clock: MovingClock) -> None:
    before = clock.now()
    with pytest.raises(ValueError, match="backwards"):
        await clock.move_to(dt.date(2015, 6, 30), NOON)
    assert clock.now() == before
