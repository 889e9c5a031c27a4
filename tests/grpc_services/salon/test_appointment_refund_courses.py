"""Refunds of appointments that take their time, fail or come back, and disputes: the appointment stays as it is."""

from __future__ import annotations

from contracts.hotel.v1 import hotel_pb2
from contracts.payment.v1 import payment_pb2
from tests.grpc_services.booking.payments import REFUNDED_LATE, Payments
from tests.grpc_services.salon.appointment_desk import CANCELLED, CONFIRMED, AppointmentDesk, at
from tests.house import SignedIn

PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}


async def test_a_refund_that_comes_back_is_owed_again_and_who_follows_sees_every_step(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1, services=[PREPAID])
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(pending.checkout_url, REFUNDED_LATE)
    await desk.hear_of(pending.payment_id)
    await desk.cancel(pending, owner, refund=6000)
    waiting = await desk.get(pending)
    assert (waiting.state, waiting.refunded.minor_units) == (CANCELLED, 0)
    refund = await payments.newest_refund(pending.payment_id)
    await payments.settle_refund(refund, payment_pb2.REFUND_STATE_SUCCEEDED)
    assert await desk.look_after(pending.payment_id) == "APPLIED", "the webhook was lost"
    arrived = await desk.get(pending)
    assert (arrived.refunded.minor_units, arrived.version) == (6000, waiting.version + 1)
    await payments.settle_refund(refund, payment_pb2.REFUND_STATE_REVERSED)
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    back = await desk.get(pending)
    assert (back.refunded.minor_units, back.version) == (0, arrived.version + 1)
    assert (await desk.story(pending))[-2:] == ["AppointmentRefunded", "RefundReversed"]
    assert (await desk.events(pending))[-2:] == ["AppointmentRefunded", "AppointmentRefundFailed"]
    assert await desk.hear_of(pending.payment_id) == "NOTHING_TO_DO", "it is not sent again at once"
    assert len(await payments.refunds(pending.payment_id)) == 1


async def test_a_dispute_is_told_and_changes_nothing(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1, services=[PREPAID])
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(pending.checkout_url)
    dispute = await payments.dispute(pending.payment_id)
    assert await desk.hear_of(pending.payment_id) == "APPLIED", "the first that is heard of the payment at all"
    await payments.resolve(dispute, payment_pb2.DISPUTE_STATE_LOST)
    assert await desk.hear_of(pending.payment_id) == "APPLIED"
    assert await desk.hear_of(pending.payment_id) == "NOTHING_TO_DO"
    now = await desk.get(pending)
    assert (now.state, now.paid.minor_units, now.refunded.minor_units) == (CONFIRMED, 6000, 0)
    assert (await desk.story(pending))[-3:] == ["AppointmentConfirmed", "PaymentDisputed", "DisputeLost"]
