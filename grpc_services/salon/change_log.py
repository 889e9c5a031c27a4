"""The audit log: every change of a salon is written down in the transaction that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from grpc_services.salon import change_queries
from runtime.database import Connection
from runtime.identifiers import new_id
from runtime.identity import current_caller
from runtime.request_context import request_id


async def record_change(
    connection: Connection,
    salon_id: uuid.UUID,
    subject_kind: str,
    subject_id: uuid.UUID,
    action: str,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Keeps of `before` and `after` what differs. None: it did not exist.

    Kinds are Salon, Master, Service and Schedule; actions created, updated, published, unpublished, archived,
    invited and joined.
    """
    if before is not None and after is not None:
        before, after = _differing(before, after)
    caller = current_caller()
    await change_queries.insert_change(
        connection,
        {
            "id": new_id(),
            "salon_id": salon_id,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "action": action,
            "actor_id": caller.account_id,
            "actor_role": caller.role.value,
            "before": _document(before),
            "after": _document(after),
            "request_id": request_id(),
        },
    )


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


def _document(side: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """With ids as text, which JSON has no type for."""
    if side is None:
        return None
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in side.items()}
