"""What an event makes planned for later, moves, or drops. No I/O."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.protobuf.message import Message

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification import schedule
from grpc_services.notification.plans import NO_ACCOUNT
from grpc_services.notification.schedule import Slot
from runtime.clock import from_timestamp

STAY_REMINDER = "stay_reminder"
STAY_REVIEW = "stay_review_request"
ARRIVALS = "arrivals"
APPOINTMENT_REMINDER = "appointment_reminder"
APPOINTMENT_REVIEW = "appointment_review_request"
SALON_DAY = "salon_day"

_EVENTS: dict[str, Callable[[bytes], Message]] = {
    kind.DESCRIPTOR.name: kind.FromString
    for kind in (
        events_pb2.BookingConfirmed,
        events_pb2.BookingModified,
        events_pb2.BookingReinstated,
        events_pb2.BookingCancelled,
        events_pb2.BookingMarkedNoShow,
        events_pb2.BookingCheckedIn,
        events_pb2.BookingCheckedOut,
        events_pb2.AppointmentConfirmed,
        events_pb2.AppointmentMoved,
        events_pb2.AppointmentCancelled,
        events_pb2.AppointmentMarkedNoShow,
        events_pb2.AppointmentCompleted,
        events_pb2.ReviewCreated,
    )
}
_NAMESPACE = uuid.UUID("5f0c9d1e-6a53-4f6b-9a55-0f6f1c8e7b42")
_FOR_GOOD = 2**31 - 1  # a version that no later one undoes


@dataclass(frozen=True, slots=True)
class Planned:
    template: str
    subject_id: uuid.UUID
    slot: Slot
    version: int
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    template: str
    subject_id: uuid.UUID
    version: int
    why: str


def planned_by(envelope: events_pb2.Envelope) -> list[Planned | Dropped]:
    """In this order. Raises DecodeError or ValueError for what is no such event."""
    read = _EVENTS.get(envelope.type)
    return list(_changes(read(envelope.payload), from_timestamp(envelope.occurred_at))) if read else []


def event_of(template: str, subject_id: uuid.UUID, occasion: str) -> uuid.UUID:
    """The id of the event that something planned becomes: the same however often it is planned anew for the same
    occasion (the day of arrival, the start of an appointment), so that nobody is told of it twice."""
    return uuid.uuid5(_NAMESPACE, f"{template}/{subject_id}/{occasion}")


def _changes(event: Message, at: dt.datetime) -> Iterator[Planned | Dropped]:
    match event:
        case events_pb2.BookingConfirmed() | events_pb2.BookingModified() | events_pb2.BookingReinstated():
            yield from _stay(event.booking)
        case events_pb2.BookingCancelled() if not event.whole:
            return
        case events_pb2.BookingCancelled() | events_pb2.BookingMarkedNoShow() | events_pb2.BookingCheckedIn():
            why = event.DESCRIPTOR.name
            yield Dropped(STAY_REMINDER, uuid.UUID(event.booking.booking_id), event.booking.version, why)
        case events_pb2.BookingCheckedOut():
            yield from _after_stay(event.booking, at)
        case events_pb2.ReviewCreated():
            yield from _reviewed(event)
        case _:
            yield from _changes_of_visit(event)


def _changes_of_visit(event: Message) -> Iterator[Planned | Dropped]:
    match event:
        case events_pb2.AppointmentConfirmed() | events_pb2.AppointmentMoved():
            yield from _visit(event.appointment)
        case events_pb2.AppointmentCancelled() | events_pb2.AppointmentMarkedNoShow():
            yield _no_visit(event.appointment, event.DESCRIPTOR.name)
        case events_pb2.AppointmentCompleted():
            yield _no_visit(event.appointment, event.DESCRIPTOR.name)
            yield from _after_visit(event.appointment)


def _stay(booking: events_pb2.BookingSnapshot) -> Iterator[Planned | Dropped]:
    if booking.state != booking_pb2.BOOKING_STATE_CONFIRMED:
        return
    check_in = dt.date.fromisoformat(booking.check_in)
    yield Planned(
        STAY_REMINDER,
        uuid.UUID(booking.booking_id),
        schedule.stay_reminder(check_in, booking.time_zone),
        booking.version,
    )
    if booking.hotel_owner_id and uuid.UUID(booking.hotel_owner_id) != NO_ACCOUNT:
        day = check_in.isoformat()
        slot = schedule.morning_list(check_in, booking.time_zone)
        yield Planned(ARRIVALS, uuid.UUID(booking.hotel_id), slot, 0, occasion=day)


def _after_stay(booking: events_pb2.BookingSnapshot, left_at: dt.datetime) -> Iterator[Planned | Dropped]:
    """Reviews are written by people with an account."""
    if uuid.UUID(booking.guest_account_id) != NO_ACCOUNT:
        slot = schedule.review_request(left_at, booking.time_zone)
        yield Planned(STAY_REVIEW, uuid.UUID(booking.booking_id), slot, booking.version)


def _visit(appointment: events_pb2.AppointmentSnapshot) -> Iterator[Planned]:
    """The client is reminded; the masters who sign in read in the morning who comes."""
    if appointment.state != appointment_pb2.APPOINTMENT_STATE_CONFIRMED:
        return
    starts_at = from_timestamp(appointment.starts_at)
    slot = schedule.appointment_reminder(starts_at)
    yield Planned(APPOINTMENT_REMINDER, uuid.UUID(appointment.appointment_id), slot, appointment.version)
    day = schedule.local_day(starts_at, appointment.time_zone)
    slot, occasion = schedule.morning_list(day, appointment.time_zone), f"{day}/{uuid.UUID(appointment.salon_id)}"
    for account_id in dict.fromkeys(appointment.master_account_ids):
        yield Planned(SALON_DAY, uuid.UUID(account_id), slot, 0, occasion=occasion)


def _no_visit(appointment: events_pb2.AppointmentSnapshot, why: str) -> Dropped:
    return Dropped(APPOINTMENT_REMINDER, uuid.UUID(appointment.appointment_id), appointment.version, why)


def _after_visit(appointment: events_pb2.AppointmentSnapshot) -> Iterator[Planned]:
    if uuid.UUID(appointment.client_account_id) != NO_ACCOUNT:
        slot = schedule.review_request(from_timestamp(appointment.ends_at), appointment.time_zone)
        yield Planned(APPOINTMENT_REVIEW, uuid.UUID(appointment.appointment_id), slot, appointment.version)


def _reviewed(created: events_pb2.ReviewCreated) -> Iterator[Dropped]:
    if created.visit_id:
        of_stay = created.review.subject_kind == review_pb2.SUBJECT_KIND_HOTEL
        template = STAY_REVIEW if of_stay else APPOINTMENT_REVIEW
        yield Dropped(template, uuid.UUID(created.visit_id), _FOR_GOOD, "reviewed")
