"""Which event of an appointment tells whom what. No I/O."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol

from contracts.events.v1 import events_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification.plans import NO_ACCOUNT, NO_BOOKING, Notice, Plan, amount, some_amount
from runtime.clock import from_timestamp


class AppointmentEvent(Protocol):
    """What all events of the appointment topic have."""

    @property
    def appointment(self) -> events_pb2.AppointmentSnapshot: ...


_EVENTS: dict[str, Callable[[bytes], AppointmentEvent]] = {
    "AppointmentHeld": events_pb2.AppointmentHeld.FromString,
    "AppointmentRequested": events_pb2.AppointmentRequested.FromString,
    "AppointmentPaymentFailed": events_pb2.AppointmentPaymentFailed.FromString,
    "AppointmentConfirmed": events_pb2.AppointmentConfirmed.FromString,
    "AppointmentExpired": events_pb2.AppointmentExpired.FromString,
    "AppointmentMoved": events_pb2.AppointmentMoved.FromString,
    "AppointmentCancelled": events_pb2.AppointmentCancelled.FromString,
    "AppointmentCompleted": events_pb2.AppointmentCompleted.FromString,
    "AppointmentMarkedNoShow": events_pb2.AppointmentMarkedNoShow.FromString,
    "AppointmentRefunded": events_pb2.AppointmentRefunded.FromString,
    "AppointmentRefundFailed": events_pb2.AppointmentRefundFailed.FromString,
    "AppointmentPaymentDisputed": events_pb2.AppointmentPaymentDisputed.FromString,
}
EVENTS = frozenset(_EVENTS)
_LATE_MONEY = "LATE_MONEY"  # it came after the hold: only then is there something to be sorry for
_TO_CLIENT = {
    "AppointmentHeld": "appointment_held",
    "AppointmentRequested": "appointment_requested",
    "AppointmentPaymentFailed": "appointment_payment_failed",
    "AppointmentConfirmed": "appointment_confirmed",
    "AppointmentExpired": "appointment_expired",
    "AppointmentMoved": "appointment_moved",
    "AppointmentCompleted": "appointment_completed",
    "AppointmentMarkedNoShow": "appointment_no_show",
    "AppointmentRefunded": "appointment_refunded",
}
_TO_SALON = {
    "AppointmentRequested": "new_appointment",
    "AppointmentConfirmed": "new_appointment",
    "AppointmentMoved": "moved_appointment",
    "AppointmentCancelled": "cancelled_appointment",
}
_OF_DISPUTE = {
    "OPENED": "disputed_appointment",
    "WON": "won_appointment_dispute",
    "LOST": "lost_appointment_dispute",
}


def plan_of(envelope: events_pb2.Envelope, event_id: uuid.UUID) -> Plan:
    """The client hears of every move; the salon's owner and the masters of what comes, moves and falls away; the owner
    alone of money that is contested or cannot be sent back.

    Raises DecodeError or ValueError for what is no such event.
    """
    event = _EVENTS[envelope.type](envelope.payload)
    parameters = _parameters(event.appointment) | _told_by(event)
    notices = _notices(envelope.type, event)
    return Plan(event_id, envelope.type, NO_BOOKING, envelope.request_id, parameters, notices)


def _notices(kind: str, event: AppointmentEvent) -> tuple[Notice, ...]:
    appointment = event.appointment
    if isinstance(event, events_pb2.AppointmentPaymentDisputed | events_pb2.AppointmentRefundFailed):
        return _to_owner(event)
    by_salon = isinstance(event, events_pb2.AppointmentCancelled) and event.by_salon
    if isinstance(event, events_pb2.AppointmentCancelled):
        to_client = "appointment_cancelled_by_salon" if by_salon else "appointment_cancelled"
    else:
        to_client = _TO_CLIENT[kind]
    client = uuid.UUID(appointment.client_account_id)
    told = [Notice(client, to_client)]
    if appointment.booking_id and _is_told_with_rooms(kind, event):
        told = []
    if kind in _TO_SALON and not _was_only_held(event):
        staff = [appointment.salon_owner_id, *appointment.master_account_ids]
        accounts = dict.fromkeys(uuid.UUID(account) for account in staff if account)
        told += [Notice(account, _TO_SALON[kind]) for account in accounts if account != client]
    return tuple(notice for notice in told if notice.account_id != NO_ACCOUNT)


def _to_owner(
    event: events_pb2.AppointmentPaymentDisputed | events_pb2.AppointmentRefundFailed,
) -> tuple[Notice, ...]:
    """A refund that is sent again is nobody's news; one that was given up is the owner's."""
    owner = uuid.UUID(event.appointment.salon_owner_id) if event.appointment.salon_owner_id else NO_ACCOUNT
    if isinstance(event, events_pb2.AppointmentPaymentDisputed):
        template = _OF_DISPUTE.get(event.state)
    else:
        template = "failed_appointment_refund" if event.given_up else None
    return (Notice(owner, template),) if template and owner != NO_ACCOUNT else ()


def _is_told_with_rooms(kind: str, event: AppointmentEvent) -> bool:
    """What befalls a visit together with the rooms that it was booked with, its client hears of with them."""
    if isinstance(event, events_pb2.AppointmentCancelled):
        return event.with_booking
    return kind in ("AppointmentHeld", "AppointmentConfirmed", "AppointmentExpired")


def _was_only_held(event: AppointmentEvent) -> bool:
    """Called off before it was paid with its rooms: the salon never heard of it."""
    return (
        isinstance(event, events_pb2.AppointmentCancelled)
        and event.with_booking
        and not event.appointment.paid.minor_units
    )


def _parameters(appointment: events_pb2.AppointmentSnapshot) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "appointment_id": str(uuid.UUID(appointment.appointment_id)),
        "reference": appointment.reference,
        "salon_name": appointment.salon_name,
        "client_name": appointment.client_name,
        "starts_at": from_timestamp(appointment.starts_at).isoformat(),
        "time_zone": appointment.time_zone,
        "services": list(appointment.service_names),
        "masters": list(dict.fromkeys(appointment.master_names)),
        "total": amount(appointment.total),
        "to_confirm": appointment.state == appointment_pb2.APPOINTMENT_STATE_REQUESTED,
    }
    if appointment.HasField("hold_expires_at"):
        parameters["deadline"] = from_timestamp(appointment.hold_expires_at).isoformat()
    return parameters


def _told_by(event: AppointmentEvent) -> dict[str, Any]:
    """What one kind of event tells beyond the appointment itself."""
    match event:
        case events_pb2.AppointmentRefunded():
            return {"amount": amount(event.amount), "late": event.reason == _LATE_MONEY}
        case events_pb2.AppointmentRefundFailed():
            return {"amount": amount(event.amount)}
        case events_pb2.AppointmentPaymentDisputed():
            return {"disputed": amount(event.amount)}
        case events_pb2.AppointmentCancelled():
            return {"amount": some_amount(event.refund), "penalty": some_amount(event.penalty), "reason": event.reason}
        case events_pb2.AppointmentMarkedNoShow():
            return {"penalty": some_amount(event.penalty)}
        case events_pb2.AppointmentMoved():
            return {"before": from_timestamp(event.before_starts_at).isoformat(), "by_salon": event.by_salon}
    return {}
