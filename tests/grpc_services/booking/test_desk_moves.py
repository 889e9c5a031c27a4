"""Check-in, check-out, no-shows and the bill, for the house's own hotelier."""

from __future__ import annotations

import asyncio
import datetime as dt

from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

CHECKED_IN = booking_pb2.BOOKING_STATE_CHECKED_IN
COMPLETED = booking_pb2.BOOKING_STATE_COMPLETED
NO_SHOW = booking_pb2.BOOKING_STATE_NO_SHOW
DAY = dt.timedelta(days=1)


async def test_check_in_gives_every_room_a_door_and_early_departure_frees_the_rest(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    first, second = await moves.number(house, 0, "101", "102")
    moves.clock.day = ARRIVAL
    room = house.room(plan=1)
    booking = await moves.desk.booked(house, guest, room, room, nights=3)
    answers = await asyncio.gather(*(moves.check_in(booking, owner.token, {1: first}, key="in") for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].state == CHECKED_IN
    assert [one.doors[0].room_id for one in answers[0].booked_rooms] == [second, first]
    due = await refused(moves.check_out(booking, owner.token))
    assert (due.code, due.details["due"]) == ("PAYMENT_DUE", str(booking.total.minor_units))
    await moves.take_money(booking, owner.token, booking.total.minor_units)
    moves.clock.day = ARRIVAL + DAY
    left = await moves.check_out(booking, owner.token)
    assert (left.state, left.due.minor_units) == (COMPLETED, 0)
    assert [one.doors[0].end_night for one in left.booked_rooms] == [str(ARRIVAL + DAY)] * 2
    assert await moves.desk.free(house, nights=3) == [1, 3, 3]


async def test_an_upgrade_moves_the_nights_and_keeps_the_price(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, Kind(rooms=1), Kind(rooms=1, price=90_000))
    (suite,) = await moves.number(house, 1, "S1")
    moves.clock.day = ARRIVAL
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    inside = await moves.check_in(booking, owner.token, {0: suite})
    assert (inside.total, inside.booked_rooms[0].room_type_id) == (booking.total, house.room_types[1])
    assert (await moves.desk.free(house), await moves.desk.free(house, 1)) == ([1, 1], [0, 0])


async def test_a_taken_door_is_refused_and_nothing_changes(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner)
    first, _ = await moves.number(house, 0, "101", "102")
    moves.clock.day = ARRIVAL
    room = house.room(plan=1)
    await moves.check_in(await moves.desk.booked(house, guest, room), owner.token, {0: first})
    second = await moves.desk.booked(house, guest, room)
    before = await moves.desk.everything()
    refusal = await refused(moves.check_in(second, owner.token, {0: first}))
    assert (refusal.code, refusal.details["nights"]) == ("DOOR_TAKEN", f"{ARRIVAL},{ARRIVAL + DAY}")
    assert await moves.desk.everything() == before


async def test_check_in_waits_for_the_day_and_ends_with_the_stay(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    before = await moves.desk.everything()
    for day in (ARRIVAL - DAY, ARRIVAL + 2 * DAY):
        moves.clock.day = day
        refusal = await refused(moves.check_in(booking, owner.token))
        assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "CONFIRMED")
    assert await moves.desk.everything() == before


async def test_a_no_show_costs_the_last_tier_and_can_be_taken_back(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, Kind(rooms=1))
    moves.clock.day = ARRIVAL
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    early = await refused(moves.mark_no_show(paid, owner.token))
    assert early.code == "ILLEGAL_STATE"
    moves.clock.day = ARRIVAL + DAY
    marked = await moves.mark_no_show(paid, owner.token)
    assert (marked.state, marked.penalty.minor_units) == (NO_SHOW, 10_000)
    assert (await moves.desk.get(paid)).refunded.minor_units == 10_500
    assert await moves.desk.free(house) == [0, 1]
    back = await moves.reinstate(paid, owner.token)
    assert (back.state, back.penalty.minor_units, back.due.minor_units) == (CONFIRMED, 0, 10_500)
    assert await moves.desk.free(house) == [0, 0]
    assert (await moves.paid(back, guest.token)).due.minor_units == 0


async def test_a_no_show_whose_nights_are_gone_stays_one(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner, Kind(rooms=1))
    moves.clock.day = ARRIVAL + DAY
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    await moves.mark_no_show(booking, owner.token)
    await moves.desk.booked(house, guest, house.room(plan=1), arrival=ARRIVAL + DAY, nights=1)
    before = await moves.desk.everything()
    assert (await refused(moves.reinstate(booking, owner.token))).code == "ROOM_UNAVAILABLE"
    assert await moves.desk.everything() == before


async def test_the_bill_is_the_sum_of_its_lines(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner)
    moves.clock.day = ARRIVAL
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    assert (await moves.charge(paid, owner.token, 900)).due.minor_units == 900
    assert (await refused(moves.take_money(paid, owner.token, 901))).code == "INVALID_INPUT"
    settled = await moves.take_money(paid, owner.token, 900)
    assert (settled.due.minor_units, [one.amount.minor_units for one in settled.charges]) == (0, [900])
    assert (await refused(moves.take_money(paid, owner.token, -901))).code == "INVALID_INPUT"
    assert (await moves.take_money(paid, owner.token, -900)).due.minor_units == 900
    await moves.charge(paid, owner.token, -1_900)
    assert (await moves.desk.get(paid)).refunded.minor_units == 1_000
    for amount in (0, -1_000_000, 200_000_000):
        assert (await refused(moves.charge(paid, owner.token, amount))).code == "INVALID_INPUT"


async def test_only_the_house_moves_bookings_at_its_desk(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn, other_owner: SignedIn
) -> None:
    house = await moves.house(owner)
    moves.clock.day = ARRIVAL
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    before = await moves.desk.everything()
    for token, code in ((other_owner.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        for work in (
            moves.check_in(booking, token),
            moves.check_out(booking, token),
            moves.mark_no_show(booking, token),
            moves.reinstate(booking, token),
            moves.charge(booking, token, 100),
            moves.take_money(booking, token, 100),
        ):
            assert (await refused(work)).code == code
    assert await moves.desk.everything() == before
