"""Stored notifications as contract messages, in the reader's language."""

from __future__ import annotations

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import texts
from grpc_services.notification.plans import NO_BOOKING
from runtime.clock import to_timestamp
from runtime.database import Record


def notification_message(row: Record, locale: str) -> notification_pb2.Notification:
    text = texts.short_text(row["template"], row["parameters"], locale)
    return notification_pb2.Notification(
        id=str(row["id"]),
        kind=row["kind"],
        title=text.title,
        body=text.body,
        booking_id=booking_id(row),
        review_id=row["parameters"].get("review_id", ""),
        appointment_id=row["parameters"].get("appointment_id", ""),
        created_at=to_timestamp(row["created_at"]),
        read_at=to_timestamp(row["read_at"]) if row["read_at"] else None,
    )


def booking_id(row: Record) -> str:
    """Empty for what is not about a booking."""
    return "" if row["booking_id"] == NO_BOOKING else str(row["booking_id"])
