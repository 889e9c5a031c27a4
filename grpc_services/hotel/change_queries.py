"""The statements of the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, Uuid, bindparam, insert, or_, select

from grpc_services.hotel.models import ChangeEntry
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_change = table_of(ChangeEntry)

_INSERT = Statement(
    insert(_change).values({column.name: bindparam(column.name) for column in _change.c if column.name != "at"})
)
_PAGE = Statement(
    select(_change)
    .where(
        _change.c.hotel_id == bindparam("hotel_id"),
        or_(bindparam("every_subject", type_=Boolean), _change.c.subject_id == bindparam("subject_id", type_=Uuid)),
        or_(bindparam("from_start", type_=Boolean), _change.c.id < bindparam("before_id", type_=Uuid)),
    )
    .order_by(_change.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


async def insert_changes(connection: Connection, changes: Sequence[dict[str, Any]]) -> None:
    await _INSERT.execute_many(connection, changes)


async def page_of_changes(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    subject_id: uuid.UUID | None,
    before_id: uuid.UUID | None,
    limit: int,
) -> list[Record]:
    """Newest first, from the one after `before_id` on."""
    nothing = uuid.UUID(int=0)
    return await _PAGE.fetch(
        connection,
        hotel_id=hotel_id,
        every_subject=subject_id is None,
        subject_id=subject_id or nothing,
        from_start=before_id is None,
        before_id=before_id or nothing,
        limit=limit,
    )
