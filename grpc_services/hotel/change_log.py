"""The audit log: every change of a house is written down in the transaction that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from grpc_services.hotel import change_queries
from runtime.database import Connection, Record
from runtime.identifiers import new_id
from runtime.identity import current_caller
from runtime.request_context import request_id


async def record_change(
    connection: Connection,
    *,
    hotel_id: uuid.UUID,
    subject_kind: str,
    subject_id: uuid.UUID,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Keeps of `before` and `after` what differs. None: it did not exist, or does not any more.

    Kinds are Hotel, RoomType, RatePlan, Room, PriceRule, Rates and Extra; actions created, updated, published,
    unpublished, archived, deleted and imported.
    """
    if before is not None and after is not None:
        before, after = differing(before, after)
    change = {"subject_kind": subject_kind, "subject_id": subject_id, "action": action}
    await change_queries.insert_changes(
        connection,
        [
            {
                "id": new_id(),
                "hotel_id": hotel_id,
                "before": _document(before),
                "after": _document(after),
                **change,
                **_actor(),
            }
        ],
    )


async def record_part_change(
    connection: Connection,
    kind: str,
    row: Record,
    action: str,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """As `record_change`, of the row of something that a house has."""
    await record_change(
        connection,
        hotel_id=row["hotel_id"],
        subject_kind=kind,
        subject_id=row["id"],
        action=action,
        before=before,
        after=after,
    )


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entries of both sides that are not the same, or are on one side only."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


async def record_imports(connection: Connection, houses: Sequence[dict[str, Any]]) -> None:
    """Writes that the current caller imported these houses' rows."""
    actor = _actor()
    await change_queries.insert_changes(
        connection,
        [
            {
                "id": new_id(),
                "hotel_id": house["id"],
                "subject_kind": "Hotel",
                "subject_id": house["id"],
                "action": "imported",
                "before": None,
                "after": {"name": house["name"], "state": house["state"]},
                **actor,
            }
            for house in houses
        ],
    )


def _document(side: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """With ids as text, which JSON has no type for."""
    if side is None:
        return None
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in side.items()}


def _actor() -> dict[str, Any]:
    caller = current_caller()
    return {"actor_id": caller.account_id, "actor_role": caller.role.value, "request_id": request_id()}
