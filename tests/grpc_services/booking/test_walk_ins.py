"""Bookings that the hotelier makes for a guest at the desk or on the phone."""

from __future__ import annotations

import asyncio
import uuid

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.identity import NOBODY, Role
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, Desk, quote_request
from tests.grpc_services.booking.front_desk import front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


async def test_a_walk_in_is_confirmed_at_once_and_paid_at_the_desk_whatever_its_plan_says(
    desk: Desk, owner: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    quote = await desk.quote(front.house, front.house.room(plan=0))
    booking = await front.walk_in(quote, special_requests="High floor.")
    assert (booking.state, booking.source) == (CONFIRMED, booking_pb2.BOOKING_SOURCE_DESK)
    assert (booking.due, booking.paid.minor_units) == (booking.total, 0)
    assert (booking.guest.name, booking.special_requests) == ("Ada Lovelace", "High floor.")
    assert booking.guest_account_id == str(NOBODY)
    assert await desk.free(front.house) == [2, 2]
    assert await desk.timeline(booking) == ["BookingConfirmed"]
    assert await desk.events(booking) == 1


async def test_no_guest_sees_a_walk_in(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    booking = await front.walk_in(await desk.quote(front.house))
    asked = booking_pb2.GetBookingsRequest(ids=[booking.id])
    assert not (await call(desk.bookings.GetBookings, asked, token=guest.token)).bookings
    assert (await refused(call(desk.bookings.GetBookings, asked, token=""))).code == "UNAUTHENTICATED"
    own = await call(desk.bookings.ListBookings, booking_pb2.ListBookingsRequest(first=100), token=guest.token)
    assert booking.id not in {one.id for one in own.bookings}
    assert [one.id for one in (await call(desk.bookings.GetBookings, asked, token=owner.token)).bookings] == [
        booking.id
    ]


async def test_the_same_key_books_one_walk_in(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    quote, key = await desk.quote(front.house), uuid.uuid4().hex
    answers = await asyncio.gather(*(front.walk_in(quote, key=key) for _ in range(4)))
    assert len({one.SerializeToString(deterministic=True) for one in answers}) == 1
    assert await desk.free(front.house) == [2, 2]
    assert (await refused(front.walk_in(quote))).code == "ILLEGAL_STATE"


async def test_a_walk_in_takes_the_rooms_of_its_block_first(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=4))
    quote = await desk.quote(front.house, front.house.room(), front.house.room(), front.house.room(), nights=1)
    block = await front.block(2, nights=3)
    assert await desk.free(front.house, nights=3) == [2, 2, 2]
    booking = await front.walk_in(quote, block_id=block.id)
    assert booking.block_id == block.id
    assert [(one.rooms, one.taken) for one in (await front.blocks()).blocks[0].rooms] == [(2, 2)]
    assert await front.nights("held", nights=3) == [0, 0, 0]
    assert await front.nights("sold", nights=3) == [3, 0, 0]


async def test_a_block_gives_its_rooms_also_when_nothing_else_is_free(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner, Kind(rooms=2))
    quote, beyond = await desk.quote(front.house), await desk.quote(front.house)
    block = await front.block(1)
    await desk.booked(front.house, guest, front.house.room(plan=1))
    assert await desk.free(front.house) == [0, 0]
    asked = quote_request(front.house)
    asked.block_id = block.id
    assert (await call(desk.bookings.CreateQuote, asked, token=owner.token)).total == quote.total
    for token in (guest.token, ""):
        assert (await refused(call(desk.bookings.CreateQuote, asked, token=token))).code == "NOT_FOUND"
    await front.walk_in(quote, block_id=block.id)
    assert (await refused(call(desk.bookings.CreateQuote, asked, token=owner.token))).code == "ROOM_UNAVAILABLE"
    before = await desk.everything()
    assert (await refused(front.walk_in(beyond, block_id=block.id))).code == "ROOM_UNAVAILABLE"
    assert await desk.everything() == before


async def test_walk_ins_that_cannot_be_are_named_and_change_nothing(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    front = await front_desk(desk, owner)
    other = await front_desk(desk, owner)
    quote = await desk.quote(front.house, arrival=ARRIVAL + DAY, nights=3)
    block, foreign = await front.block(1), await other.block(1)
    released = await front.release(await front.block(1))
    another = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    for attempt, code, path in (
        (front.walk_in(quote, guest={"name": "", "email": "a@example.org"}), "INVALID_INPUT", "guest.name"),
        (front.walk_in(quote, special_requests="a\x00"), "INVALID_INPUT", "specialRequests"),
        (front.walk_in(quote, quote_id=str(uuid.uuid4())), "NOT_FOUND", "quoteId"),
        (front.walk_in(quote, block_id=str(uuid.uuid4())), "NOT_FOUND", "blockId"),
        (front.walk_in(quote, block_id="x"), "INVALID_INPUT", "blockId"),
        (front.walk_in(quote, block_id=foreign.id), "NOT_FOUND", "blockId"),
        (front.walk_in(quote, block_id=block.id), "INVALID_INPUT", "blockId"),
        (front.walk_in(quote, block_id=released.id), "ILLEGAL_STATE", "blockId"),
        (front.walk_in(quote, token=another.token), "NOT_FOUND", "quoteId"),
        (front.walk_in(quote, token=guest.token), "PERMISSION_DENIED", ""),
        (front.walk_in(quote, token=""), "UNAUTHENTICATED", ""),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == (code, path)
    assert await desk.everything() == before
