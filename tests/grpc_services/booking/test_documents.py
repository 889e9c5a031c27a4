"""A booking's papers, for whoever knows their secret address."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.house import SignedIn, refused

PARIS = ZoneInfo("Europe/Paris")


async def read(desk: Desk, secret: str) -> booking_pb2.Document:
    return await call(desk.bookings.ReadDocument, booking_pb2.ReadDocumentRequest(secret=secret), token="")


async def event_of(desk: Desk, booking: booking_pb2.Booking) -> Event:
    """The only event of a booking's calendar file."""
    calendar = Calendar.from_ical((await read(desk, booking.document_secret)).calendar)
    (event,) = calendar.events
    return event


async def test_the_secret_opens_the_bill_without_signing_in(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    booking = await desk.booked(house, guest, house.room(plan=1))
    document = await read(desk, booking.document_secret)
    assert document.booking == await desk.get(booking)
    assert sum(line.amount.minor_units for room in document.stay.rooms for line in room.lines) == (
        booking.total.minor_units
    )
    assert (document.stay.check_in_time, document.stay.check_out_time) == ("15:00", "11:00")
    assert document.stay.address.city == "Testville"


async def test_the_calendar_file_tells_arrival_and_departure_at_the_hotel(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    booking = await desk.booked(house, guest, house.room(plan=1))
    event = await event_of(desk, booking)
    assert event.start == dt.datetime.combine(ARRIVAL, dt.time(15), tzinfo=PARIS)
    assert event.end == dt.datetime.combine(ARRIVAL + dt.timedelta(days=2), dt.time(11), tzinfo=PARIS)
    assert f"DTSTART;TZID=Europe/Paris:{ARRIVAL:%Y%m%d}T150000" in event.to_ical().decode()
    assert (event.uid, event.sequence) == (f"{booking.id}@bookings.innkeeper", booking.version)
    assert (event.summary, event.status) == ("Maison du Port", "CONFIRMED")
    assert event.location == "Maison du Port, 1 quai des Essais, 35400 Testville, FR"
    assert event.description == f"{booking.reference}\nDouble"


async def test_a_hold_is_tentative_and_an_expired_one_is_taken_out_of_the_calendar(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    held = await desk.booked(house, guest)
    tentative = await event_of(desk, held)
    await desk.run_out(held)
    await desk.expire()
    gone = await event_of(desk, held)
    assert (tentative.status, gone.status) == ("TENTATIVE", "CANCELLED")
    assert gone.uid == tentative.uid
    assert gone.sequence > tentative.sequence


async def test_a_stay_priced_without_a_time_of_departure_is_shown_in_whole_days(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    stay = (await read(desk, booking.document_secret)).stay
    stay.ClearField("check_out_time")
    stay.ClearField("address")
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET priced_stay = $1 WHERE document_secret = $2",
            stay.SerializeToString(),
            booking.document_secret,
        )
    event = await event_of(desk, booking)
    assert (event.start, event.end) == (ARRIVAL, ARRIVAL + dt.timedelta(days=2))
    assert event.location is None


@pytest.mark.parametrize("secret", ["", "nonsense", "x" * 5000, "a\x00b"])
async def test_an_unknown_secret_opens_nothing(desk: Desk, secret: str) -> None:
    assert (await refused(read(desk, secret))).code == "NOT_FOUND"
