"""Webhooks about payments: duplicated, reordered, unknown, all at once."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.settlement.v1 import settlement_pb2
from runtime.channels import call
from tests.grpc_services.booking.desk import (
    APPLIED,
    CONFIRMED,
    NOTHING_TO_DO,
    PARKED,
    PENDING,
    PROVIDER,
    Desk,
    webhook,
)
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused


async def test_captured_money_confirms_the_booking(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    assert await desk.hear_of(booking.payment.id) == APPLIED
    paid = await desk.get(booking)
    assert (paid.state, paid.paid, paid.refunded.minor_units) == (CONFIRMED, booking.total, 0)
    assert not paid.HasField("hold_expires_at")
    assert paid.payment.state == "CAPTURED"
    assert await desk.free(house) == [2, 2]


async def test_duplicates_and_reordered_webhooks_at_once_confirm_once(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    events_before = await desk.events(booking)
    payload = webhook(booking.payment.id)
    stored = [await desk.receive(payload, f"{booking.id}-{number}") for number in range(5)]
    await desk.receive(payload, stored[0])
    outcomes = await asyncio.gather(*(desk.settle(event_id) for _ in range(4) for event_id in reversed(stored)))
    assert outcomes.count(APPLIED) == 1
    assert set(outcomes) == {APPLIED, NOTHING_TO_DO}
    assert await desk.timeline(booking) == ["BookingHeld", "PaymentStarted", "BookingConfirmed"]
    assert await desk.events(booking) == events_before + 2  # confirmed, and its payment received
    assert (await desk.get(booking)).paid == booking.total
    assert await desk.free(house) == [0, 0]


async def test_a_webhook_is_stored_once(desk: Desk) -> None:
    request = settlement_pb2.ReceivePaymentEventRequest(provider=PROVIDER, event_id=uuid.uuid4().hex, payload=b"{}")
    answers = [await call(desk.settlement.ReceivePaymentEvent, request, token=desk.system) for _ in range(3)]
    assert [answer.duplicate for answer in answers] == [False, True, True]


async def test_an_early_webhook_changes_nothing_and_the_later_one_confirms(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    assert await desk.hear_of(booking.payment.id) == NOTHING_TO_DO
    assert (await desk.get(booking)).state == PENDING
    await payments.pay(booking)
    assert await desk.hear_of(booking.payment.id) == APPLIED
    assert await desk.hear_of(booking.payment.id) == NOTHING_TO_DO


async def test_an_old_failure_does_not_undo_a_newer_payment(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    first = await desk.start_payment(held, guest.token)
    await payments.fail(first)
    await desk.hear_of(first.payment.id)
    second = await desk.start_payment(held, guest.token)
    assert await desk.hear_of(first.payment.id) == NOTHING_TO_DO
    now = await desk.get(held)
    assert (now.state, now.payment.id) == (PENDING, second.payment.id)


@pytest.mark.parametrize(
    "payload",
    [
        webhook("3f0a4c1e-9d52-4d7b-8f36-6f3f1f3f9a11"),
        webhook("not-an-id"),
        b"not json",
        b"[]",
        b'{"data": "x"}',
        b'{"data": {"payment_id": 7}}',
        b"\xff",
    ],
)
async def test_what_speaks_of_no_payment_of_ours_is_parked(desk: Desk, payments: Payments, payload: bytes) -> None:
    event_id = await desk.receive(payload)
    assert await desk.settle(event_id) == PARKED
    unsettled = settlement_pb2.ListUnsettledPaymentEventsRequest(first=100)
    listed = await call(desk.settlement.ListUnsettledPaymentEvents, unsettled, token=desk.system)
    assert event_id not in {event.event_id for event in listed.events}


@pytest.mark.parametrize("booking_id", ["not-an-id", "3f0a4c1e-9d52-4d7b-8f36-6f3f1f3f9a11"])
async def test_a_payment_for_no_booking_of_ours_is_parked(desk: Desk, payments: Payments, booking_id: str) -> None:
    payment = await payments.create(booking_id, 100)
    assert await desk.hear_of(payment.id) == PARKED


async def test_a_wrong_amount_is_parked_and_changes_nothing(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    short = await payments.create(booking.id, booking.total.minor_units - 1)
    await payments.pay(
        booking_pb2.Booking(payment=booking_pb2.BookingPayment(id=short.id, checkout_url=short.checkout_url))
    )
    assert await desk.hear_of(short.id) == PARKED
    assert await desk.get(booking) == booking
    assert await payments.refunds(short.id) == []


async def test_a_second_payment_for_a_paid_booking_goes_back_whole(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    await desk.hear_of(booking.payment.id)
    again = await payments.create(booking.id, booking.total.minor_units)
    await payments.pay(
        booking_pb2.Booking(payment=booking_pb2.BookingPayment(id=again.id, checkout_url=again.checkout_url))
    )
    event_id = await desk.receive(webhook(again.id))
    await asyncio.gather(*(desk.settle(event_id) for _ in range(10)))
    now = await desk.get(booking)
    assert (now.state, now.payment.id) == (CONFIRMED, booking.payment.id)
    assert now.paid.minor_units - now.refunded.minor_units == booking.total.minor_units
    assert await payments.refunds(again.id) == [booking.total.minor_units]
    assert await payments.refunds(booking.payment.id) == []


async def test_an_unknown_event_is_not_found(desk: Desk) -> None:
    assert (await refused(desk.settle(uuid.uuid4().hex))).code == "NOT_FOUND"


async def test_what_nobody_finished_is_listed_until_it_is_settled(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    event_id = await desk.receive(webhook(booking.payment.id))

    async def listed(older_than: int = 0) -> bool:
        request = settlement_pb2.ListUnsettledPaymentEventsRequest(older_than_seconds=older_than, first=100)
        answer = await call(desk.settlement.ListUnsettledPaymentEvents, request, token=desk.system)
        return event_id in {event.event_id for event in answer.events}

    assert await listed()
    assert not await listed(60)
    await desk.settle(event_id)
    assert not await listed()
