"""Every history goes up, down without a trace, and up again, and makes what the models say."""

from __future__ import annotations

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from migrations.commands import check, downgrade, provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, metadata_of, role_of
from tests.architecture.source_tree import ROOT
from tests.migrations.conftest import ROLE_PASSWORDS

THINGS = """
    SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = CAST($1 AS regnamespace)
       AND relname NOT LIKE 'alembic_version%'
    UNION ALL
    SELECT 'type ' || typname FROM pg_type WHERE typnamespace = CAST($1 AS regnamespace)
       AND typname NOT LIKE '%alembic_version'
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = CAST($1 AS regnamespace)
"""


async def test_histories_go_up_down_and_up_again_and_agree_with_the_models(empty_database: str) -> None:
    await provision(empty_database, ROLE_PASSWORDS)
    await upgrade(empty_database)
    await check(empty_database)
    first = {service: await things(empty_database, service) for service in SERVICES}
    assert all(first.values())
    await downgrade(empty_database)
    assert {service: await things(empty_database, service) for service in SERVICES} == {
        service: [] for service in SERVICES
    }
    await upgrade(empty_database)
    await check(empty_database)
    assert {service: await things(empty_database, service) for service in SERVICES} == first


async def test_every_single_step_can_be_taken_back(empty_database: str) -> None:
    await provision(empty_database, ROLE_PASSWORDS)
    for service in SERVICES:
        for step in steps(service):
            before = await things(empty_database, service)
            await upgrade(empty_database, (service,), step)
            await downgrade(empty_database, (service,), "-1")
            assert await things(empty_database, service) == before, f"{service} {step}"
            await upgrade(empty_database, (service,), step)


@pytest.mark.parametrize("service", SERVICES)
def test_a_history_is_one_numbered_line(service: str) -> None:
    taken = steps(service)
    assert taken == [f"{number:04d}" for number in range(1, len(taken) + 1)]
    files = sorted(path.name for path in (ROOT / "migrations" / service / "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in files] == taken


async def test_a_model_without_its_migration_is_noticed(empty_database: str) -> None:
    await provision(empty_database, ROLE_PASSWORDS)
    await upgrade(empty_database, ("hotel",))
    connection = await asyncpg.connect(empty_database)
    await connection.execute("ALTER TABLE hotel.room_type DROP COLUMN position")
    await connection.close()
    with pytest.raises(CommandError):
        await check(empty_database, ("hotel",))


async def test_provisioning_twice_changes_nothing(migrated_database: str) -> None:
    await provision(migrated_database, ROLE_PASSWORDS)
    await upgrade(migrated_database)
    await check(migrated_database)


async def test_everything_in_a_schema_belongs_to_its_service(migrated_database: str) -> None:
    connection = await asyncpg.connect(migrated_database)
    owned = await connection.fetch(
        "SELECT DISTINCT schemaname, tableowner FROM pg_tables WHERE schemaname = ANY($1::text[])", list(SERVICES)
    )
    await connection.close()
    assert {tuple(row) for row in owned} == {(service, role_of(service)) for service in SERVICES}


async def test_no_role_reaches_into_another_schema(migrated_database: str) -> None:
    """The relay alone does, and only to the outboxes."""
    connection = await asyncpg.connect(migrated_database)
    reached = await connection.fetch(
        """
        SELECT role, schemaname, tablename
          FROM unnest($1::text[]) AS role, pg_tables
         WHERE schemaname = ANY($2::text[])
           AND has_schema_privilege(role, schemaname, 'USAGE')
           AND has_table_privilege(role, format('%I.%I', schemaname, tablename), 'SELECT, INSERT, UPDATE, DELETE')
           AND role <> 'innkeeper_' || schemaname
        """,
        [*map(role_of, SERVICES), RELAY_ROLE],
        list(SERVICES),
    )
    await connection.close()
    with_outbox = {service for service in SERVICES if f"{service}.outbox_event" in metadata_of(service).tables}
    assert {tuple(row) for row in reached} == {(RELAY_ROLE, service, "outbox_event") for service in with_outbox}


def steps(service: str) -> list[str]:
    """The revisions of a history, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations" / service))
    return [script.revision for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]


async def things(url: str, service: str) -> list[str]:
    """What is in a service's schema but for Alembic's own table."""
    connection = await asyncpg.connect(url)
    try:
        return sorted(row[0] for row in await connection.fetch(THINGS, service))
    finally:
        await connection.close()
