"""The owners of what people are told about, asked when it is told: booking for stays, salon for appointments."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc, front_desk_pb2, front_desk_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel
from runtime.errors import NotFound, ServiceError
from runtime.settings import NotificationSettings

MOST_ARRIVALS = 100


class Owners:
    """Calls in our own name. They raise ServiceError, retryable while the owner is away."""

    def __init__(
        self,
        bookings: booking_pb2_grpc.BookingServiceAsyncStub,
        desk: front_desk_pb2_grpc.FrontDeskServiceAsyncStub,
        appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub,
        identity: ServiceIdentity,
    ) -> None:
        self._bookings = bookings
        self._desk = desk
        self._appointments = appointments
        self._identity = identity

    async def booking(self, booking_id: uuid.UUID) -> booking_pb2.Booking | None:
        asked = booking_pb2.GetBookingsRequest(ids=[str(booking_id)])
        found = (await call(self._bookings.GetBookings, asked, token=await self._identity.token())).bookings
        return found[0] if found else None

    async def papers(self, booking: booking_pb2.Booking) -> booking_pb2.Document:
        """The stay as it was sold, and its calendar file."""
        asked = booking_pb2.ReadDocumentRequest(secret=booking.document_secret)
        return await call(self._bookings.ReadDocument, asked, token="")

    async def arrivals(self, hotel_id: uuid.UUID, day: dt.date) -> tuple[list[booking_pb2.Booking], bool]:
        """By the guests' names, and whether there are more than a mail can name."""
        asked = front_desk_pb2.ListDeskBookingsRequest(
            hotel_id=str(hotel_id),
            day=day.isoformat(),
            list=front_desk_pb2.DESK_LIST_ARRIVALS,
            first=MOST_ARRIVALS,
        )
        page = await call(self._desk.ListDeskBookings, asked, token=await self._identity.token())
        return list(page.bookings), page.has_next_page

    async def salon_day(
        self, salon_id: uuid.UUID, account_id: uuid.UUID, day: dt.date
    ) -> tuple[list[appointment_pb2.Appointment], bool]:
        """The confirmed appointments that a master may see, by start, and whether there are more than a mail can name.
        None of a salon that is gone."""
        asked = appointment_pb2.ListSalonAppointmentsRequest(
            salon_id=str(salon_id),
            account_id=str(account_id),
            first_day=day.isoformat(),
            last_day=day.isoformat(),
            states=[appointment_pb2.APPOINTMENT_STATE_CONFIRMED],
            first=MOST_ARRIVALS,
        )
        token = await self._identity.token()
        try:
            page = await call(self._appointments.ListSalonAppointments, asked, token=token)
        except ServiceError as failure:
            if failure.code == NotFound.code:
                return [], False
            raise
        return list(page.appointments), page.has_next_page

    async def appointment(self, appointment_id: uuid.UUID) -> appointment_pb2.Appointment | None:
        asked = appointment_pb2.GetAppointmentsRequest(ids=[str(appointment_id)])
        found = await call(self._appointments.GetAppointments, asked, token=await self._identity.token())
        return found.appointments[0] if found.appointments else None

    async def appointment_calendar(self, appointment_id: uuid.UUID) -> bytes:
        """Empty when there is no such appointment."""
        asked = appointment_pb2.GetAppointmentCalendarRequest(appointment_id=str(appointment_id))
        token = await self._identity.token()
        try:
            return (await call(self._appointments.GetAppointmentCalendar, asked, token=token)).calendar
        except ServiceError as failure:
            if failure.code == NotFound.code:
                return b""
            raise


@asynccontextmanager
async def open_owners(settings: NotificationSettings, identity: ServiceIdentity) -> AsyncIterator[Owners]:
    async with (
        open_channel(settings.booking_address, booking_pb2.DESCRIPTOR, front_desk_pb2.DESCRIPTOR) as booking,
        open_channel(settings.salon_address, appointment_pb2.DESCRIPTOR) as salon,
    ):
        yield Owners(
            booking_pb2_grpc.BookingServiceStub(booking),
            front_desk_pb2_grpc.FrontDeskServiceStub(booking),
            appointment_pb2_grpc.AppointmentServiceStub(salon),
            identity,
        )
