"""What the entries of an appointment's timeline are about, and the words of those that others cause. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from contracts.salon.v1 import appointment_pb2
from runtime.errors import InvalidInput
from runtime.settling import WEBHOOK_RECEIVED

NOTIFICATION_SENT = "NotificationSent"
NOTIFICATION_FAILED = "NotificationFailed"
_PREFIX = "APPOINTMENT_TIMELINE_TOPIC_"


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
