"""Rows as contract messages."""

from __future__ import annotations

import uuid

from contracts.notification.v1 import notification_pb2, preference_pb2
from grpc_services.notification import texts
from grpc_services.notification.catalogue import MESSAGES, Channel
from grpc_services.notification.plans import NO_ACCOUNT, NO_BOOKING
from grpc_services.notification.rules import is_for_hotelier
from runtime.clock import to_timestamp
from runtime.database import Record

_EMAIL_STATES = {
    None: notification_pb2.DELIVERY_STATE_UNSPECIFIED,
    "PENDING": notification_pb2.DELIVERY_STATE_PENDING,
    "SENDING": notification_pb2.DELIVERY_STATE_PENDING,
    "SENT": notification_pb2.DELIVERY_STATE_SENT,
    "FAILED": notification_pb2.DELIVERY_STATE_FAILED,
    "SUPPRESSED": notification_pb2.DELIVERY_STATE_SUPPRESSED,
}


def notification_message(row: Record, locale: str) -> notification_pb2.Notification:
    text = texts.short_text(row["template"], row["parameters"], locale)
    return notification_pb2.Notification(
        id=str(row["id"]),
        kind=row["kind"],
        type=type_value(MESSAGES[row["template"]].type),
        title=text.title,
        body=text.body,
        booking_id=id_text(row["booking_id"]),
        review_id=row["parameters"].get("review_id", ""),
        appointment_id=row["parameters"].get("appointment_id", ""),
        hotel_id=row["parameters"].get("hotel_id", ""),
        created_at=to_timestamp(row["created_at"]),
        read_at=to_timestamp(row["read_at"]) if row["read_at"] else None,
        email=_EMAIL_STATES[row["email_state"]],
    )


def failed_delivery_message(row: Record) -> notification_pb2.FailedDelivery:
    return notification_pb2.FailedDelivery(
        id=str(row["id"]),
        kind=row["kind"],
        type=type_value(MESSAGES[row["template"]].type),
        account_id="" if row["account_id"] == NO_ACCOUNT else str(row["account_id"]),
        booking_id=id_text(row["booking_id"]),
        appointment_id=row["parameters"].get("appointment_id", ""),
        failure=row["last_failure"],
        attempts=row["attempts"],
        failed_at=to_timestamp(row["finished_at"]),
    )


def unsent_message(row: Record, state: str, reason: str) -> notification_pb2.UnsentEmail:
    return notification_pb2.UnsentEmail(
        state=_EMAIL_STATES[state],
        reason=reason,
        request_id=row["request_id"],
        booking_id=id_text(row["booking_id"]),
        appointment_id=row["parameters"].get("appointment_id", ""),
        kind=row["kind"],
        to_hotelier=is_for_hotelier(row["template"]),
    )


def preference_message(name: str, channel: Channel, *, enabled: bool, required: bool) -> preference_pb2.Preference:
    return preference_pb2.Preference(
        type=type_value(name), channel=channel_value(channel), enabled=enabled, required=required
    )


def type_value(name: str) -> preference_pb2.NotificationType.ValueType:
    return preference_pb2.NotificationType.Value(f"NOTIFICATION_TYPE_{name}")


def type_name(value: preference_pb2.NotificationType.ValueType) -> str:
    """Raises ValueError for what is no type."""
    return preference_pb2.NotificationType.Name(value).removeprefix("NOTIFICATION_TYPE_")


def channel_value(channel: Channel) -> preference_pb2.NotificationChannel.ValueType:
    return preference_pb2.NotificationChannel.Value(f"NOTIFICATION_CHANNEL_{channel}")


def channel_of(value: preference_pb2.NotificationChannel.ValueType) -> Channel:
    """Raises ValueError for what is no channel."""
    return Channel(preference_pb2.NotificationChannel.Name(value).removeprefix("NOTIFICATION_CHANNEL_"))


def id_text(identifier: uuid.UUID) -> str:
    """Empty for what is not about a booking."""
    return "" if identifier == NO_BOOKING else str(identifier)
