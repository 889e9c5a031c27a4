"""Which event tells whom what, and when a failed e-mail is tried again. No I/O."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from google.protobuf.message import DecodeError

from contracts.events.v1 import events_pb2
from grpc_services.notification import appointment_news, planning, review_news
from grpc_services.notification.catalogue import MESSAGES, Audience, Channel
from grpc_services.notification.planning import Dropped, Planned
from grpc_services.notification.plans import NO_ACCOUNT, Notice, Plan, amount, some_amount
from runtime.clock import from_timestamp
from runtime.errors import InvalidInput

LATE_MONEY = "LATE_MONEY"  # why money goes back that came after the hold: only then is there something to be sorry for
REFUSALS_BEFORE_UNDELIVERABLE = 2
_PATH = ("envelope",)
_LONGEST_REASON = 200
_ADDRESS = re.compile(r"\S+@\S+")

# One try, then one more after each of these.
_RETRY_AFTER = (
    dt.timedelta(seconds=10),
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
)
MOST_ATTEMPTS = len(_RETRY_AFTER) + 1


_TO_GUEST = {
    "BookingHeld": "booking_held",
    "BookingConfirmed": "booking_confirmed",
    "BookingPaymentFailed": "booking_payment_failed",
    "BookingExpired": "booking_expired",
    "BookingRefunded": "booking_refunded",
    "BookingModified": "booking_modified",
    "BookingCheckedOut": "booking_checked_out",
    "BookingMarkedNoShow": "booking_no_show",
    "BookingReinstated": "booking_reinstated",
    "BookingOffered": "booking_offered",
}
_TO_HOTELIER = {
    "BookingConfirmed": "new_booking",
    "BookingModified": "changed_booking",
    "BookingCancelled": "cancelled_booking",
}
_OF_DISPUTE = {
    "OPENED": "disputed_booking",
    "WON": "won_booking_dispute",
    "LOST": "lost_booking_dispute",
}


class BookingEvent(Protocol):
    """What all events of the booking topic have."""

    @property
    def booking(self) -> events_pb2.BookingSnapshot: ...


_EVENTS: dict[str, Callable[[bytes], BookingEvent]] = {
    "BookingHeld": events_pb2.BookingHeld.FromString,
    "BookingConfirmed": events_pb2.BookingConfirmed.FromString,
    "BookingPaymentFailed": events_pb2.BookingPaymentFailed.FromString,
    "BookingExpired": events_pb2.BookingExpired.FromString,
    "BookingRefunded": events_pb2.BookingRefunded.FromString,
    "BookingRefundFailed": events_pb2.BookingRefundFailed.FromString,
    "BookingPaymentDisputed": events_pb2.BookingPaymentDisputed.FromString,
    "BookingCancelled": events_pb2.BookingCancelled.FromString,
    "BookingModified": events_pb2.BookingModified.FromString,
    "BookingCheckedOut": events_pb2.BookingCheckedOut.FromString,
    "BookingMarkedNoShow": events_pb2.BookingMarkedNoShow.FromString,
    "BookingReinstated": events_pb2.BookingReinstated.FromString,
    "BookingOffered": events_pb2.BookingOffered.FromString,
}


def read_event(raw_envelope: bytes) -> tuple[Plan | None, list[Planned | Dropped]]:
    """What it tells now, None for what is nobody's news, and what it changes of what is planned for later. Raises
    InvalidInput for what is not an event."""
    try:
        envelope = events_pb2.Envelope.FromString(raw_envelope)
        event_id = uuid.UUID(envelope.id)
        return _plan_of(envelope, event_id), planning.planned_by(envelope)
    except (DecodeError, ValueError):
        raise InvalidInput("This is not an event in an envelope.", path=_PATH) from None


def message_id(event_id: uuid.UUID, account_id: uuid.UUID, domain: str) -> str:
    """The same for every try, so that a mail that arrives twice is shown once."""
    digest = hashlib.sha256(f"{event_id}/{account_id}/{Channel.EMAIL}".encode()).hexdigest()[:40]
    return f"<{digest}@{domain}>"


def is_for_hotelier(template: str) -> bool:
    """Or for whoever else runs a house or salon."""
    return MESSAGES[template].audience is not Audience.GUEST


def retry_after(attempts: int) -> dt.timedelta | None:
    """How long to wait after so many failed attempts; None when there is no further one."""
    return _RETRY_AFTER[attempts - 1] if 1 <= attempts < MOST_ATTEMPTS else None


def clean_reason(failure: str) -> str:
    """A reason fit to be stored: short, and without the address that mail servers like to repeat."""
    return _ADDRESS.sub("(address)", failure)[:_LONGEST_REASON]


def fingerprint(address: str) -> str:
    """Of an e-mail address, which itself is not kept."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _plan_of(envelope: events_pb2.Envelope, event_id: uuid.UUID) -> Plan | None:
    if envelope.type in review_news.EVENTS:
        return review_news.plan_of(envelope, event_id)
    if envelope.type in appointment_news.EVENTS:
        return appointment_news.plan_of(envelope, event_id)
    if envelope.type not in _EVENTS:
        return None
    event = _EVENTS[envelope.type](envelope.payload)
    booking = event.booking
    guest = uuid.UUID(booking.guest_account_id)
    owner = uuid.UUID(booking.hotel_owner_id) if booking.hotel_owner_id else NO_ACCOUNT
    return Plan(
        event_id,
        envelope.type,
        uuid.UUID(booking.booking_id),
        envelope.request_id,
        _parameters(booking) | _told_by(event),
        _notices(envelope.type, event, guest, owner),
    )


