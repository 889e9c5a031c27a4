"""A stay or an appointment as reviews see it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import appointment_pb2
from runtime.clock import from_timestamp

HOTEL, SALON, MASTER = "HOTEL", "SALON", "MASTER"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reviewed; `kind` is HOTEL, SALON or MASTER."""

    kind: str
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Visit:
    """`visited_on` is the day of departure, or of the appointment, where it took place; `subjects` are what may be
    reviewed after it, with their names."""

    id: uuid.UUID
    completed: bool
    visited_on: dt.date
    time_zone: str
    guest_id: uuid.UUID
    guest_name: str
    owner_id: uuid.UUID
    subjects: Mapping[Subject, str]


def visit_of_booking(booking: booking_pb2.Booking) -> Visit:
    """Who leaves before the day of check-out has visited until then."""
    ends = [room.end_night for room in booking.booked_rooms if not room.cancelled and room.end_night]
    return Visit(
        id=uuid.UUID(booking.id),
        completed=booking.state == booking_pb2.BOOKING_STATE_COMPLETED,
        visited_on=dt.date.fromisoformat(max(ends, default=booking.check_out)),
        time_zone=booking.time_zone,
        guest_id=uuid.UUID(booking.guest_account_id),
        guest_name=booking.guest.name,
        owner_id=uuid.UUID(booking.hotel_owner_id),
        subjects={Subject(HOTEL, uuid.UUID(booking.hotel_id)): booking.hotel_name},
    )


def visit_of_appointment(appointment: appointment_pb2.Appointment) -> Visit:
    """The salon first, then every master once, in the order of their work."""
    subjects = {Subject(SALON, uuid.UUID(appointment.salon_id)): appointment.salon_name}
    for service in appointment.services:
        subjects.setdefault(Subject(MASTER, uuid.UUID(service.master_id)), service.master_name)
    return Visit(
        id=uuid.UUID(appointment.id),
        completed=appointment.state == appointment_pb2.APPOINTMENT_STATE_COMPLETED,
        visited_on=from_timestamp(appointment.starts_at).astimezone(ZoneInfo(appointment.time_zone)).date(),
        time_zone=appointment.time_zone,
        guest_id=uuid.UUID(appointment.client_account_id),
        guest_name=appointment.client.name,
        owner_id=uuid.UUID(appointment.salon_owner_id),
        subjects=subjects,
    )
