"""Who sees which bookings, page by page."""

from __future__ import annotations

import uuid

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.booking.desk import CONFIRMED, HELD, Desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


async def all_pages(desk: Desk, token: str, first: int, **wanted: object) -> list[booking_pb2.Booking]:
    found: list[booking_pb2.Booking] = []
    after = ""
    while True:
        request = booking_pb2.ListBookingsRequest(first=first, after=after, **wanted)  # type: ignore[arg-type]
        page = await call(desk.bookings.ListBookings, request, token=token)
        assert len(page.bookings) == len(page.cursors) <= first
        found += page.bookings
        if not page.has_next_page:
            return found
        after = page.cursors[-1]


async def test_a_guests_bookings_come_newest_first_without_gaps_or_repeats(
    desk: Desk, owner: SignedIn, auth_address: str
) -> None:
    person = await register_account(auth_address, Role.GUEST)
    house = await desk.house(owner, Kind(rooms=20))
    made = [(await desk.booked(house, person, house.room(plan=number % 2))).id for number in range(7)]
    for first in (1, 3, 7, 20):
        assert [booking.id for booking in await all_pages(desk, person.token, first)] == made[::-1]
    held = await all_pages(desk, person.token, 2, states=[HELD])
    assert [booking.id for booking in held] == made[::2][::-1]


async def test_only_its_hotelier_lists_a_houses_bookings(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, auth_address: str
) -> None:
    house = await desk.house(owner)
    other = await desk.house(owner)
    mine = await desk.booked(house, guest)
    await desk.booked(other, guest)
    listed = await all_pages(desk, owner.token, 10, hotel_id=str(house.id))
    assert [booking.id for booking in listed] == [mine.id]
    rival = await register_account(auth_address, Role.HOTELIER)
    for person in (guest, stranger, rival):
        assert await all_pages(desk, person.token, 10, hotel_id=str(house.id)) == []
    assert mine.id not in {booking.id for booking in await all_pages(desk, stranger.token, 10)}
    nobody = await refused(call(desk.bookings.ListBookings, booking_pb2.ListBookingsRequest(), token=""))
    assert nobody.code == "UNAUTHENTICATED"


async def test_cursors_and_sizes_that_make_no_sense_are_refused(desk: Desk, guest: SignedIn) -> None:
    for request, path in (
        (booking_pb2.ListBookingsRequest(first=101), "first"),
        (booking_pb2.ListBookingsRequest(first=-1), "first"),
        (booking_pb2.ListBookingsRequest(after="garbage"), "after"),
        (booking_pb2.ListBookingsRequest(after="WyJub3ciLCJ4Il0"), "after"),
        (booking_pb2.ListBookingsRequest(after="WyIyMDI3LTAxLTAxIiwieCJd"), "after"),
        (booking_pb2.ListBookingsRequest(hotel_id="x"), "hotelId"),
        (booking_pb2.ListBookingsRequest(states=[77]), "states"),  # type: ignore[list-item]
    ):
        refusal = await refused(call(desk.bookings.ListBookings, request, token=guest.token))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,)), request


async def test_a_strangers_booking_does_not_exist_for_others(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    before = await desk.everything()
    found = await call(
        desk.bookings.GetBookings, booking_pb2.GetBookingsRequest(ids=[booking.id]), token=stranger.token
    )
    assert list(found.bookings) == []
    for unknown in (booking.id, str(uuid.uuid4())):
        timeline = booking_pb2.ListTimelineRequest(booking_id=unknown)
        refusal = await refused(call(desk.bookings.ListTimeline, timeline, token=stranger.token))
        assert (refusal.code, refusal.path) == ("NOT_FOUND", ("bookingId",))
        payment = booking_pb2.StartPaymentRequest(booking_id=unknown, idempotency_key="k")
        refusal = await refused(call(desk.bookings.StartPayment, payment, token=stranger.token))
        assert (refusal.code, refusal.path) == ("NOT_FOUND", ("bookingId",))
    assert await desk.everything() == before


async def test_guest_hotelier_and_nobody(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    request = booking_pb2.GetBookingsRequest(ids=[booking.id])
    for person in (guest, owner):
        assert list((await call(desk.bookings.GetBookings, request, token=person.token)).bookings) == [booking]
    timeline = booking_pb2.ListTimelineRequest(booking_id=booking.id)
    for refusal in (
        await refused(call(desk.bookings.GetBookings, request, token="")),
        await refused(call(desk.bookings.ListTimeline, timeline, token="")),
        await refused(desk.start_payment(booking, "")),
    ):
        assert refusal.code == "UNAUTHENTICATED"


async def test_the_hotelier_sees_a_booking_but_cannot_pay_it(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    before = await desk.everything()
    assert (await refused(desk.start_payment(booking, owner.token))).code == "NOT_FOUND"
    assert await desk.everything() == before


async def test_the_timeline_pages_and_can_begin_after_a_version(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    await desk.run_out(booking)
    await desk.expire()
    request = booking_pb2.ListTimelineRequest(booking_id=booking.id, first=1)
    page = await call(desk.bookings.ListTimeline, request, token=guest.token)
    assert [(entry.kind, entry.state, entry.version) for entry in page.entries] == [("BookingHeld", HELD, 1)]
    assert page.has_next_page
    request.after = page.cursors[0]
    rest = await call(desk.bookings.ListTimeline, request, token=guest.token)
    assert [(entry.kind, entry.version, entry.actor) for entry in rest.entries] == [("BookingExpired", 2, "SYSTEM")]
    assert not rest.has_next_page
    later = booking_pb2.ListTimelineRequest(booking_id=booking.id, after_version=1, state_changes_only=True)
    assert (await call(desk.bookings.ListTimeline, later, token=guest.token)).entries == rest.entries


async def test_a_booking_paid_at_the_hotel_says_so_to_its_hotelier(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    await desk.booked(house, guest, house.room(plan=1))
    (listed,) = await all_pages(desk, owner.token, 10, hotel_id=str(house.id), states=[CONFIRMED])
    assert listed.paid.minor_units == 0
