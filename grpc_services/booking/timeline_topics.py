"""What the entries of a timeline are about, and the words of those that others cause. No I/O."""

from __future__ import annotations

import enum
import re

WEBHOOK_RECEIVED = "WebhookReceived"
NOTIFICATION_SENT = "NotificationSent"
NOTIFICATION_FAILED = "NotificationFailed"
_EVENT_TYPE = re.compile(r"[a-z0-9_.]{1,64}")
_OUTCOMES = {
    "APPLIED": "The booking was brought in line.",
    "NOTHING_TO_DO": "The booking was in line already.",
    "PARKED": "It does not fit the booking; a person looks at it.",
}


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


def webhook_summary(event_type: str, outcome: str) -> str:
    """`event_type` is that of a verified webhook; `outcome` says what it did to its booking."""
    told = event_type if _EVENT_TYPE.fullmatch(event_type) else "an unknown event"
    return f"The payment system told of {told}. {_OUTCOMES[outcome]}"
