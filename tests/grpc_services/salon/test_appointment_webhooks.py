"""Webhooks about appointments out of order and hours late: each payment ends alike, with one change each."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.payment.v1 import payment_pb2
from contracts.salon.v1 import appointment_pb2
from contracts.settlement.v1 import settlement_pb2
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import paid_appointments
from runtime.channels import call
from runtime.disputes import take_in_disputes
from tests.grpc_services.booking.payments import PAID_LATE, Payments
from tests.grpc_services.salon.appointment_desk import CONFIRMED, EXPIRED, AppointmentDesk, at, clock_times
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn

PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}
HOURS = dt.timedelta(hours=5)
AUTHORIZED, CAPTURED = "payment.authorized", "payment.captured"
DISPUTED, WON = "payment.disputed", "dispute.won"
EVENTS = (AUTHORIZED, CAPTURED, DISPUTED, WON)
ORDERS = {
    "as they happen": EVENTS,
    "backwards": EVENTS[::-1],
    "captured before authorized": (CAPTURED, AUTHORIZED, DISPUTED, WON),
    "the dispute first": (DISPUTED, WON, AUTHORIZED, CAPTURED),
    "the end of the dispute before the dispute": (AUTHORIZED, WON, CAPTURED, DISPUTED),
    "authorized last": (CAPTURED, DISPUTED, WON, AUTHORIZED),
}


@pytest.fixture
async def shop(desk: AppointmentDesk, owner: SignedIn) -> Shop:
    """One master, and a cut for 60.00 EUR that is prepaid."""
    return await desk.parlour.shop(owner, masters=1, services=[PREPAID])


async def let_pass(desk: AppointmentDesk, time: dt.timedelta, appointment: appointment_pb2.Appointment) -> None:
    """As if all that was written down of an appointment had been so much earlier."""
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE salon.appointment SET created_at = created_at - $2::interval,"
            " hold_expires_at = hold_expires_at - $2::interval WHERE id = $1",
            uuid.UUID(appointment.id),
            time,
        )
        await connection.execute(
            "UPDATE salon.open_payment SET opened_at = opened_at - $2::interval,"
            " checked_at = checked_at - $2::interval WHERE appointment_id = $1",
            uuid.UUID(appointment.id),
            time,
        )


async def stuck(desk: AppointmentDesk) -> list[str]:
    request = settlement_pb2.ListStuckPaymentsRequest(stuck_seconds=120, first=100)
    return list((await call(desk.settlement.ListStuckPayments, request, token=desk.system)).payment_ids)


async def all_webhooks_come(desk: AppointmentDesk, payments: Payments, payment_id: str) -> list[str]:
    """Every one that the payment system sent of a payment, each twice; answers what became of them."""
    stored = [
        await desk.receive(body, f"{payment_id}-{name}")
        for name, body in (await payments.webhooks(payment_id)).items()
        for _ in range(2)
    ]
    return list(await asyncio.gather(*map(desk.settle, stored)))


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
async def test_a_payment_ends_alike_in_every_order(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn, order: tuple[str, ...]
) -> None:
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    payment_id = pending.payment_id
    disputes: list[payment_pb2.Dispute] = []

    async def happen(name: str) -> None:
        match name:
            case "payment.authorized":
                await payments.pay_at(pending.checkout_url, PAID_LATE)
            case "payment.captured":
                await payments.capture_late(payment_id)
            case "payment.disputed":
                disputes.append(await payments.dispute(payment_id))
            case "dispute.won":
                await payments.resolve(disputes[0], payment_pb2.DISPUTE_STATE_WON)

    to_come = list(EVENTS)
    for name in order:  # a webhook comes after what it tells, and perhaps after more than that
        while name in to_come:
            await happen(to_come.pop(0))
        event_id = await desk.receive((await payments.webhooks(payment_id))[name], f"{payment_id}-{name}")
        await asyncio.gather(desk.settle(event_id), desk.settle(event_id))
        await desk.settle(event_id)
    now = await desk.get(pending)
    assert (now.state, now.paid.minor_units, now.refunded.minor_units) == (CONFIRMED, 6000, 0)
    assert now.version == pending.version + 1
    assert await desk.story(pending) == [
        *("AppointmentHeld", "PaymentStarted", "AppointmentConfirmed"),
        *("PaymentDisputed", "DisputeWon"),
    ]
    assert await desk.events(pending) == [
        *("AppointmentHeld", "AppointmentPaymentStarted", "AppointmentConfirmed", "AppointmentPaymentReceived"),
        *("AppointmentPaymentDisputed", "AppointmentPaymentDisputed"),
    ]


async def test_who_asked_before_a_dispute_ended_does_not_open_it_again(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(pending.checkout_url)
    dispute = await payments.dispute(pending.payment_id)
    asked_early = await payments.get(pending.payment_id)
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_WON)
    await desk.hear_of(pending.payment_id)
    async with desk.database.transaction() as connection:
        row = await queries.lock_appointment(connection, uuid.UUID(pending.id))
        assert row is not None
        assert not await take_in_disputes(connection, refunds.records, paid_appointments, row, asked_early)
    assert (await desk.story(pending))[-2:] == ["PaymentDisputed", "DisputeWon"]


async def test_what_reconciliation_has_settled_hours_old_webhooks_do_not_touch(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(pending.checkout_url)
    assert pending.payment_id not in await stuck(desk)
    await let_pass(desk, dt.timedelta(minutes=3), pending)
    assert pending.payment_id in await stuck(desk)
    assert await desk.look_after(pending.payment_id) == "APPLIED"
    await let_pass(desk, HOURS, pending)
    before, told = await desk.get(pending), (await desk.story(pending), await desk.events(pending))
    assert (before.state, before.paid.minor_units) == (CONFIRMED, 6000)
    outcomes = await all_webhooks_come(desk, payments, pending.payment_id)
    assert (len(outcomes) >= 2, set(outcomes)) == (True, {"NOTHING_TO_DO"})
    assert await desk.get(pending) == before
    assert (await desk.story(pending), await desk.events(pending)) == told
    assert await payments.refunds(pending.payment_id) == []


async def test_hours_after_the_time_was_sold_to_another_the_money_goes_back_whole_and_once(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    late = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(late.checkout_url)
    await let_pass(desk, HOURS, late)
    await desk.expire()
    assert (await desk.get(late)).state == EXPIRED
    other = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(other.checkout_url)
    assert await desk.hear_of(other.payment_id) == "APPLIED"
    sold = await desk.get(other)
    assert sold.state == CONFIRMED
    for _ in range(2):
        await all_webhooks_come(desk, payments, late.payment_id)
        await desk.look_after(late.payment_id)
        after = await desk.get(late)
        assert (after.state, after.paid.minor_units, after.refunded.minor_units) == (EXPIRED, 6000, 6000)
        assert await payments.refunds(late.payment_id) == [6000]
        assert (await desk.story(late)).count("AppointmentRefunded") == 1
        assert (await desk.events(late)).count("AppointmentRefunded") == 1
    assert await desk.get(other) == sold
    assert "10:00" not in clock_times(await desk.slots(shop))
