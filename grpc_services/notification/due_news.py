"""What is due, looked at once more: whether it is still true by the word of its owner, and what is to be told."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification import planning, schedule
from grpc_services.notification.gateway import Owners
from grpc_services.notification.plans import NO_ACCOUNT, NO_BOOKING, Notice, Plan, amount, some_amount
from grpc_services.notification.schedule import Slot
from runtime.clock import from_timestamp

_LONGEST_REQUEST = 200
_DELETED = "the account is gone"


@dataclass(frozen=True, slots=True)
class News:
    """To be told now, if the person is awake by the clocks of `time_zone`."""

    plan: Plan
    slot: Slot
    time_zone: str


@dataclass(frozen=True, slots=True)
class Later:
    """Its moment is another one than was planned."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Untrue:
    why: str


Finding = News | Later | Untrue


async def look(owners: Owners, template: str, subject_id: uuid.UUID, occasion: str, now: dt.datetime) -> Finding:
    """Raises ServiceError while the owner is away."""
    finding = await _LOOKS[template](owners, subject_id, occasion)
    if isinstance(finding, News) and finding.slot.due_at > now:
        return Later(finding.slot)
    return finding


async def _stay_reminder(owners: Owners, booking_id: uuid.UUID, _occasion: str) -> Finding:
    booking = await owners.booking(booking_id)
    if booking is None:
        return Untrue("gone")
    if booking.state != booking_pb2.BOOKING_STATE_CONFIRMED:
        return Untrue(_state(booking))
    papers = await owners.papers(booking)
    slot = schedule.stay_reminder(dt.date.fromisoformat(booking.check_in), booking.time_zone)
    parameters = _stay_facts(booking) | {
        "due": some_amount(booking.due),
        "check_in_time": papers.stay.check_in_time,
        "address": _address(papers.stay),
    }
    return _of_stay(planning.STAY_REMINDER, "StayReminder", booking, booking.check_in, slot, parameters)


async def _stay_review(owners: Owners, booking_id: uuid.UUID, _occasion: str) -> Finding:
    booking = await owners.booking(booking_id)
    if booking is None:
        return Untrue("gone")
    if booking.state != booking_pb2.BOOKING_STATE_COMPLETED:
        return Untrue(_state(booking))
    if uuid.UUID(booking.guest_account_id) == NO_ACCOUNT:
        return Untrue(_DELETED)
    slot = schedule.review_request(from_timestamp(booking.updated_at), booking.time_zone)
    facts = _stay_facts(booking)
    return _of_stay(planning.STAY_REVIEW, "StayReviewRequest", booking, "", slot, facts)


def _of_stay(
    template: str, kind: str, booking: booking_pb2.Booking, occasion: str, slot: Slot, parameters: dict[str, Any]
) -> News:
    booking_id = uuid.UUID(booking.id)
    event_id = planning.event_of(template, booking_id, occasion)
    notices = (Notice(uuid.UUID(booking.guest_account_id), template),)
    return News(Plan(event_id, kind, booking_id, "", parameters, notices), slot, booking.time_zone)


async def _arrivals(owners: Owners, hotel_id: uuid.UUID, occasion: str) -> Finding:
    day = dt.date.fromisoformat(occasion)
    arriving, more = await owners.arrivals(hotel_id, day)
    if not arriving:
        return Untrue("nobody arrives")
    house = arriving[0]
    if not house.hotel_owner_id or uuid.UUID(house.hotel_owner_id) == NO_ACCOUNT:
        return Untrue("nobody runs the house")
    parameters = {
        "hotel_id": str(hotel_id),
        "hotel_name": house.hotel_name,
        "day": occasion,
        "more": more,
        "arrivals": [_arrival(booking) for booking in arriving],
    }
    event_id = planning.event_of(planning.ARRIVALS, hotel_id, occasion)
    notices = (Notice(uuid.UUID(house.hotel_owner_id), planning.ARRIVALS),)
    plan = Plan(event_id, "HotelArrivals", NO_BOOKING, "", parameters, notices)
    return News(plan, schedule.morning_list(day, house.time_zone), house.time_zone)


async def _appointment_reminder(owners: Owners, appointment_id: uuid.UUID, _occasion: str) -> Finding:
    appointment = await owners.appointment(appointment_id)
    if appointment is None:
        return Untrue("gone")
    if appointment.state != appointment_pb2.APPOINTMENT_STATE_CONFIRMED:
        return Untrue(appointment_pb2.AppointmentState.Name(appointment.state))
    starts_at = from_timestamp(appointment.starts_at)
    slot = schedule.appointment_reminder(starts_at)
    return _of_visit(planning.APPOINTMENT_REMINDER, "AppointmentReminder", appointment, starts_at.isoformat(), slot)


