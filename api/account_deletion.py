"""What must be settled before an account can go: nobody else is to be left waiting for somebody who is gone."""

from __future__ import annotations

from api.services import Services
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2, salon_pb2
from runtime.channels import call
from runtime.errors import IllegalState
from runtime.identity import Role, current_caller

_LIVING_BOOKINGS = (
    booking_pb2.BOOKING_STATE_HELD,
    booking_pb2.BOOKING_STATE_PAYMENT_PENDING,
    booking_pb2.BOOKING_STATE_CONFIRMED,
    booking_pb2.BOOKING_STATE_CHECKED_IN,
)
_LIVING_APPOINTMENTS = (
    appointment_pb2.APPOINTMENT_STATE_HELD,
    appointment_pb2.APPOINTMENT_STATE_PAYMENT_PENDING,
    appointment_pb2.APPOINTMENT_STATE_REQUESTED,
    appointment_pb2.APPOINTMENT_STATE_CONFIRMED,
)


async def check_nothing_is_left(services: Services) -> None:
    """Raises IllegalState while stays or appointments are ahead, or houses are still the caller's."""
    bookings = await call(
        services.bookings.ListBookings, booking_pb2.ListBookingsRequest(states=_LIVING_BOOKINGS, first=1)
    )
    if bookings.bookings:
        raise _left("Please end or cancel your bookings first.", "BOOKINGS_AHEAD")
    appointments = await call(
        services.appointments.ListAppointments,
        appointment_pb2.ListAppointmentsRequest(states=_LIVING_APPOINTMENTS, first=1),
    )
    if appointments.appointments:
        raise _left("Please end or cancel your appointments first.", "APPOINTMENTS_AHEAD")
    if current_caller().role is Role.HOTELIER:
        if await _runs_hotels(services):
            raise _left("Please archive your hotels first.", "HOTELS_RUN")
        if await _runs_salons(services):
            raise _left("Please archive your salons first.", "SALONS_RUN")


async def _runs_hotels(services: Services) -> bool:
    after = ""
    while True:
        page = await call(services.hotels.ListOwnHotels, hotel_pb2.ListOwnHotelsRequest(first=100, after=after))
        if any(hotel.state != hotel_pb2.HOTEL_STATE_ARCHIVED for hotel in page.hotels):
            return True
        if not page.has_next_page:
            return False
        after = page.cursors[-1]


async def _runs_salons(services: Services) -> bool:
    """Not those where the caller only works."""
    own = str(current_caller().account_id)
    after = ""
    while True:
        page = await call(services.salons.ListOwnSalons, salon_pb2.ListOwnSalonsRequest(first=100, after=after))
        if any(salon.owner_id == own and salon.state != hotel_pb2.HOTEL_STATE_ARCHIVED for salon in page.salons):
            return True
        if not page.has_next_page:
            return False
        after = page.cursors[-1]


def _left(message: str, state: str) -> IllegalState:
    return IllegalState(message, details={"state": state})
