"""What the entries of a timeline are about, and the words of those that others cause. No I/O."""

from __future__ import annotations

import enum

from runtime.settling import WEBHOOK_RECEIVED

NOTIFICATION_SENT = "NotificationSent"
NOTIFICATION_FAILED = "NotificationFailed"


class Topic(enum.StrEnum):
    BOOKING = "BOOKING"
    PAYMENT = "PAYMENT"
    WEBHOOK = "WEBHOOK"
    NOTIFICATION = "NOTIFICATION"


# Every other kind is a move of the booking itself.
KINDS_OF: dict[Topic, tuple[str, ...]] = {
    Topic.PAYMENT: (
        "PaymentStarted",
        "PaymentReceived",
        "PaymentFailed",
        "DeskPaymentRecorded",
        "RefundRequested",
        "BookingRefunded",
        "RefundFailed",
        "RefundReversed",
        "PaymentDisputed",
        "DisputeWon",
        "DisputeLost",
    ),
    Topic.WEBHOOK: (WEBHOOK_RECEIVED,),
    Topic.NOTIFICATION: (NOTIFICATION_SENT, NOTIFICATION_FAILED),
}
_TOPIC_OF = {kind: topic for topic, kinds in KINDS_OF.items() for kind in kinds}


def topic_of(kind: str) -> Topic:
    return _TOPIC_OF.get(kind, Topic.BOOKING)
