"""The statements of the audit log."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Boolean, Integer, Uuid, bindparam, insert, or_, select

from grpc_services.salon.models import ChangeEntry
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_change = table_of(ChangeEntry)

_INSERT = Statement(
    insert(_change).values({column.name: bindparam(column.name) for column in _change.c if column.name != "at"})
)
_PAGE = Statement(
    select(_change)
    .where(
        _change.c.salon_id == bindparam("salon_id"),
        or_(bindparam("from_start", type_=Boolean), _change.c.id < bindparam("before_id", type_=Uuid)),
    )
    .order_by(_change.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


async def insert_change(connection: Connection, values: dict[str, Any]) -> None:
    await _INSERT.execute(connection, **values)


async def page_of_changes(
    connection: Connection, salon_id: uuid.UUID, *, before_id: uuid.UUID | None, limit: int
) -> list[Record]:
    """Newest first, from the one after `before_id` on."""
    return await _PAGE.fetch(
        connection,
        salon_id=salon_id,
        from_start=before_id is None,
        before_id=before_id or uuid.UUID(int=0),
        limit=limit,
    )
