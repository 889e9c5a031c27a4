"""Which event is told to hoteliers' own systems, and in which words. No I/O.

The body is versioned JSON: within a version fields are only added. It holds what the hotelier may see through
GraphQL, under the same ids; no e-mail address is among it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.message import DecodeError

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification.webhook_types import OF_APPOINTMENT, OF_BOOKING, TOLD, public_type
from runtime.clock import from_timestamp
from runtime.errors import InvalidInput
from runtime.identifiers import encode_id

BODY_VERSION = 1


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """`hotel_id` and `salon_id` say whose news it is; both are None for a review of a master, which only endpoints of
    all houses hear of."""

    event_id: uuid.UUID
    type: str
    owner_id: uuid.UUID
    hotel_id: uuid.UUID | None
    salon_id: uuid.UUID | None
    body: str
    request_id: str


def webhook_event(raw_envelope: bytes) -> WebhookEvent | None:
    """None for what is not told, or belongs to nobody; raises InvalidInput for what is not an event."""
    try:
        envelope = events_pb2.Envelope.FromString(raw_envelope)
        event_id = uuid.UUID(envelope.id)
        if envelope.type not in TOLD:
            return None
        event: Any = getattr(events_pb2, envelope.type).FromString(envelope.payload)
        kind = public_type(event)
        owner, hotel, salon, data = _read(envelope.type, event)
        if not kind or not owner or uuid.UUID(owner).int == 0:
            return None
        return WebhookEvent(
            event_id=event_id,
            type=kind,
            owner_id=uuid.UUID(owner),
            hotel_id=uuid.UUID(hotel) if hotel else None,
            salon_id=uuid.UUID(salon) if salon else None,
            body=body_of(event_id, kind, from_timestamp(envelope.occurred_at), data),
            request_id=envelope.request_id,
        )
    except (DecodeError, ValueError):
        raise InvalidInput("This is not an event in an envelope.", path=("envelope",)) from None


def public_event_id(event_id: uuid.UUID) -> str:
    """What receivers dedupe on."""
    return encode_id("WebhookEvent", str(event_id))


def body_of(event_id: uuid.UUID, kind: str, at: dt.datetime, data: dict[str, Any]) -> str:
    return orjson.dumps(
        {
            "id": public_event_id(event_id),
            "type": kind,
            "version": BODY_VERSION,
            "timestamp": at.isoformat(),
            "data": data,
        }
    ).decode()


def _read(name: str, event: Any) -> tuple[str, str, str, dict[str, Any]]:
    """Owner, hotel, salon, and what is told."""
    if name in OF_BOOKING:
        return _of_booking(event)
    if name in OF_APPOINTMENT:
        return _of_appointment(event)
    return _of_review(event) if name == "ReviewCreated" else _of_inventory(event)


def _of_booking(event: Any) -> tuple[str, str, str, dict[str, Any]]:
    booking: events_pb2.BookingSnapshot = event.booking
    data = {"booking": _booking(booking)} | _told_by(event)
    if isinstance(event, events_pb2.BookingModified):
        data["before"] = _booking(event.before)
    return booking.hotel_owner_id, booking.hotel_id, "", data


def _of_appointment(event: Any) -> tuple[str, str, str, dict[str, Any]]:
    appointment: events_pb2.AppointmentSnapshot = event.appointment
    data = {"appointment": _appointment(appointment)} | _told_by(event)
    if isinstance(event, events_pb2.AppointmentMoved):
        data["startedAtBefore"] = from_timestamp(event.before_starts_at).isoformat()
    return appointment.salon_owner_id, "", appointment.salon_id, data


def _of_review(created: events_pb2.ReviewCreated) -> tuple[str, str, str, dict[str, Any]]:
    review = created.review
    kind = review_pb2.SubjectKind.Name(review.subject_kind).removeprefix("SUBJECT_KIND_")
    data = {
        "review": {
            "id": encode_id("Review", review.id),
            "subject": {"kind": kind, "id": encode_id(kind.title(), review.subject_id), "name": review.subject_name},
            "authorName": review.author_name,
            "overall": review.overall,
            "title": review.title,
            "text": review.text,
            "language": review.language,
            "visitedOn": review.visited_on,
        }
    }
    hotel = review.subject_id if review.subject_kind == review_pb2.SUBJECT_KIND_HOTEL else ""
    salon = review.subject_id if review.subject_kind == review_pb2.SUBJECT_KIND_SALON else ""
    return created.owner_id, hotel, salon, data


def _of_inventory(changed: events_pb2.InventoryChanged) -> tuple[str, str, str, dict[str, Any]]:
    data = {
        "hotelId": encode_id("Hotel", changed.hotel_id),
        "roomTypeId": encode_id("RoomType", changed.room_type_id),
        "inventoryVersion": changed.inventory_version,
        "numberOfRooms": changed.number_of_rooms,
    }
    return changed.owner_id, changed.hotel_id, "", data


def _told_by(event: object) -> dict[str, Any]:
    """What one kind of event tells beyond the booking or appointment itself."""
    return _of_move(event) | _of_money(event)


def _of_move(event: object) -> dict[str, Any]:
    match event:
        case events_pb2.BookingCancelled():
            return {
                "refund": _money(event.refund),
                "penalty": _money(event.penalty),
                "byHotel": event.by_hotel,
                "whole": event.whole,
                "reason": event.reason,
            }
        case events_pb2.AppointmentCancelled():
            return {
                "refund": _money(event.refund),
                "penalty": _money(event.penalty),
                "bySalon": event.by_salon,
                "reason": event.reason,
            }
        case events_pb2.BookingModified():
            return {"refund": _money(event.refund), "due": _money(event.due)}
        case events_pb2.BookingMarkedNoShow() | events_pb2.AppointmentMarkedNoShow():
            return {"penalty": _money(event.penalty)}
        case events_pb2.AppointmentMoved():
            return {"bySalon": event.by_salon}
        case events_pb2.BookingVisitChanged():
            return {
                "appointmentId": encode_id("Appointment", event.appointment_id),
                "refund": _money(event.refund),
                "visits": [_visit(one) for one in event.booking.visits],
            }
        case events_pb2.BookingOffered():
            return {"holdExpiresAt": from_timestamp(event.booking.hold_expires_at).isoformat()}
    return {}


def _of_money(event: object) -> dict[str, Any]:
    match event:
        case events_pb2.BookingPaymentFailed() | events_pb2.AppointmentPaymentFailed():
            return {"failureCode": event.failure_code}
        case events_pb2.BookingPaymentReceived() | events_pb2.AppointmentPaymentReceived():
            return {"amount": _money(event.amount), "method": event.method}
        case events_pb2.BookingChargeAdded():
            return {"amount": _money(event.amount), "description": event.description}
        case events_pb2.BookingRefunded() | events_pb2.AppointmentRefunded():
            return {"amount": _money(event.amount), "reason": event.reason}
        case events_pb2.BookingRefundFailed() | events_pb2.AppointmentRefundFailed():
            return {"amount": _money(event.amount), "reason": event.reason, "givenUp": event.given_up}
        case events_pb2.BookingPaymentDisputed() | events_pb2.AppointmentPaymentDisputed():
            return {"amount": _money(event.amount), "reason": event.reason}
    return {}


def _booking(booking: events_pb2.BookingSnapshot) -> dict[str, Any]:
    return {
        "id": encode_id("Booking", booking.booking_id),
        "reference": booking.reference,
        "state": booking_pb2.BookingState.Name(booking.state).removeprefix("BOOKING_STATE_"),
        "version": booking.version,
        "hotel": {"id": encode_id("Hotel", booking.hotel_id), "name": booking.hotel_name},
        "guestName": booking.guest_name,
        "checkIn": booking.check_in,
        "checkOut": booking.check_out,
        "timeZone": booking.time_zone,
        "roomNames": list(booking.room_names),
        "roomTypeIds": [encode_id("RoomType", one) for one in booking.room_type_ids],
        "total": _money(booking.total),
        "paid": _money(booking.paid),
        "refunded": _money(booking.refunded),
    }


def _visit(visit: events_pb2.BookedVisit) -> dict[str, Any]:
    return {
        "appointmentId": encode_id("Appointment", visit.appointment_id),
        "salonName": visit.salon_name,
        "startsAt": from_timestamp(visit.starts_at).isoformat(),
        "timeZone": visit.time_zone,
        "serviceNames": list(visit.service_names),
    }


def _appointment(appointment: events_pb2.AppointmentSnapshot) -> dict[str, Any]:
    return {
        "id": encode_id("Appointment", appointment.appointment_id),
        "reference": appointment.reference,
        "state": appointment_pb2.AppointmentState.Name(appointment.state).removeprefix("APPOINTMENT_STATE_"),
        "version": appointment.version,
        "salon": {"id": encode_id("Salon", appointment.salon_id), "name": appointment.salon_name},
        "clientName": appointment.client_name,
        "startsAt": from_timestamp(appointment.starts_at).isoformat(),
        "endsAt": from_timestamp(appointment.ends_at).isoformat(),
        "timeZone": appointment.time_zone,
        "serviceNames": list(appointment.service_names),
        "masters": [
            {"id": encode_id("Master", identifier), "name": name}
            for identifier, name in zip(appointment.master_ids, appointment.master_names, strict=False)
        ],
        "total": _money(appointment.total),
        "paid": _money(appointment.paid),
        "refunded": _money(appointment.refunded),
    }


def _money(amount: money_pb2.Money) -> dict[str, Any] | None:
    """None where there is none."""
    return {"minorUnits": amount.minor_units, "currency": amount.currency} if amount.currency else None
