"""Webhooks in every order in which they can arrive: each order ends with the same rows, and with one change each."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid

import pytest

from contracts.payment.v1 import payment_pb2
from grpc_services.booking import paid_bookings, queries, refunds
from runtime.disputes import take_in_disputes
from tests.grpc_services.booking.desk import CONFIRMED, PROVIDER, Desk
from tests.grpc_services.booking.payments import PAID_LATE, REFUNDED_LATE, Payments
from tests.house import SignedIn

PAYMENT_EVENTS = ("payment.authorized", "payment.captured", "payment.disputed", "dispute.won")
REFUND_EVENTS = ("refund.pending", "refund.succeeded", "refund.reversed")


def told_in(order: tuple[str, ...]) -> str:
    return " ".join(name.rpartition(".")[2] for name in order)


async def deliver(desk: Desk, payments: Payments, payment_id: str, name: str) -> None:
    """One webhook, twice at once and once more."""
    body = (await payments.webhooks(payment_id))[name]
    event_id = await desk.receive(body, f"{payment_id}-{name}")
    await asyncio.gather(desk.settle(event_id), desk.settle(event_id))
    await desk.settle(event_id)


@pytest.mark.parametrize("order", list(itertools.permutations(PAYMENT_EVENTS)), ids=told_in)
async def test_a_payment_ends_alike_in_all_24_orders(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, order: tuple[str, ...]
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    payment_id = booking.payment.id
    disputes: list[payment_pb2.Dispute] = []

    async def happen(name: str) -> None:
        match name:
            case "payment.authorized":
                await payments.pay(booking, PAID_LATE)
            case "payment.captured":
                await payments.capture_late(payment_id)
            case "payment.disputed":
                disputes.append(await payments.dispute(payment_id))
            case "dispute.won":
                await payments.resolve(disputes[0], payment_pb2.DISPUTE_STATE_WON)

    to_come = list(PAYMENT_EVENTS)
    for name in order:  # a webhook comes after what it tells, and perhaps after more than that
        while name in to_come:
            await happen(to_come.pop(0))
        await deliver(desk, payments, payment_id, name)
    now = await desk.get(booking)
    assert (now.state, now.paid, now.refunded.minor_units) == (CONFIRMED, booking.total, 0)
    assert now.version == booking.version + 1
    assert await desk.timeline(booking) == [
        *("BookingHeld", "PaymentStarted", "BookingConfirmed"),
        *("PaymentDisputed", "DisputeWon"),
    ]
    assert await desk.told(booking) == [
        *("BookingHeld", "BookingPaymentStarted", "BookingConfirmed", "BookingPaymentReceived"),
        *("BookingPaymentDisputed", "BookingPaymentDisputed"),
    ]
    assert payment_id not in await desk.stuck(0)


@pytest.mark.parametrize("order", list(itertools.permutations(REFUND_EVENTS)), ids=told_in)
async def test_a_refund_ends_alike_in_all_orders(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, order: tuple[str, ...]
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    payment_id = booking.payment.id
    await payments.pay(booking, REFUNDED_LATE)
    await desk.hear_of(payment_id)
    stranger = await payments.create(booking.id, booking.total.minor_units)  # paid twice: one goes back
    await payments.pay_at(stranger.checkout_url, REFUNDED_LATE)
    to_come = list(REFUND_EVENTS)

    async def happen(name: str) -> None:
        match name:
            case "refund.pending":
                await desk.hear_of(stranger.id)
            case "refund.succeeded":
                refund = await payments.newest_refund(stranger.id)
                await payments.settle_refund(refund, payment_pb2.REFUND_STATE_SUCCEEDED)
            case "refund.reversed":
                refund = await payments.newest_refund(stranger.id)
                await payments.settle_refund(refund, payment_pb2.REFUND_STATE_REVERSED)

    for name in order:
        while name in to_come:
            await happen(to_come.pop(0))
        await deliver(desk, payments, stranger.id, name)
    now = await desk.get(booking)
    assert (now.state, now.refunded.minor_units) == (CONFIRMED, 0)
    assert now.paid.minor_units == 2 * booking.total.minor_units
    assert [(row["state"], row["attempt"]) for row in await desk.refunds(booking)] == [
        ("REVERSED", 1),
        ("REQUESTED", 2),
    ], "what came back is owed again"
    timeline = await desk.timeline(booking)
    assert timeline[-3:] == ["RefundRequested", "BookingRefunded", "RefundReversed"]
    assert (await desk.told(booking)).count("BookingRefundFailed") == 1


async def test_a_lost_dispute_leaves_the_booking_as_it_is(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    dispute = await payments.dispute(booking.payment.id)
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_LOST)
    await desk.hear_of(booking.payment.id)
    await desk.hear_of(booking.payment.id)
    now = await desk.get(booking)
    assert (now.state, now.paid) == (CONFIRMED, booking.total)
    assert (await desk.timeline(booking))[2:] == ["BookingConfirmed", "PaymentDisputed", "DisputeLost"]


async def test_who_asked_before_a_dispute_ended_does_not_open_it_again(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    dispute = await payments.dispute(booking.payment.id)
    asked_early = await payments.get(booking.payment.id)
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_WON)
    await desk.hear_of(booking.payment.id)
    async with desk.database.transaction() as connection:
        row = await queries.lock_booking(connection, uuid.UUID(booking.id))
        assert row is not None
        assert not await take_in_disputes(connection, refunds.records, paid_bookings, row, asked_early)
    assert (await desk.timeline(booking))[2:] == ["BookingConfirmed", "PaymentDisputed", "DisputeWon"]


async def test_a_disputed_payment_is_refunded_once_the_dispute_is_won(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    await desk.hear_of(booking.payment.id)
    twice = await payments.create(booking.id, booking.total.minor_units)
    await payments.pay_at(twice.checkout_url)
    dispute = await payments.dispute(twice.id)
    await desk.hear_of(twice.id)
    assert (await desk.get(booking)).refunded.minor_units == 0
    assert await payments.refunds(twice.id) == []
    assert twice.id not in await desk.stuck(), "nobody asks for it every few minutes"
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_WON)
    await desk.hear_of(twice.id)
    assert (await desk.get(booking)).refunded == booking.total
    assert await payments.refunds(twice.id) == [booking.total.minor_units]


async def test_what_a_lost_dispute_gave_back_already_waits_for_a_person_and_is_not_sent(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    await desk.hear_of(booking.payment.id)
    twice = await payments.create(booking.id, booking.total.minor_units)
    await payments.pay_at(twice.checkout_url)
    dispute = await payments.dispute(twice.id)
    await desk.hear_of(twice.id)
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_LOST)
    await desk.hear_of(twice.id)
    for _ in range(2):
        await desk.make_refunds_due(booking)
        await desk.look_after(twice.id)
    (parked,) = [event for event in (await desk.parked()).values() if event.payment_id == twice.id]
    assert parked.reason == "DISPUTE_LOST"
    assert twice.id not in await desk.stuck(0), "nobody asks for it every hour, for ever"
    assert await payments.refunds(twice.id) == []
    assert (await desk.timeline(booking)).count("RefundFailed") == 1
    assert (await desk.told(booking)).count("BookingRefundFailed") == 1


async def test_a_refund_that_fails_three_times_waits_for_a_person(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    await desk.hear_of(booking.payment.id)
    twice = await payments.create(booking.id, booking.total.minor_units)
    await payments.pay_at(twice.checkout_url, REFUNDED_LATE)
    await desk.hear_of(twice.id)
    for attempt in (1, 2, 3):
        (*_, sent) = await desk.refunds(booking)
        assert (sent["state"], sent["attempt"]) == ("PENDING", attempt)
        await payments.settle_refund(await payments.newest_refund(twice.id), payment_pb2.REFUND_STATE_FAILED)
        assert await desk.look_after(twice.id), "the webhook was lost"
        assert len(await payments.refunds(twice.id)) == attempt, "it is not sent again at once"
        if attempt < 3:
            await desk.make_refunds_due(booking)
            assert twice.id in await desk.stuck(0)
            await desk.look_after(twice.id)
    (parked,) = [event for event in (await desk.parked()).values() if event.payment_id == twice.id]
    assert (parked.reason, parked.provider) == ("REFUND_FAILED", PROVIDER)
    assert twice.id not in await desk.stuck(0)
    assert (await desk.timeline(booking)).count("RefundFailed") == 3
    failures = [event for event in await desk.told(booking) if event == "BookingRefundFailed"]
    assert len(failures) == 3
    await desk.replay(parked.event_id)
    await payments.settle_refund(await payments.newest_refund(twice.id), payment_pb2.REFUND_STATE_SUCCEEDED)
    await desk.hear_of(twice.id)
    assert (await desk.get(booking)).refunded == booking.total
    assert json.loads((await payments.webhooks(twice.id))["refund.succeeded"])["data"]["payment_id"] == twice.id
