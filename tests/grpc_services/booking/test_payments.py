"""Opening a payment for a held booking: once, whoever asks however often."""

from __future__ import annotations

import asyncio
import uuid

from contracts.payment.v1 import payment_pb2
from tests.grpc_services.booking.desk import CONFIRMED, PENDING, Desk
from tests.grpc_services.booking.payments import RETURN_ORIGIN, Payments
from tests.house import SignedIn, refused


async def test_a_payment_is_opened_for_the_whole_amount_until_the_hold_ends(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    booking = await desk.start_payment(held, guest.token)
    assert (booking.state, booking.version, booking.hold_expires_at) == (PENDING, 2, held.hold_expires_at)
    payment = await payments.get(booking.payment.id)
    assert (payment.amount, payment.booking_id, payment.checkout_url) == (
        held.total,
        held.id,
        booking.payment.checkout_url,
    )
    assert await desk.timeline(held) == ["BookingHeld", "PaymentStarted"]


async def test_the_same_key_opens_one_payment(desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(desk.start_payment(held, guest.token, key) for _ in range(10)))
    answers.append(await desk.start_payment(held, guest.token, key))
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert await payments.count(held.id) == 1
    conflict = await refused(desk.start_payment(held, guest.token, key, RETURN_ORIGIN))
    assert conflict.code == "IDEMPOTENCY_CONFLICT"


async def test_different_keys_lead_to_the_same_live_payment(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    answers = await asyncio.gather(*(desk.start_payment(held, guest.token) for _ in range(10)))
    assert {answer.payment.id for answer in answers} == {answers[0].payment.id}
    assert await payments.count(held.id) == 1
    assert await desk.timeline(held) == ["BookingHeld", "PaymentStarted"]


async def test_another_place_to_return_to_leads_to_the_same_live_payment(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    first = await desk.start_payment(held, guest.token)
    second = await desk.start_payment(held, guest.token, return_url=f"{RETURN_ORIGIN}/bookings")
    assert second.payment == first.payment
    assert await payments.count(held.id) == 1


async def test_a_place_to_return_to_that_is_not_ours_is_refused(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    before = await desk.everything()
    refusal = await refused(desk.start_payment(held, guest.token, return_url="https://evil.example/"))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("returnUrl",))
    assert await desk.everything() == before
    assert await payments.count(held.id) == 0


async def test_an_overdue_hold_cannot_be_paid_though_nobody_has_released_it(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    await desk.run_out(held)
    before = await desk.everything()
    refusal = await refused(desk.start_payment(held, guest.token))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "EXPIRED")
    assert await desk.everything() == before
    assert await payments.count(held.id) == 0


async def test_what_needs_no_payment_takes_none(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    confirmed = await desk.booked(house, guest, house.room(plan=1))
    refusal = await refused(desk.start_payment(confirmed, guest.token))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "CONFIRMED")
    assert await payments.count(confirmed.id) == 0


async def test_a_failed_payment_reopens_the_booking_for_a_second_one(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    first = await desk.start_payment(held, guest.token)
    await payments.fail(first)
    await desk.hear_of(first.payment.id)
    reopened = await desk.get(held)
    assert (reopened.state, reopened.payment.state) == (held.state, "FAILED")
    assert reopened.hold_expires_at == held.hold_expires_at
    second = await desk.start_payment(held, guest.token)
    assert second.payment.id != first.payment.id
    await payments.pay(second)
    await desk.hear_of(second.payment.id)
    paid = await desk.get(held)
    assert (paid.state, paid.paid, paid.payment.id) == (CONFIRMED, held.total, second.payment.id)
    assert (await payments.get(first.payment.id)).state == payment_pb2.PAYMENT_STATE_FAILED
    assert await desk.timeline(held) == [
        "BookingHeld",
        "PaymentStarted",
        "PaymentFailed",
        "PaymentStarted",
        "BookingConfirmed",
    ]
