"""Changing a booking to another stay: nights, doors and money move together or not at all."""

from __future__ import annotations

import datetime as dt

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, HELD
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

EARLY, LATE = ARRIVAL - dt.timedelta(days=5), ARRIVAL - dt.timedelta(days=1)


async def test_own_nights_count_as_free_and_the_difference_is_paid(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=1))
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    assert (await refused(moves.desk.quote(house, nights=3))).code == "ROOM_UNAVAILABLE"
    quote = await moves.requote(house, paid, guest.token, nights=3)
    preview = await moves.preview_change(paid, quote, guest.token)
    assert (preview.due.minor_units, preview.refund.minor_units) == (10_250, 0)
    longer = await moves.modify(paid, quote, guest.token, 0)
    assert (longer.state, longer.check_out, longer.due.minor_units) == (CONFIRMED, quote.check_out, 10_250)
    assert await moves.desk.free(house, nights=3) == [0, 0, 0]
    settled = await moves.paid(longer, guest.token)
    assert (settled.due.minor_units, settled.paid.minor_units) == (0, 30_750)
    assert settled.payment.amount.minor_units == 10_250
    await moves.cancel(settled, guest.token, 30_750)
    assert await moves.payments.refunds(paid.payment.id) == [20_500]
    assert await moves.payments.refunds(settled.payment.id) == [10_250]


async def test_a_cheaper_stay_gives_the_difference_back(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=1), Kind(rooms=1, price=5_000))
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    other_day = ARRIVAL + dt.timedelta(days=1)
    quote = await moves.requote(house, paid, guest.token, house.room(1), arrival=other_day)
    changed = await moves.modify(paid, quote, guest.token, 10_000)
    assert (changed.total.minor_units, changed.penalty.minor_units, changed.due.minor_units) == (10_500, 0, 0)
    assert await moves.desk.free(house) == [1, 1]
    assert await moves.desk.free(house, 1, nights=3) == [1, 0, 0]
    assert (await moves.desk.get(paid)).refunded.minor_units == 10_000


async def test_a_late_change_gives_back_no_more_than_cancelling(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = LATE
    house = await moves.house(owner, Kind(), Kind(price=1_000), tiers=((0, 100),))
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    quote = await moves.requote(house, paid, guest.token, house.room(1))
    preview = await moves.preview_change(paid, quote, guest.token)
    assert (preview.refund.minor_units, preview.new_total.minor_units) == (500, 20_000)
    changed = await moves.modify(paid, quote, guest.token, 500)
    assert (changed.total.minor_units, changed.penalty.minor_units) == (20_000, 17_500)
    as_hotel = await moves.requote(house, paid, owner.token, house.room(1), nights=1)
    assert (await moves.preview_change(paid, as_hotel, owner.token)).refund.minor_units == 1_250


async def test_a_hold_changes_with_its_deadline(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner)
    held = await moves.desk.booked(house, guest)
    quote = await moves.requote(house, held, guest.token, house.room(), house.room())
    changed = await moves.modify(held, quote, guest.token, 0)
    assert (changed.state, changed.hold_expires_at, changed.total) == (HELD, held.hold_expires_at, quote.total)
    assert await moves.desk.free(house) == [1, 1]
    assert (await moves.paid(changed, guest.token)).state == CONFIRMED


async def test_a_guest_in_the_house_stays_longer_behind_the_same_door(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    (door,) = await moves.number(house, 0, "101")
    moves.clock.day = ARRIVAL
    room = house.room(plan=1)
    booking = await moves.check_in(await moves.desk.booked(house, guest, room), owner.token)
    other = await moves.requote(house, booking, owner.token, room, arrival=ARRIVAL + dt.timedelta(days=1))
    assert (await refused(moves.modify(booking, other, owner.token, 0))).code == "INVALID_INPUT"
    quote = await moves.requote(house, booking, owner.token, room, nights=4)
    longer = await moves.modify(booking, quote, owner.token, 0)
    assert [(one.room_id, one.end_night) for one in longer.booked_rooms[0].doors] == [(door, quote.check_out)]
    shorter = await moves.requote(house, booking, owner.token, room, nights=1)
    await moves.modify(booking, shorter, owner.token, 0)
    assert await moves.desk.free(house, nights=3) == [2, 3, 3]


async def test_refusals_change_nothing(moves: MoveDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=1), Kind(rooms=1))
    elsewhere = await moves.house(owner)
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    quote = await moves.requote(house, booking, guest.token, house.room(1, plan=1))
    foreign = await moves.desk.quote(elsewhere)
    await moves.desk.booked(house, stranger, house.room(1, plan=1))
    before = await moves.desk.everything()
    gone = await refused(moves.modify(booking, quote, guest.token, 0))
    assert (gone.code, gone.details["room_type_id"]) == ("ROOM_UNAVAILABLE", house.room_types[1])
    assert (await refused(moves.modify(booking, foreign, guest.token, 0))).code == "NOT_FOUND"
    assert (await refused(moves.modify(booking, quote, stranger.token, 0))).code == "NOT_FOUND"
    assert (await refused(moves.modify(booking, quote, "", 0))).code == "UNAUTHENTICATED"
    assert (await refused(moves.requote(house, booking, stranger.token))).code == "NOT_FOUND"
    assert (await refused(moves.modify(booking, quote, guest.token, 5))).code == "REFUND_CHANGED"
    assert await moves.desk.everything() == before


async def test_a_cancelled_booking_cannot_be_changed(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner)
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    quote = await moves.requote(house, booking, guest.token, house.room(plan=1), nights=1)
    await moves.cancel(booking, guest.token, 0)
    refusal = await refused(moves.modify(booking, quote, guest.token, 0))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "CANCELLED")
    request = booking_pb2.GetBookingsRequest(ids=[booking.id])
    assert (await call(moves.desk.bookings.GetBookings, request, token=guest.token)).bookings[0].version == 2


async def test_later_in_the_stay_only_the_added_nights_are_priced_anew(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    room = house.room(plan=1)
    moves.clock.day = ARRIVAL
    booking = await moves.check_in(await moves.desk.booked(house, guest, room), owner.token)
    moves.clock.day = ARRIVAL + dt.timedelta(days=1)
    quote = await moves.requote(house, booking, guest.token, room, nights=3)
    assert list(quote.rooms[0].lines[: len(booking.rooms[0].lines)]) == list(booking.rooms[0].lines)
    longer = await moves.modify(booking, quote, guest.token, 0)
    assert longer.total.minor_units == sum(line.amount.minor_units for line in longer.rooms[0].lines)
    assert longer.total.minor_units * 2 == booking.total.minor_units * 3
    assert await moves.desk.free(house, nights=3) == [2, 2, 2]
    early = await refused(moves.requote(house, booking, guest.token, room, nights=1))
    assert (early.code, early.path) == ("INVALID_INPUT", ("checkOut",))
