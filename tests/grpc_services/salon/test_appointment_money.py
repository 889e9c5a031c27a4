"""Money of appointments: paid once, refunded by the policy, and late money takes the time again or goes back."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2
from contracts.settlement.v1 import settlement_pb2
from runtime.channels import call
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.salon.appointment_desk import (
    CANCELLED,
    CONFIRMED,
    DAY,
    EXPIRED,
    HELD,
    PENDING,
    PROVIDER,
    AppointmentDesk,
    at,
    clock_times,
    webhook,
)
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn, refused

PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}


@pytest.fixture
async def shop(desk: AppointmentDesk, owner: SignedIn) -> Shop:
    """One master, and a cut for 60.00 EUR that is prepaid."""
    return await desk.parlour.shop(owner, masters=1, services=[PREPAID])


async def paid(desk: AppointmentDesk, payments: Payments, shop: Shop, who: SignedIn) -> appointment_pb2.Appointment:
    """An appointment at 10:00 whose payment was captured and not yet heard of."""
    pending = await desk.start_payment(await desk.book(shop, who, at("10:00")), who)
    await payments.pay_at(pending.checkout_url)
    return pending


async def test_a_captured_payment_confirms_once_however_often_it_is_told(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    held = await desk.book(shop, guest, at("10:00"))
    pending = await desk.start_payment(held, guest)
    assert (pending.state, pending.version) == (PENDING, 2)
    assert (await desk.start_payment(held, guest)).payment_id == pending.payment_id, "one payment at a time"
    assert await payments.count(held.id) == 1
    await payments.pay_at(pending.checkout_url)
    assert await desk.hear_of(pending.payment_id, "told-twice") == "APPLIED"
    assert await desk.hear_of(pending.payment_id, "told-twice") == "NOTHING_TO_DO"
    assert await desk.hear_of(pending.payment_id) == "NOTHING_TO_DO"
    confirmed = await desk.get(held)
    assert (confirmed.state, confirmed.paid.minor_units, confirmed.version) == (CONFIRMED, 6000, 3)
    assert not confirmed.HasField("hold_expires_at")
    assert await desk.events(held) == [
        *("AppointmentHeld", "AppointmentPaymentStarted"),
        *("AppointmentConfirmed", "AppointmentPaymentReceived"),
    ]


async def test_a_failed_payment_leaves_the_hold_and_can_be_tried_again(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.fail_at(pending.checkout_url)
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    held = await desk.get(pending)
    assert (held.state, held.checkout_url) == (HELD, "")
    again = await desk.start_payment(held, guest)
    assert again.payment_id != pending.payment_id
    await payments.pay_at(again.checkout_url)
    assert await desk.hear_of(pending.payment_id) == "NOTHING_TO_DO", "the old one's news come late"
    assert await desk.hear_of(again.payment_id) == "APPLIED"
    assert (await desk.get(held)).state == CONFIRMED


async def test_what_is_paid_at_the_salon_or_over_cannot_be_paid(
    desk: AppointmentDesk, owner: SignedIn, shop: Shop, guest: SignedIn
) -> None:
    at_salon = await desk.parlour.shop(owner, masters=1)
    confirmed = await desk.book(at_salon, guest, at("10:00"))
    assert (await refused(desk.start_payment(confirmed, guest))).details["state"] == "CONFIRMED"
    held = await desk.book(shop, guest, at("10:00"))
    await desk.run_out(held)
    assert (await refused(desk.start_payment(held, guest))).details["state"] == "EXPIRED"
    assert (await refused(desk.start_payment(held, owner))).code == "NOT_FOUND", "only its client pays"


@pytest.mark.usefixtures("real_time")
async def test_cancelling_sends_back_what_the_policy_leaves(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.hear_of(pending.payment_id)
    desk.clock.moment = at("12:00", DAY - dt.timedelta(days=1))
    seen = await desk.preview(pending, guest)
    assert (seen.penalty.minor_units, seen.refund.minor_units) == (3000, 3000)
    before = await desk.everything()
    refusal = await refused(desk.cancel(pending, guest, refund=6000))
    assert (refusal.code, refusal.details["actual"]) == ("REFUND_CHANGED", "3000")
    assert await desk.everything() == before
    cancelled = await desk.cancel(pending, guest, refund=3000, key="cancel-once")
    assert await desk.cancel(pending, guest, refund=3000, key="cancel-once") == cancelled
    after = await desk.get(pending)
    assert (after.state, after.penalty.minor_units, after.refunded.minor_units) == (CANCELLED, 3000, 3000)
    assert await payments.refunds(pending.payment_id) == [3000]
    assert (await desk.story(pending))[-2:] == ["AppointmentCancelled", "AppointmentRefunded"]


async def test_the_salon_gives_everything_back(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.hear_of(pending.payment_id)
    await desk.cancel(pending, owner, refund=6000, reason="The boiler broke.")
    assert await payments.refunds(pending.payment_id) == [6000]
    assert (await desk.get(pending)).refunded.minor_units == 6000


@pytest.mark.usefixtures("real_time")
async def test_who_does_not_come_gets_back_what_the_strictest_tier_leaves(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.hear_of(pending.payment_id)
    desk.clock.moment = at("11:00")
    marked = await desk.no_show(await desk.get(pending), owner)
    assert marked.penalty.minor_units == 3000
    assert await payments.refunds(pending.payment_id) == [3000]


async def test_late_money_takes_the_time_again_where_it_is_free(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.run_out(pending)
    await desk.expire()
    assert (await desk.get(pending)).state == EXPIRED
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    confirmed = await desk.get(pending)
    assert (confirmed.state, confirmed.paid.minor_units) == (CONFIRMED, 6000)
    assert "10:00" not in clock_times(await desk.slots(shop))


async def test_late_money_is_not_kept_from_the_time_by_another_overdue_hold(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.run_out(pending)
    other = await desk.book(shop, guest, at("10:30"))
    await desk.run_out(other)
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    assert [(await desk.get(one)).state for one in (pending, other)] == [CONFIRMED, EXPIRED]


async def test_late_money_goes_back_where_the_time_was_given_to_others(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.run_out(pending)
    await desk.book(shop, guest, at("10:30"))
    outcomes = await asyncio.gather(*(desk.hear_of(pending.payment_id) for _ in range(4)))
    assert outcomes.count("APPLIED") == 1
    after = await desk.get(pending)
    assert (after.state, after.paid.minor_units, after.refunded.minor_units) == (EXPIRED, 6000, 6000)
    assert after.payment_state == "CAPTURED"
    assert await payments.refunds(pending.payment_id) == [6000]


async def test_money_of_a_cancelled_appointment_goes_back(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.cancel(pending, guest)
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    assert await payments.refunds(pending.payment_id) == [6000]
    assert (await desk.get(pending)).state == CANCELLED


async def test_a_payment_of_another_amount_is_parked(
    desk: AppointmentDesk, payments: Payments, shop: Shop, guest: SignedIn
) -> None:
    held = await desk.book(shop, guest, at("10:00"))
    wrong = await payments.create(held.id, 5999)
    await payments.pay_at(wrong.checkout_url)
    assert await desk.hear_of(wrong.id) == "PARKED"
    assert await desk.hear_of(str(uuid.uuid4())) == "PARKED"
    assert (await desk.get(held)).state == HELD


async def test_a_refund_that_was_not_sent_is_sent_by_whoever_works_off_its_event(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, shop: Shop, guest: SignedIn
) -> None:
    pending = await paid(desk, payments, shop, guest)
    await desk.hear_of(pending.payment_id)
    await desk.cancel(pending, owner, refund=6000)
    async with desk.database.transaction() as connection:  # as if killed before the refund's end was written down
        appointment_id = uuid.UUID(pending.id)
        refund_id = await connection.fetchval(
            "UPDATE salon.refund SET state = 'REQUESTED' WHERE appointment_id = $1 RETURNING id", appointment_id
        )
        await connection.execute("UPDATE salon.appointment SET refunded_minor_units = 0 WHERE id = $1", appointment_id)
        await connection.execute(
            "UPDATE salon.inbox_event SET settled_at = NULL WHERE event_id = $1", f"refund-{refund_id}"
        )
    request = settlement_pb2.ListUnsettledPaymentEventsRequest(first=100)
    undone = await call(desk.settlement.ListUnsettledPaymentEvents, request, token=desk.system)
    assert f"refund-{refund_id}" in {event.event_id for event in undone.events}
    await desk.settle(f"refund-{refund_id}")
    assert (await desk.get(pending)).refunded.minor_units == 6000
    assert await payments.refunds(pending.payment_id) == [6000], "asked for twice, paid once"


async def test_only_our_own_processes_tell_of_payments(desk: AppointmentDesk, owner: SignedIn) -> None:
    before = await desk.everything()
    received = settlement_pb2.ReceivePaymentEventRequest(
        provider=PROVIDER, event_id="forged", payload=webhook(str(uuid.uuid4()))
    )
    settled = settlement_pb2.SettlePaymentEventRequest(provider=PROVIDER, event_id="forged")
    replayed = settlement_pb2.ReplayPaymentEventRequest(provider=PROVIDER, event_id="forged")
    parked = settlement_pb2.ListParkedPaymentEventsRequest()
    for awaited in (
        call(desk.settlement.ReceivePaymentEvent, received, token=owner.token),
        call(desk.settlement.SettlePaymentEvent, settled, token=owner.token),
        call(desk.settlement.SettlePayment, settlement_pb2.SettlePaymentRequest(), token=owner.token),
        call(desk.settlement.ListStuckPayments, settlement_pb2.ListStuckPaymentsRequest(), token=owner.token),
        call(desk.settlement.ListParkedPaymentEvents, parked, token=owner.token),
        call(desk.settlement.ReplayPaymentEvent, replayed, token=owner.token),
    ):
        assert (await refused(awaited)).code == "PERMISSION_DENIED"
    assert await desk.everything() == before
