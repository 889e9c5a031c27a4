"""Whoever comes back from the checkout page is told how it went, also when the webhook is late or lost."""

from __future__ import annotations

import asyncio

from tests.grpc_services.booking.desk import APPLIED, CONFIRMED, HELD, NOTHING_TO_DO, PENDING, Desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.house import SignedIn, refused


async def test_the_guest_comes_back_before_the_webhook(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    assert (await desk.refresh(booking, guest.token)).state == PENDING
    await payments.pay(booking)
    events_before = await desk.events(booking)
    event_id = await desk.receive(webhook(booking.payment.id))
    settling = asyncio.create_task(desk.settle(event_id))
    answers = await asyncio.gather(*(desk.refresh(booking, guest.token) for _ in range(5)))
    assert [answer.state for answer in answers] == [CONFIRMED] * 5
    assert await settling in (APPLIED, NOTHING_TO_DO)
    assert await desk.hear_of(booking.payment.id) == NOTHING_TO_DO, "the webhook, hours late"
    assert await desk.timeline(booking) == ["BookingHeld", "PaymentStarted", "BookingConfirmed"]
    assert await desk.events(booking) == events_before + 2  # confirmed, and its payment received


async def test_a_failed_payment_is_told_as_well(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.fail(booking)
    told = await desk.refresh(booking, guest.token)
    assert (told.state, told.payment.state) == (HELD, "FAILED")


async def test_a_booking_without_an_open_payment_is_answered_as_it_stands(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    held = await desk.booked(await desk.house(owner), guest)
    assert await desk.refresh(held, guest.token) == held, "though no payment system answers"


async def test_a_stranger_refreshes_nothing(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    before = await desk.everything()
    assert (await refused(desk.refresh(booking, stranger.token))).code == "NOT_FOUND"
    assert (await refused(desk.refresh(booking, ""))).code == "UNAUTHENTICATED"
    assert await desk.everything() == before
    assert (await desk.refresh(booking, owner.token)).state == CONFIRMED
