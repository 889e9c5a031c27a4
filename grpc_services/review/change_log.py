"""The audit log: every action on a review is written down in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grpc_services.review import queries
from runtime.database import Connection, Record
from runtime.identifiers import new_id
from runtime.identity import current_caller
from runtime.request_context import request_id


async def record_change(
    connection: Connection, review: Record, action: str, *, before: Mapping[str, Any] | None = None, reason: str = ""
) -> None:
    """Actions are created, edited, deleted, replied, reported, hidden and kept; `before` is what stood there."""
    caller = current_caller()
    await queries.record_change(
        connection,
        id=new_id(),
        review_id=review["id"],
        action=action,
        actor_id=caller.account_id,
        actor_role=caller.role.value,
        before=dict(before or {}),
        reason=reason,
        request_id=request_id(),
    )
