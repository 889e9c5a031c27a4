"""The catalogue of what hoteliers' own systems may be told: which event of ours is which type of theirs. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message

PING = "endpoint.ping"


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that is of one type or another by what its field says."""

    field: str
    types: Mapping[object, str]

    def of(self, event: Message) -> str:
        """Empty for what the field has no type for."""
        return self.types.get(getattr(event, self.field), "")


def _refund_failed(subject: str) -> _Told:
    return _Told("reversed", {False: f"{subject}.refund_failed", True: f"{subject}.refund_reversed"})


def _disputed(subject: str) -> _Told:
    return _Told("state", {state: f"{subject}.dispute_{state.lower()}" for state in ("OPENED", "WON", "LOST")})


OF_BOOKING: Mapping[str, str | _Told] = {
    "BookingHeld": "booking.held",
    "BookingOffered": "booking.offered",
    "BookingPaymentStarted": "booking.payment_started",
    "BookingPaymentFailed": "booking.payment_failed",
    "BookingPaymentReceived": "booking.payment_received",
    "BookingPaymentDisputed": _disputed("booking"),
    "BookingConfirmed": "booking.confirmed",
    "BookingExpired": "booking.expired",
    "BookingRefunded": "booking.refunded",
    "BookingRefundFailed": _refund_failed("booking"),
    "BookingCancelled": "booking.cancelled",
    "BookingModified": "booking.modified",
    "BookingVisitChanged": "booking.visit_changed",
    "BookingChargeAdded": "booking.charge_added",
    "BookingCheckedIn": "booking.checked_in",
    "BookingCheckedOut": "booking.checked_out",
    "BookingMarkedNoShow": "booking.no_show",
    "BookingReinstated": "booking.reinstated",
}
OF_APPOINTMENT: Mapping[str, str | _Told] = {
    "AppointmentHeld": "appointment.held",
    "AppointmentRequested": "appointment.requested",
    "AppointmentPaymentStarted": "appointment.payment_started",
    "AppointmentPaymentFailed": "appointment.payment_failed",
    "AppointmentPaymentReceived": "appointment.payment_received",
    "AppointmentPaymentDisputed": _disputed("appointment"),
    "AppointmentConfirmed": "appointment.confirmed",
    "AppointmentExpired": "appointment.expired",
    "AppointmentMoved": "appointment.moved",
    "AppointmentCancelled": "appointment.cancelled",
    "AppointmentCompleted": "appointment.completed",
    "AppointmentMarkedNoShow": "appointment.no_show",
    "AppointmentRefunded": "appointment.refunded",
    "AppointmentRefundFailed": _refund_failed("appointment"),
}
_OTHERS: Mapping[str, str | _Told] = {"ReviewCreated": "review.created", "InventoryChanged": "inventory.changed"}
TOLD = {**OF_BOOKING, **OF_APPOINTMENT, **_OTHERS}
PUBLIC_TYPES = frozenset(
    kind for told in TOLD.values() for kind in ([told] if isinstance(told, str) else told.types.values())
)


def public_type(event: Message) -> str:
    """What hoteliers know an event as; empty for what is not told."""
    told = TOLD.get(event.DESCRIPTOR.name, "")
    return told if isinstance(told, str) else told.of(event)
