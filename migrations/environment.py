"""What every env.py runs: one service's history, in its schema, as its role, over the given connection."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from migrations.histories import metadata_of, role_of


def run(service: str) -> None:
    connection: Connection = context.config.attributes["connection"]
    connection.execute(text(f"SET ROLE {role_of(service)}"))
    context.configure(
        connection=connection,
        target_metadata=metadata_of(service),
        version_table="alembic_version",
        version_table_schema=service,
        include_schemas=True,
        include_name=lambda name, kind, _parents: name == service if kind == "schema" else True,
        include_object=_is_ours,
        transaction_per_migration=False,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    return not (kind == "table" and name == "alembic_version")
