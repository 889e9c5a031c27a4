"""The audit log of webhook endpoints: every change is written down, and told, in the transaction that makes it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from grpc_services.notification import webhook_change_queries
from grpc_services.notification.events import publish_endpoint_changed
from runtime.database import Connection, Record
from runtime.identifiers import new_id
from runtime.identity import current_caller
from runtime.request_context import request_id

# What a hotelier sees of an endpoint; secrets are not among it.
_SHOWN = ("url", "description", "events", "all_houses", "hotel_ids", "salon_ids", "active", "disabled_reason")


async def record_change(
    connection: Connection, action: str, *, before: Record | None, after: Record | None, at: dt.datetime
) -> None:
    """Keeps what differs of two rows of an endpoint. None: it did not exist, or does not any more."""
    row = after or before
    if row is None:
        raise ValueError("a change of nothing")
    caller = current_caller()
    old, new = _shown(before), _shown(after)
    if old is not None and new is not None:
        differing = [name for name in _SHOWN if old[name] != new[name]]
        old, new = {name: old[name] for name in differing}, {name: new[name] for name in differing}
    await webhook_change_queries.ADD_CHANGE.execute(
        connection,
        id=new_id(),
        account_id=row["account_id"],
        endpoint_id=row["id"],
        action=action,
        actor_id=caller.account_id,
        actor_role=caller.role.value,
        at=at,
        request_id=request_id(),
        before=old,
        after=new,
    )
    await publish_endpoint_changed(connection, row, action)


def _shown(row: Record | None) -> dict[str, Any] | None:
    return None if row is None else {name: _plain(row[name]) for name in _SHOWN}


def _plain(value: Any) -> Any:
    """With ids as text, which JSON has no type for."""
    return [str(one) if isinstance(one, uuid.UUID) else one for one in value] if isinstance(value, list) else value
