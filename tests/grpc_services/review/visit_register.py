"""Booking and salon as the review service needs them, over real gRPC: a register of visits that have been, so that a
test has a hundred of them at once. Whoever has no part in a visit does not see it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import appointment_pb2, salon_pb2
from runtime.channels import open_token_verifier
from runtime.clock import to_timestamp, utc_now
from runtime.grpc_server import grpc_server, service_names_of
from runtime.identity import current_caller
from runtime.settings import ReviewSettings

Context = grpc.aio.ServicerContext[Any, Any]
NOW = utc_now()
YESTERDAY = NOW.date() - dt.timedelta(days=1)
PARIS = "Europe/Paris"


@dataclass(frozen=True)
class House:
    """A hotel or a salon; a salon has masters."""

    owner_id: uuid.UUID
    name: str = "Maison du Port"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    masters: tuple[str, ...] = field(default_factory=lambda: (str(uuid.uuid4()), str(uuid.uuid4())))


@dataclass
class VisitRegister:
    bookings: dict[str, booking_pb2.Booking] = field(default_factory=dict)
    appointments: dict[str, appointment_pb2.Appointment] = field(default_factory=dict)
    accounts: dict[str, uuid.UUID] = field(default_factory=dict)  # of masters who sign in

    def stay(
        self,
        hotel: House,
        guest_id: uuid.UUID,
        *,
        left_on: dt.date = YESTERDAY,
        name: str = "Ada Lovelace",
        state: str = "COMPLETED",
        ended_early_on: dt.date | None = None,
        time_zone: str = PARIS,
    ) -> str:
        """A stay of two nights; answers its id."""
        booking = booking_pb2.Booking(
            id=str(uuid.uuid4()),
            state=booking_pb2.BookingState.Value(f"BOOKING_STATE_{state}"),
            hotel_id=hotel.id,
            hotel_name=hotel.name,
            hotel_owner_id=str(hotel.owner_id),
            guest_account_id=str(guest_id),
            guest=booking_pb2.GuestDetails(name=name),
            check_in=(left_on - dt.timedelta(days=2)).isoformat(),
            check_out=left_on.isoformat(),
            booked_rooms=[booking_pb2.BookedRoom(end_night=(ended_early_on or left_on).isoformat())],
            time_zone=time_zone,
        )
        self.bookings[booking.id] = booking
        return booking.id

    def appointment(
        self,
        salon: House,
        client_id: uuid.UUID,
        *,
        at: dt.datetime = NOW - dt.timedelta(days=1),
        state: str = "COMPLETED",
    ) -> str:
        """With the first master of the salon, twice; answers its id."""
        service = appointment_pb2.VisitedService(master_id=salon.masters[0], master_name="Mona Master")
        appointment = appointment_pb2.Appointment(
            id=str(uuid.uuid4()),
            state=appointment_pb2.AppointmentState.Value(f"APPOINTMENT_STATE_{state}"),
            salon_id=salon.id,
            salon_name=salon.name,
            salon_owner_id=str(salon.owner_id),
            client_account_id=str(client_id),
            client=appointment_pb2.ClientDetails(name="Clara Client"),
            starts_at=to_timestamp(at),
            time_zone=PARIS,
            services=[service, service],
        )
        self.appointments[appointment.id] = appointment
        return appointment.id

    async def get_bookings(
        self, request: booking_pb2.GetBookingsRequest, context: Context
    ) -> booking_pb2.GetBookingsResponse:
        found = [self.bookings[one] for one in request.ids if one in self.bookings]
        return booking_pb2.GetBookingsResponse(
            bookings=[one for one in found if _has_part(one.guest_account_id, one.hotel_owner_id)]
        )

    async def get_appointments(
        self, request: appointment_pb2.GetAppointmentsRequest, context: Context
    ) -> appointment_pb2.GetAppointmentsResponse:
        found = [self.appointments[one] for one in request.ids if one in self.appointments]
        return appointment_pb2.GetAppointmentsResponse(
            appointments=[one for one in found if _has_part(one.client_account_id, one.salon_owner_id)]
        )

    async def get_masters(self, request: salon_pb2.GetMastersRequest, context: Context) -> salon_pb2.GetMastersResponse:
        return salon_pb2.GetMastersResponse(
            masters=[
                salon_pb2.Master(id=one, account_id=str(self.accounts[one]) if one in self.accounts else "")
                for one in request.ids
            ]
        )

    def answer(self, server: grpc.aio.Server) -> None:
        """Makes it the booking and the salon service of a server, as far as reviews ask them."""
        for contract, service, method, work in (
            (booking_pb2, "BookingService", "GetBookings", self.get_bookings),
            (appointment_pb2, "AppointmentService", "GetAppointments", self.get_appointments),
            (salon_pb2, "SalonService", "GetMasters", self.get_masters),
        ):
            handler = grpc.unary_unary_rpc_method_handler(
                work,
                request_deserializer=getattr(contract, f"{method}Request").FromString,
                response_serializer=getattr(contract, f"{method}Response").SerializeToString,
            )
            name = contract.DESCRIPTOR.services_by_name[service].full_name
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {method: handler}),))


def _has_part(*people: str) -> bool:
    caller = current_caller()
    return caller.role == "ADMIN" or str(caller.account_id) in people


@asynccontextmanager
async def running_register(settings: ReviewSettings) -> AsyncIterator[tuple[VisitRegister, str]]:
    """The register and where it listens."""
    register = VisitRegister()
    names = service_names_of(booking_pb2.DESCRIPTOR, appointment_pb2.DESCRIPTOR, salon_pb2.DESCRIPTOR)
    async with (
        open_token_verifier(settings) as verifier,
        grpc_server("127.0.0.1:0", names, register.answer, verifier=verifier) as server,
    ):
        yield register, server.address
