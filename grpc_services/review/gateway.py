"""The services that know whether a visit took place: booking and salon, asked in the caller's own name."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc, salon_pb2, salon_pb2_grpc
from grpc_services.review.visits import MASTER, Visit, visit_of_appointment, visit_of_booking
from runtime.channels import call, open_channel
from runtime.errors import NotFound
from runtime.settings import ReviewSettings

_AT_MOST_SECONDS = 3.0


class Visits:
    def __init__(
        self,
        bookings: booking_pb2_grpc.BookingServiceAsyncStub,
        appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub,
        salons: salon_pb2_grpc.SalonServiceAsyncStub,
    ) -> None:
        self._bookings = bookings
        self._appointments = appointments
        self._salons = salons

    async def bookings(self, ids: Sequence[str]) -> list[Visit]:
        """Stays that the caller may see; others are left out."""
        if not ids:
            return []
        request = booking_pb2.GetBookingsRequest(ids=ids)
        found = await call(self._bookings.GetBookings, request, at_most=_AT_MOST_SECONDS)
        return [visit_of_booking(booking) for booking in found.bookings]

    async def appointments(self, ids: Sequence[str]) -> list[Visit]:
        """Appointments that the caller may see; others are left out."""
        if not ids:
            return []
        request = appointment_pb2.GetAppointmentsRequest(ids=ids)
        found = await call(self._appointments.GetAppointments, request, at_most=_AT_MOST_SECONDS)
        return [visit_of_appointment(appointment) for appointment in found.appointments]

    async def booking(self, booking_id: str) -> Visit:
        """A stay that the caller may see; raises NotFound for others."""
        found = await self.bookings([booking_id])
        if not found:
            raise NotFound("There is no such booking.", path=("bookingId",))
        return found[0]

    async def appointment(self, appointment_id: str) -> Visit:
        """An appointment that the caller may see; raises NotFound for others."""
        found = await self.appointments([appointment_id])
        if not found:
            raise NotFound("There is no such appointment.", path=("appointmentId",))
        return found[0]

    async def workers(self, visit: Visit) -> frozenset[uuid.UUID]:
        """The accounts of those masters of a visit who sign in."""
        masters = [str(subject.id) for subject in visit.subjects if subject.kind == MASTER]
        if not masters:
            return frozenset()
        request = salon_pb2.GetMastersRequest(ids=masters)
        found = await call(self._salons.GetMasters, request, at_most=_AT_MOST_SECONDS)
        return frozenset(uuid.UUID(master.account_id) for master in found.masters if master.account_id)


@asynccontextmanager
async def open_gateway(settings: ReviewSettings) -> AsyncIterator[Visits]:
    async with (
        open_channel(settings.booking_address, booking_pb2.DESCRIPTOR) as booking_channel,
        open_channel(settings.salon_address, appointment_pb2.DESCRIPTOR, salon_pb2.DESCRIPTOR) as salon_channel,
    ):
        yield Visits(
            booking_pb2_grpc.BookingServiceStub(booking_channel),
            appointment_pb2_grpc.AppointmentServiceStub(salon_channel),
            salon_pb2_grpc.SalonServiceStub(salon_channel),
        )
