"""From a quote to a booking, and everything that keeps it from becoming one."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest

from runtime.channels import call
from runtime.clock import from_timestamp
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, EXPIRED, HELD, Desk, booking_request
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused


async def test_a_prepaid_room_is_held_to_an_exact_deadline_of_the_databases_clock(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    booking = await desk.booked(house, guest)
    assert (booking.state, booking.version, booking.paid.minor_units) == (HELD, 1, 0)
    created = from_timestamp(booking.created_at)
    assert from_timestamp(booking.hold_expires_at) - created == dt.timedelta(minutes=15)
    async with desk.database.reading() as connection:
        now = await connection.fetchval("SELECT now()")
    assert dt.timedelta() <= now - created < dt.timedelta(seconds=10)
    assert await desk.timeline(booking) == ["BookingHeld"]
    assert await desk.events(booking) == 1
    assert await desk.free(house) == [2, 2]


async def test_rooms_paid_at_the_hotel_are_confirmed_at_once(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    booking = await desk.booked(house, guest, house.room(plan=1))
    assert booking.state == CONFIRMED
    assert not booking.HasField("hold_expires_at")
    assert await desk.timeline(booking) == ["BookingConfirmed"]
    assert await desk.events(booking) == 1
    assert await desk.free(house) == [2, 2]


async def test_one_prepaid_room_makes_the_whole_booking_wait_for_its_payment(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    assert (await desk.booked(house, guest, house.room(plan=1), house.room())).state == HELD
    assert await desk.free(house) == [1, 1]


async def test_an_unknown_quote_is_not_found(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    quote = await desk.quote(await desk.house(owner))
    before = await desk.everything()
    for unknown, code in ((str(uuid.uuid4()), "NOT_FOUND"), ("nonsense", "INVALID_INPUT")):
        refusal = await refused(desk.book(quote, guest.token, quote_id=unknown))
        assert (refusal.code, refusal.path) == (code, ("quoteId",))
    assert await desk.everything() == before


async def test_a_quote_is_booked_once(desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn) -> None:
    quote = await desk.quote(await desk.house(owner))
    await desk.book(quote, guest.token)
    before = await desk.everything()
    for person in (guest, stranger):
        refusal = await refused(desk.book(quote, person.token))
        assert (refusal.code, refusal.path) == ("ILLEGAL_STATE", ("quoteId",))
    assert await desk.everything() == before


async def test_a_quote_booked_many_times_at_once_is_booked_once(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner, Kind(rooms=20))
    for round_number in range(1, 6):
        quote = await desk.quote(house)
        answers = await asyncio.gather(*(desk.book(quote, guest.token) for _ in range(12)), return_exceptions=True)
        codes = sorted(getattr(answer, "code", "BOOKED") for answer in answers)
        assert codes == ["BOOKED", *["ILLEGAL_STATE"] * 11]
        assert await desk.free(house) == [20 - round_number] * 2


async def test_a_hotelier_books_elsewhere_but_not_at_their_own_house(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    quote = await desk.quote(await desk.house(owner))
    before = await desk.everything()
    assert (await refused(desk.book(quote, owner.token))).code == "PERMISSION_DENIED"
    assert await desk.everything() == before
    elsewhere = await desk.quote(await desk.house(guest))
    assert (await desk.book(elsewhere, owner.token)).state == HELD


async def test_nobody_books_without_an_account(desk: Desk, owner: SignedIn) -> None:
    quote = await desk.quote(await desk.house(owner))
    before = await desk.everything()
    assert (await refused(desk.book(quote, ""))).code == "UNAUTHENTICATED"
    assert (await refused(desk.book(quote, "not.a.token"))).code == "UNAUTHENTICATED"
    assert (await refused(desk.book(quote, desk.system))).code == "PERMISSION_DENIED"
    assert await desk.everything() == before


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"guest": {"name": "", "email": "ada@example.org"}}, ("guest", "name")),
        ({"guest": {"name": "   ", "email": "ada@example.org"}}, ("guest", "name")),
        ({"guest": {"name": "x" * 121, "email": "ada@example.org"}}, ("guest", "name")),
        ({"guest": {"name": "Ada\x00", "email": "ada@example.org"}}, ("guest", "name")),
        ({"guest": {"name": "Ada\r\nBcc: all@example.org", "email": "ada@example.org"}}, ("guest", "name")),
        ({"guest": {"name": "Ada", "email": "ada"}}, ("guest", "email")),
        ({"guest": {"name": "Ada", "email": ""}}, ("guest", "email")),
        ({"guest": {"name": "Ada", "email": "ada@example.org", "phone": "call me"}}, ("guest", "phone")),
        ({"special_requests": "x" * 1001}, ("specialRequests",)),
        ({"special_requests": "a crib\x00"}, ("specialRequests",)),
        ({"arrival_time": "24:00"}, ("arrivalTime",)),
        ({"arrival_time": "9:30"}, ("arrivalTime",)),
        ({"idempotency_key": ""}, ("idempotencyKey",)),
        ({"idempotency_key": "k" * 256}, ("idempotencyKey",)),
        ({"idempotency_key": "k\x00"}, ("idempotencyKey",)),
    ],
)
async def test_guest_data_is_refused_naming_its_field(
    desk: Desk, owner: SignedIn, guest: SignedIn, change: dict[str, Any], path: tuple[str, ...]
) -> None:
    request = booking_request(await desk.quote(await desk.house(owner)), "k", **change)
    if change.get("idempotency_key") == "":
        request.idempotency_key = ""
    before = await desk.everything()
    refusal = await refused(call(desk.bookings.CreateBooking, request, token=guest.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await desk.everything() == before


async def test_what_the_guest_wished_is_kept(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    quote = await desk.quote(await desk.house(owner))
    wish = "A crib, please.\nWe arrive late: 到着は遅い"
    booking = await desk.book(quote, guest.token, special_requests=wish, arrival_time="23:45")
    assert (booking.special_requests, booking.arrival_time) == (wish, "23:45")
    assert (booking.guest.name, booking.guest.email) == ("Ada Lovelace", "ada@example.org")
    assert len(booking.reference) == 8


async def test_rooms_that_were_taken_meanwhile_are_refused_with_their_nights(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    quote = await desk.quote(house, nights=3)
    await desk.booked(house, stranger, arrival=ARRIVAL + dt.timedelta(days=1), nights=1)
    before = await desk.everything()
    refusal = await refused(desk.book(quote, guest.token))
    assert refusal.code == "ROOM_UNAVAILABLE"
    assert refusal.details["nights"] == (ARRIVAL + dt.timedelta(days=1)).isoformat()
    assert await desk.everything() == before


async def test_a_booker_releases_overdue_holds_in_passing(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=2))
    quote = await desk.quote(house, house.room(), house.room())
    overdue = [await desk.booked(house, stranger) for _ in range(2)]
    assert (await refused(desk.book(quote, guest.token))).code == "ROOM_UNAVAILABLE"
    await desk.run_out(*overdue)
    assert (await desk.book(quote, guest.token)).state == HELD
    for booking in overdue:
        assert (await desk.get(booking)).state == EXPIRED
        assert await desk.timeline(booking) == ["BookingHeld", "BookingExpired"]
    assert await desk.free(house) == [0, 0]
