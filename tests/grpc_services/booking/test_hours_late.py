"""Webhooks that come hours late: what was settled without them stays, and what was not is settled by the first."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import APPLIED, CONFIRMED, EXPIRED, NOTHING_TO_DO, Desk
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn

HOURS = dt.timedelta(hours=5)


async def let_pass(desk: Desk, time: dt.timedelta, *bookings: booking_pb2.Booking) -> None:
    """As if all that was written down of these bookings had been so much earlier."""
    ids = [uuid.UUID(booking.id) for booking in bookings]
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET created_at = created_at - $2::interval,"
            " hold_expires_at = hold_expires_at - $2::interval WHERE id = ANY ($1)",
            ids,
            time,
        )
        await connection.execute(
            "UPDATE booking.open_payment SET opened_at = opened_at - $2::interval,"
            " checked_at = checked_at - $2::interval WHERE booking_id = ANY ($1)",
            ids,
            time,
        )


async def all_webhooks_come(desk: Desk, payments: Payments, payment_id: str) -> list[int]:
    """Every one that the payment system sent of a payment, each twice; answers what became of them."""
    stored = [
        await desk.receive(body, f"{payment_id}-{name}")
        for name, body in (await payments.webhooks(payment_id)).items()
        for _ in range(2)
    ]
    return list(await asyncio.gather(*map(desk.settle, stored)))


async def test_what_reconciliation_has_settled_hours_old_webhooks_do_not_touch(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    assert booking.payment.id not in await desk.stuck()
    await let_pass(desk, dt.timedelta(minutes=3), booking)
    assert booking.payment.id in await desk.stuck()
    assert await desk.look_after(booking.payment.id) == APPLIED
    await let_pass(desk, HOURS, booking)
    before, told = await desk.get(booking), (await desk.timeline(booking), await desk.told(booking))
    assert (before.state, before.paid) == (CONFIRMED, booking.total)
    outcomes = await all_webhooks_come(desk, payments, booking.payment.id)
    assert (len(outcomes) >= 2, set(outcomes)) == (True, {NOTHING_TO_DO})
    assert await desk.get(booking) == before
    assert (await desk.timeline(booking), await desk.told(booking)) == told
    assert await payments.refunds(booking.payment.id) == []
    assert await desk.free(house) == [0, 0]


async def test_hours_after_the_nights_were_sold_to_another_the_money_goes_back_whole_and_once(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    late = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(late)
    await let_pass(desk, HOURS, late)
    await desk.let_expire(late)
    other = await desk.start_payment(await desk.booked(house, stranger), stranger.token)
    await payments.pay(other)
    assert await desk.hear_of(other.payment.id) == APPLIED
    sold = await desk.get(other)
    assert sold.state == CONFIRMED
    for _ in range(2):
        await all_webhooks_come(desk, payments, late.payment.id)
        await desk.look_after(late.payment.id)
        after = await desk.get(late)
        assert (after.state, after.paid, after.refunded) == (EXPIRED, late.total, late.total)
        assert await payments.refunds(late.payment.id) == [late.total.minor_units]
        assert (await desk.timeline(late)).count("BookingRefunded") == 1
        assert (await desk.told(late)).count("BookingRefunded") == 1
    assert await desk.get(other) == sold
    assert await desk.free(house) == [0, 0]
