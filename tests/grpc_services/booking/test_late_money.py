"""Money that comes after the hold ran out: the rooms again, or all of it back, once."""

from __future__ import annotations

import asyncio

import pytest

from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import APPLIED, CONFIRMED, EXPIRED, Desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn


async def paid_but_expired(
    desk: Desk, payments: Payments, house: House, guest: SignedIn, rooms: int = 1
) -> booking_pb2.Booking:
    """The guest pays in time, the webhook does not come, and the hold is released."""
    held = await desk.booked(house, guest, *[house.room()] * rooms)
    booking = await desk.start_payment(held, guest.token)
    await payments.pay(booking)
    await desk.run_out(booking)
    await desk.expire()
    expired = await desk.get(booking)
    assert expired.state == EXPIRED
    return expired


async def test_with_rooms_still_free_late_money_confirms(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=2))
    booking = await paid_but_expired(desk, payments, house, guest, rooms=2)
    assert await desk.free(house) == [2, 2]
    event_id = await desk.receive(webhook(booking.payment.id))
    outcomes = await asyncio.gather(*(desk.settle(event_id) for _ in range(10)))
    assert outcomes.count(APPLIED) == 1
    confirmed = await desk.get(booking)
    assert (confirmed.state, confirmed.paid, confirmed.refunded.minor_units) == (CONFIRMED, booking.total, 0)
    assert await desk.free(house) == [0, 0]
    assert (await desk.timeline(booking)).count("BookingConfirmed") == 1


@pytest.mark.parametrize("at_once", [1, 12])
async def test_with_the_rooms_gone_late_money_goes_back_whole_and_once(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, stranger: SignedIn, at_once: int
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    booking = await paid_but_expired(desk, payments, house, guest)
    await desk.booked(house, stranger, nights=1)
    stored = [await desk.receive(webhook(booking.payment.id)) for _ in range(at_once)]
    await asyncio.gather(*(desk.settle(event_id) for event_id in stored))
    await asyncio.gather(*(desk.settle(event_id) for event_id in stored))
    after = await desk.get(booking)
    assert (after.state, after.paid, after.refunded) == (EXPIRED, booking.total, booking.total)
    assert await payments.refunds(booking.payment.id) == [booking.total.minor_units]
    timeline = await desk.timeline(booking)
    assert timeline.count("RefundRequested") == timeline.count("BookingRefunded") == 1
    assert await desk.free(house) == [0, 1]


async def test_an_overdue_hold_of_others_does_not_cost_the_late_payer_the_room(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    booking = await paid_but_expired(desk, payments, house, guest)
    other = await desk.booked(house, stranger)
    await desk.run_out(other)
    assert await desk.hear_of(booking.payment.id) == APPLIED
    assert (await desk.get(booking)).state == CONFIRMED
    assert (await desk.get(other)).state == EXPIRED


async def test_money_for_an_overdue_hold_that_nobody_released_confirms_it(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    await desk.run_out(booking)
    assert await desk.hear_of(booking.payment.id) == APPLIED
    assert (await desk.get(booking)).state == CONFIRMED
    assert await desk.expire() == 0 or (await desk.get(booking)).state == CONFIRMED
