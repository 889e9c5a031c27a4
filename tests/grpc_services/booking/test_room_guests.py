"""Who sleeps in which room, and which stays are upcoming by today at the hotel."""

from __future__ import annotations

import datetime as dt

import pytest

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.clock import utc_now
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

UPCOMING, PAST = booking_pb2.STAY_TIME_UPCOMING, booking_pb2.STAY_TIME_PAST


async def test_every_room_has_its_own_guest(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    quote = await desk.quote(house, house.room(), house.room(), house.room())
    named = [{"position": 2, "name": " Grace Hopper "}, {"position": 0, "name": "Ada Lovelace"}]
    booking = await desk.book(quote, guest.token, room_guests=named)
    assert [room.guest_name for room in booking.booked_rooms] == ["Ada Lovelace", "", "Grace Hopper"]
    assert [room.guest_name for room in (await desk.get(booking)).booked_rooms] == ["Ada Lovelace", "", "Grace Hopper"]


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ([{"position": 2, "name": "A"}], ("roomGuests", "0", "position")),
        ([{"position": -1, "name": "A"}], ("roomGuests", "0", "position")),
        ([{"position": 0, "name": "A"}, {"position": 0, "name": "B"}], ("roomGuests", "1", "position")),
        ([{"position": 0, "name": "  "}], ("roomGuests", "0", "name")),
        ([{"position": 0, "name": "A" * 121}], ("roomGuests", "0", "name")),
        ([{"position": 0, "name": "A\x07"}], ("roomGuests", "0", "name")),
        ([{"position": 0, "name": "A"}] * 3, ("roomGuests",)),
    ],
)
async def test_names_that_fit_no_room_book_nothing(
    desk: Desk, owner: SignedIn, guest: SignedIn, named: list[dict[str, object]], path: tuple[str, ...]
) -> None:
    house = await desk.house(owner)
    quote = await desk.quote(house, house.room(), house.room())
    before = await desk.everything()
    refusal = await refused(desk.book(quote, guest.token, room_guests=named))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await desk.everything() == before


async def test_a_stay_is_over_when_its_last_day_is_over_at_the_hotel(
    desk: Desk, owner: SignedIn, auth_address: str, stranger: SignedIn
) -> None:
    """Between Kiritimati and Pago Pago lie 25 hours, so the two never have the same day."""
    found = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        house = await desk.house(owner, Kind(), time_zone=zone)
        found[zone] = await desk.booked(house, stranger)
    east_day = utc_now().astimezone(dt.timezone(dt.timedelta(hours=14))).date()
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET check_in = $1, check_out = $2 WHERE guest_account_id = $3",
            east_day - dt.timedelta(days=3),
            east_day - dt.timedelta(days=1),
            stranger.account_id,
        )

    async def listed(time: booking_pb2.StayTime.ValueType) -> set[str]:
        request = booking_pb2.ListBookingsRequest(time=time)
        answer = await call(desk.bookings.ListBookings, request, token=stranger.token)
        return {one.id for one in answer.bookings}

    assert await listed(UPCOMING) == {found["Pacific/Pago_Pago"].id}
    assert await listed(PAST) == {found["Pacific/Kiritimati"].id}
    assert await listed(booking_pb2.STAY_TIME_UNSPECIFIED) == {one.id for one in found.values()}


async def test_an_unknown_time_is_refused(desk: Desk, guest: SignedIn) -> None:
    request = booking_pb2.ListBookingsRequest()
    request.time = 9  # type: ignore[assignment]  # what a client of another version may send
    refusal = await refused(call(desk.bookings.ListBookings, request, token=guest.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("time",))
