"""Rows of webhooks as contract messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from contracts.notification.v1 import webhook_pb2
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.identity import NOBODY


def endpoint(row: Record) -> webhook_pb2.WebhookEndpoint:
    return webhook_pb2.WebhookEndpoint(
        id=str(row["id"]),
        url=row["url"],
        description=row["description"],
        events=row["events"],
        houses=webhook_pb2.WEBHOOK_HOUSES_ALL if row["all_houses"] else webhook_pb2.WEBHOOK_HOUSES_NAMED,
        hotel_ids=[str(one) for one in row["hotel_ids"]],
        salon_ids=[str(one) for one in row["salon_ids"]],
        active=row["active"],
        disabled_reason=row["disabled_reason"],
        version=row["version"],
        created_at=to_timestamp(row["created_at"]),
        failing_since=to_timestamp(row["failing_since"]) if row["failing_since"] else None,
        previous_secret_until=to_timestamp(row["previous_until"]) if row["previous_until"] else None,
    )


def change(row: Record) -> webhook_pb2.WebhookChange:
    return webhook_pb2.WebhookChange(
        id=str(row["id"]),
        endpoint_id=str(row["endpoint_id"]),
        action=row["action"],
        actor_id="" if row["actor_id"] == NOBODY else str(row["actor_id"]),
        actor_role=row["actor_role"],
        at=to_timestamp(row["at"]),
        request_id=row["request_id"],
        before_json=_json(row["before"]),
        after_json=_json(row["after"]),
    )


def delivery(row: Record, attempts: Sequence[Record]) -> webhook_pb2.WebhookDelivery:
    return webhook_pb2.WebhookDelivery(
        id=str(row["id"]),
        endpoint_id=str(row["endpoint_id"]),
        event_id=str(row["event_id"]),
        type=row["type"],
        body=row["body"],
        state=webhook_pb2.WebhookDeliveryState.Value(f"WEBHOOK_DELIVERY_STATE_{row['state']}"),
        created_at=to_timestamp(row["created_at"]),
        next_attempt_at=to_timestamp(row["next_attempt_at"]) if row["next_attempt_at"] else None,
        attempts=[
            webhook_pb2.WebhookAttempt(
                status_code=one["status_code"] or 0,
                failure=one["failure"],
                duration_milliseconds=one["duration_milliseconds"],
                at=to_timestamp(one["at"]),
            )
            for one in attempts
        ],
    )


def _json(document: Any) -> str:
    return "" if document is None else orjson.dumps(document).decode()