async def _appointment_review(owners: Owners, appointment_id: uuid.UUID, _occasion: str) -> Finding:
    appointment = await owners.appointment(appointment_id)
    if appointment is None:
        return Untrue("gone")
    if appointment.state != appointment_pb2.APPOINTMENT_STATE_COMPLETED:
        return Untrue(appointment_pb2.AppointmentState.Name(appointment.state))
    slot = schedule.review_request(from_timestamp(appointment.ends_at), appointment.time_zone)
    return _of_visit(planning.APPOINTMENT_REVIEW, "AppointmentReviewRequest", appointment, "", slot)


async def _salon_day(owners: Owners, account_id: uuid.UUID, occasion: str) -> Finding:
    day, _, salon_id = occasion.partition("/")
    coming, more = await owners.salon_day(uuid.UUID(salon_id), account_id, dt.date.fromisoformat(day))
    if not coming:
        return Untrue("nobody comes")
    salon = coming[0]
    parameters = {
        "salon_name": salon.salon_name,
        "day": day,
        "time_zone": salon.time_zone,
        "more": more,
        "clients": [
            {
                "client_name": appointment.client.name,
                "starts_at": from_timestamp(appointment.starts_at).isoformat(),
                "reference": appointment.reference,
                **_done(appointment),
            }
            for appointment in coming
        ],
    }
    event_id = planning.event_of(planning.SALON_DAY, account_id, occasion)
    plan = Plan(event_id, "SalonDay", NO_BOOKING, "", parameters, (Notice(account_id, planning.SALON_DAY),))
    return News(plan, schedule.morning_list(dt.date.fromisoformat(day), salon.time_zone), salon.time_zone)


def _done(appointment: appointment_pb2.Appointment) -> dict[str, Any]:
    return {
        "services": [service.service_name for service in appointment.services],
        "masters": list(dict.fromkeys(service.master_name for service in appointment.services)),
    }


def _of_visit(template: str, kind: str, appointment: appointment_pb2.Appointment, occasion: str, slot: Slot) -> Finding:
    if uuid.UUID(appointment.client_account_id) == NO_ACCOUNT:
        return Untrue(_DELETED)
    event_id = planning.event_of(template, uuid.UUID(appointment.id), occasion)
    parameters = {
        "appointment_id": appointment.id,
        "reference": appointment.reference,
        "salon_name": appointment.salon_name,
        "client_name": appointment.client.name,
        "starts_at": from_timestamp(appointment.starts_at).isoformat(),
        "time_zone": appointment.time_zone,
        **_done(appointment),
        "total": amount(appointment.total),
        "to_confirm": False,
    }
    notices = (Notice(uuid.UUID(appointment.client_account_id), template),)
    return News(Plan(event_id, kind, NO_BOOKING, "", parameters, notices), slot, appointment.time_zone)


def _stay_facts(booking: booking_pb2.Booking) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "hotel_name": booking.hotel_name,
        "guest_name": booking.guest.name,
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "room_names": _room_names(booking),
        "total": amount(booking.total),
        "paid": some_amount(booking.paid),
        "deadline": None,
        "time_zone": booking.time_zone,
    }


def _arrival(booking: booking_pb2.Booking) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "guest_name": booking.guest.name,
        "check_out": booking.check_out,
        "room_names": _room_names(booking),
        "doors": sorted({door.number for room in booking.booked_rooms if not room.cancelled for door in room.doors}),
        "arrival_time": booking.arrival_time,
        "due": some_amount(booking.due),
        "requests": _cut(booking.special_requests),
    }


def _room_names(booking: booking_pb2.Booking) -> list[str]:
    """Of the rooms that stand."""
    gone = {room.position for room in booking.booked_rooms if room.cancelled}
    return [room.room_type_name for position, room in enumerate(booking.rooms) if position not in gone]


def _address(stay: rate_pb2.PriceStayResponse) -> str:
    known = stay.address
    town = f"{known.postal_code} {known.city}".strip()
    return ", ".join(part for part in (known.street, town) if part)


def _cut(text: str) -> str:
    """As much of it as a line of a list can take; the whole stands with the booking."""
    return text if len(text) <= _LONGEST_REQUEST else text[:_LONGEST_REQUEST].rstrip() + "…"


def _state(booking: booking_pb2.Booking) -> str:
    return booking_pb2.BookingState.Name(booking.state)


_LOOKS: dict[str, Callable[[Owners, uuid.UUID, str], Awaitable[Finding]]] = {
    planning.STAY_REMINDER: _stay_reminder,
    planning.STAY_REVIEW: _stay_review,
    planning.ARRIVALS: _arrivals,
    planning.APPOINTMENT_REMINDER: _appointment_reminder,
    planning.APPOINTMENT_REVIEW: _appointment_review,
    planning.SALON_DAY: _salon_day,
}
