"""Calling bookings off: what it costs, what goes back, and who may."""

from __future__ import annotations

import asyncio
import datetime as dt

from contracts.booking.v1 import booking_pb2
from runtime.clock import from_timestamp
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, HELD, webhook
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

CANCELLED = booking_pb2.BOOKING_STATE_CANCELLED
EARLY, LATE = ARRIVAL - dt.timedelta(days=5), ARRIVAL - dt.timedelta(days=1)


async def test_in_time_all_money_goes_back_and_the_nights_are_free(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=1))
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    preview = await moves.preview(paid, guest.token)
    assert (preview.penalty.minor_units, preview.refund, preview.by_hotel) == (0, paid.total, False)
    cancelled = await moves.cancel(paid, guest.token, paid.total.minor_units)
    assert (cancelled.state, cancelled.penalty.minor_units, cancelled.due.minor_units) == (CANCELLED, 0, 0)
    assert (await moves.desk.get(paid)).refunded == paid.total
    assert await moves.payments.refunds(paid.payment.id) == [paid.total.minor_units]
    assert await moves.desk.free(house) == [1, 1]
    assert (await moves.desk.timeline(paid))[-2:] == ["BookingCancelled", "BookingRefunded"]


async def test_late_the_policy_keeps_its_part_without_city_tax(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    moves.clock.day = LATE
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    preview = await moves.preview(paid, guest.token)
    assert (paid.total.minor_units, preview.penalty.minor_units) == (20_500, 10_000)
    assert [(stage.penalty.minor_units, stage.refund.minor_units) for stage in preview.stages] == [
        (0, 20_500),
        (10_000, 10_500),
    ]
    assert from_timestamp(preview.stages[0].ends) == from_timestamp(preview.stages[1].begins)
    cancelled = await moves.cancel(paid, guest.token, 10_500)
    assert cancelled.penalty.minor_units == 10_000
    assert (await moves.desk.get(paid)).refunded.minor_units == 10_500


async def test_the_hotel_gives_all_money_back_however_late(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner)
    moves.clock.day = LATE
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    preview = await moves.preview(paid, owner.token)
    assert (preview.by_hotel, preview.penalty.minor_units, preview.refund) == (True, 0, paid.total)
    await moves.cancel(paid, owner.token, paid.total.minor_units)
    assert (await moves.desk.get(paid)).refunded == paid.total


async def test_one_room_goes_and_the_other_stays_with_a_lower_total(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, Kind(rooms=2))
    moves.clock.day = LATE
    booked = await moves.desk.booked(house, guest, house.room(), house.room())
    paid = await moves.paid(booked, guest.token)
    left = await moves.cancel(paid, guest.token, 10_500, [1])
    assert (left.state, left.total.minor_units, left.penalty.minor_units) == (CONFIRMED, 30_500, 10_000)
    assert [room.cancelled for room in left.booked_rooms] == [False, True]
    assert list(left.rooms) == list(paid.rooms)
    assert await moves.desk.free(house) == [1, 1]
    last = await moves.cancel(paid, guest.token, 10_500)
    assert (last.state, last.penalty.minor_units) == (CANCELLED, 20_000)
    assert await moves.desk.free(house) == [2, 2]


async def test_a_hold_is_cancelled_free_and_late_money_goes_back(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    moves.clock.day = LATE
    pending = await moves.desk.start_payment(await moves.desk.booked(house, guest), guest.token)
    cancelled = await moves.cancel(pending, guest.token, 0)
    assert (cancelled.state, cancelled.due.minor_units) == (CANCELLED, 0)
    await moves.payments.pay(pending)
    await moves.desk.hear_of(pending.payment.id)
    now = await moves.desk.get(pending)
    assert (now.state, now.paid, now.refunded) == (CANCELLED, pending.total, pending.total)


async def test_twenty_repeats_at_once_and_later_cancel_once(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner)
    moves.clock.day = EARLY
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    total = paid.total.minor_units
    answers = await asyncio.gather(*(moves.cancel(paid, guest.token, total, key="once") for _ in range(20)))
    answers.append(await moves.cancel(paid, guest.token, total, key="once"))
    assert {answer.SerializeToString(deterministic=True) for answer in answers} == {
        answers[0].SerializeToString(deterministic=True)
    }
    assert await moves.payments.refunds(paid.payment.id) == [total]
    conflict = await refused(moves.cancel(paid, guest.token, 1, key="once"))
    assert conflict.code == "IDEMPOTENCY_CONFLICT"


async def test_a_refund_that_nobody_sent_is_sent_by_the_sweeper(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner)
    moves.clock.day = EARLY
    paid = await moves.paid(await moves.desk.booked(house, guest), guest.token)
    await moves.cancel(paid, guest.token, paid.total.minor_units)
    async with moves.desk.database.transaction() as connection:  # as if killed right after the commit
        await connection.execute(
            "UPDATE booking.refund SET state = 'REQUESTED' WHERE booking_id = $1::text::uuid", paid.id
        )
        await connection.execute(
            "UPDATE booking.booking SET refunded_minor_units = 0 WHERE id = $1::text::uuid", paid.id
        )
    await moves.desk.settle(await moves.desk.receive(webhook(paid.payment.id)))
    assert (await moves.desk.get(paid)).refunded == paid.total
    assert await moves.payments.refunds(paid.payment.id) == [paid.total.minor_units]


async def test_refusals_change_nothing(moves: MoveDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn) -> None:
    house = await moves.house(owner)
    moves.clock.day = EARLY
    held = await moves.desk.booked(house, guest)
    before = await moves.desk.everything()
    changed = await refused(moves.cancel(held, guest.token, 7))
    assert (changed.code, changed.details["expected"], changed.details["actual"]) == ("REFUND_CHANGED", "7", "0")
    assert (await refused(moves.cancel(held, stranger.token, 0))).code == "NOT_FOUND"
    assert (await refused(moves.preview(held, stranger.token))).code == "NOT_FOUND"
    assert (await refused(moves.cancel(held, "", 0))).code == "UNAUTHENTICATED"
    for positions in ([1], [0, 0], [-1]):
        assert (await refused(moves.cancel(held, guest.token, 0, positions))).code == "INVALID_INPUT"
    assert await moves.desk.everything() == before
    assert (await moves.desk.get(held)).state == HELD


async def test_a_guest_in_the_house_cannot_cancel(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    house = await moves.house(owner)
    moves.clock.day = ARRIVAL
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    await moves.check_in(booking, owner.token)
    before = await moves.desk.everything()
    refusal = await refused(moves.cancel(booking, guest.token, 0))
    assert (refusal.code, refusal.details) == ("ILLEGAL_STATE", {"state": "CHECKED_IN", "allowed": "COMPLETED"})
    assert await moves.desk.everything() == before
