"""What the entries of an appointment's timeline are about, and the words of those that others cause. No I/O."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

from contracts.salon.v1 import appointment_pb2
from runtime.errors import InvalidInput

WEBHOOK_RECEIVED = "WebhookReceived"
NOTIFICATION_SENT = "NotificationSent"
NOTIFICATION_FAILED = "NotificationFailed"
_EVENT_TYPE = re.compile(r"[a-z0-9_.]{1,64}")
_PREFIX = "APPOINTMENT_TIMELINE_TOPIC_"
_OUTCOMES = {
    "APPLIED": "The appointment was brought in line.",
    "NOTHING_TO_DO": "The appointment was in line already.",
    "PARKED": "It does not fit the appointment; a person looks at it.",
}


class Topic(enum.StrEnum):
    APPOINTMENT = "APPOINTMENT"
    PAYMENT = "PAYMENT"
    WEBHOOK = "WEBHOOK"
    NOTIFICATION = "NOTIFICATION"


# Every other kind is a move of the appointment itself.
KINDS_OF: dict[Topic, tuple[str, ...]] = {
    Topic.PAYMENT: (
        "PaymentStarted",
        "PaymentFailed",
        "RefundRequested",
        "AppointmentRefunded",
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


def topic_value(kind: str) -> appointment_pb2.AppointmentTimelineTopic.ValueType:
    topic = _TOPIC_OF.get(kind, Topic.APPOINTMENT)
    return appointment_pb2.AppointmentTimelineTopic.Value(f"{_PREFIX}{topic}")


def wanted_topics(values: Sequence[appointment_pb2.AppointmentTimelineTopic.ValueType]) -> set[Topic]:
    """All when none is named; raises InvalidInput for a number that stands for no topic."""
    if len(values) > len(Topic):
        raise InvalidInput("Name every topic once.", path=("topics",))
    try:
        named = {Topic(appointment_pb2.AppointmentTimelineTopic.Name(value).removeprefix(_PREFIX)) for value in values}
    except ValueError:
        raise InvalidInput("There is no such topic.", path=("topics",)) from None
    return named or set(Topic)


def webhook_summary(event_type: str, outcome: str) -> str:
    """`event_type` is that of a verified webhook; `outcome` says what it did to its appointment."""
    told = event_type if _EVENT_TYPE.fullmatch(event_type) else "an unknown event"
    return f"The payment system told of {told}. {_OUTCOMES[outcome]}"
