"""The same key, the same booking, however often and however many at once."""

from __future__ import annotations

import asyncio
import uuid

from runtime.channels import call
from tests.grpc_services.booking.desk import Desk, booking_request
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused


async def test_twenty_at_once_and_twenty_later_get_one_booking_and_the_same_bytes(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=50))
    request = booking_request(await desk.quote(house))
    answers = await asyncio.gather(*(call(desk.bookings.CreateBooking, request, token=guest.token) for _ in range(20)))
    before = await desk.everything()
    answers += [await call(desk.bookings.CreateBooking, request, token=guest.token) for _ in range(20)]
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert await desk.everything() == before
    assert await desk.free(house) == [49, 49]
    assert await desk.timeline(answers[0]) == ["BookingHeld"]


async def test_the_answer_stays_the_same_after_the_booking_went_on(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    request = booking_request(await desk.quote(await desk.house(owner)))
    first = await call(desk.bookings.CreateBooking, request, token=guest.token)
    await desk.run_out(first)
    await desk.expire()
    assert await call(desk.bookings.CreateBooking, request, token=guest.token) == first


async def test_other_input_under_the_same_key_is_a_conflict(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    quote, other = await desk.quote(house), await desk.quote(house)
    key = uuid.uuid4().hex
    await desk.book(quote, guest.token, key)
    before = await desk.everything()
    for answer in (
        desk.book(other, guest.token, key),
        desk.book(quote, guest.token, key, arrival_time="20:00"),
    ):
        refusal = await refused(answer)
        assert (refusal.code, refusal.path) == ("IDEMPOTENCY_CONFLICT", ("idempotencyKey",))
    assert await desk.everything() == before


async def test_different_input_under_one_key_at_once_books_one_of_them(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=20))
    quotes = [await desk.quote(house) for _ in range(8)]
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(desk.book(quote, guest.token, key) for quote in quotes), return_exceptions=True)
    codes = sorted(getattr(answer, "code", "BOOKED") for answer in answers)
    assert codes == ["BOOKED", *["IDEMPOTENCY_CONFLICT"] * 7]
    assert await desk.free(house) == [19, 19]


async def test_keys_of_two_people_do_not_meet(desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn) -> None:
    house = await desk.house(owner)
    key = uuid.uuid4().hex
    mine = await desk.book(await desk.quote(house), guest.token, key)
    theirs = await desk.book(await desk.quote(house), stranger.token, key)
    assert mine.id != theirs.id


async def test_a_refusal_is_not_stored_so_the_same_key_may_try_again(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    request = booking_request(await desk.quote(house))
    held = await desk.booked(house, stranger)
    assert (await refused(call(desk.bookings.CreateBooking, request, token=guest.token))).code == "ROOM_UNAVAILABLE"
    await desk.run_out(held)
    assert (await call(desk.bookings.CreateBooking, request, token=guest.token)).guest_account_id == str(
        guest.account_id
    )