def _notices(kind: str, event: BookingEvent, guest: uuid.UUID, owner: uuid.UUID) -> tuple[Notice, ...]:
    """A house without an owner is not told; a guest without an account may be, by e-mail."""
    to_guest, to_owner = _to_guest(kind, event), _to_owner(kind, event)
    told = [Notice(guest, to_guest)] if to_guest else []
    if to_owner and owner != NO_ACCOUNT:
        told.append(Notice(owner, to_owner))
    return tuple(told)


def _to_guest(kind: str, event: BookingEvent) -> str | None:
    if isinstance(event, events_pb2.BookingCancelled):
        return "booking_cancelled_by_hotel" if event.by_hotel else "booking_cancelled"
    return _TO_GUEST.get(kind)


def _to_owner(kind: str, event: BookingEvent) -> str | None:
    """A refund that is sent again is nobody's news; one that was given up is the owner's."""
    match event:
        case events_pb2.BookingPaymentDisputed():
            return _OF_DISPUTE.get(event.state)
        case events_pb2.BookingRefundFailed():
            return "failed_booking_refund" if event.given_up else None
    return _TO_HOTELIER.get(kind)


def _told_by(event: BookingEvent) -> dict[str, Any]:
    """What one kind of event tells beyond the booking itself."""
    match event:
        case events_pb2.BookingRefunded():
            return {"amount": amount(event.amount), "late": event.reason == LATE_MONEY}
        case events_pb2.BookingRefundFailed():
            return {"amount": amount(event.amount)}
        case events_pb2.BookingPaymentDisputed():
            return {"disputed": amount(event.amount)}
        case events_pb2.BookingCancelled():
            return {
                "amount": some_amount(event.refund),
                "penalty": some_amount(event.penalty),
                "whole": event.whole,
                "reason": event.reason,
            }
        case events_pb2.BookingModified():
            return {
                "amount": some_amount(event.refund),
                "due": some_amount(event.due),
                "check_in_before": dt.date.fromisoformat(event.before.check_in).isoformat(),
                "check_out_before": dt.date.fromisoformat(event.before.check_out).isoformat(),
                "room_names_before": list(event.before.room_names),
                "total_before": amount(event.before.total),
            }
        case events_pb2.BookingMarkedNoShow():
            return {"penalty": some_amount(event.penalty)}
    return {}


def _parameters(booking: events_pb2.BookingSnapshot) -> dict[str, Any]:
    deadline = booking.hold_expires_at if booking.HasField("hold_expires_at") else None
    return {
        "reference": booking.reference,
        "hotel_name": booking.hotel_name,
        "guest_name": booking.guest_name,
        "check_in": dt.date.fromisoformat(booking.check_in).isoformat(),
        "check_out": dt.date.fromisoformat(booking.check_out).isoformat(),
        "room_names": list(booking.room_names),
        "total": amount(booking.total),
        "paid": amount(booking.paid) if booking.paid.minor_units else None,
        "deadline": from_timestamp(deadline).isoformat() if deadline else None,
        "time_zone": booking.time_zone,
        "visits": [
            {
                "salon_name": visit.salon_name,
                "starts_at": from_timestamp(visit.starts_at).isoformat(),
                "time_zone": visit.time_zone,
                "services": list(visit.service_names),
            }
            for visit in booking.visits
        ],
    }
