"""Provisioning and migrating, as functions that the command line, the stack and the tests share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations.histories import RELAY_ROLE, SERVICES, role_of

_HERE = Path(__file__).parent
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")


async def provision(url: str, passwords: Mapping[str, str]) -> None:
    """Makes each service's role and schema; may be run again, and then sets the passwords anew."""
    connection = await asyncpg.connect(url)
    try:
        for extension in EXTENSIONS:
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        for role in (*map(role_of, SERVICES), RELAY_ROLE):
            known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if known else "CREATE"
            literal = await connection.fetchval("SELECT quote_literal($1::text)", passwords[role])
            await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD {literal}")
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        for service in SERVICES:
            role = role_of(service)
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}")
            await connection.execute(f"GRANT USAGE ON SCHEMA {service} TO {RELAY_ROLE}")
            await connection.execute(f"ALTER ROLE {role} SET search_path = {service}, public")
    finally:
        await connection.close()


async def upgrade(url: str, services: Sequence[str] = SERVICES, revision: str = "head") -> None:
    for service in services:
        await _run(url, service, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, services: Sequence[str] = SERVICES, revision: str = "base") -> None:
    for service in reversed(services):
        await _run(url, service, lambda config: command.downgrade(config, revision))


async def check(url: str, services: Sequence[str] = SERVICES) -> None:
    """Raises alembic's CommandError when the models say something else than the migrations made."""
    for service in services:
        await _run(url, service, command.check)


async def revision(url: str, service: str, message: str) -> None:
    """Drafts the next numbered migration of a service; read and tidy it before it is committed."""
    number = 1 + len(list((_HERE / service / "versions").glob("[0-9]*.py")))
    await _run(
        url,
        service,
        lambda config: command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}"),
    )


async def _run(url: str, service: str, action: Callable[[Config], object]) -> None:
    config = Config()
    config.set_main_option("script_location", str(_HERE / service))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)

    def with_connection(connection: Connection) -> None:
        config.attributes["connection"] = connection
        action(config)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(with_connection)
    finally:
        await engine.dispose()
