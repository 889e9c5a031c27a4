"""Money set aside and taken later: all of it, a part, nothing, or too late."""

from __future__ import annotations

import asyncio

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from runtime.errors import ServiceError
from tests.grpc_services.payment.house import CONFIRM, House, refused, shares, until

MANUAL = payment_pb2.CAPTURE_MODE_MANUAL
AUTHORIZED, CAPTURED = payment_pb2.PAYMENT_STATE_AUTHORIZED, payment_pb2.PAYMENT_STATE_CAPTURED
VOIDED = payment_pb2.PAYMENT_STATE_VOIDED


async def test_with_manual_capture_money_is_set_aside_and_taken_when_the_merchant_says(house: House) -> None:
    payment = await house.paid(capture_mode=MANUAL)
    assert (payment.state, payment.captured.minor_units, payment.refundable.minor_units) == (AUTHORIZED, 0, 0)
    assert await house.ledger_of(payment) == {}
    taken = await house.capture(payment)
    assert (taken.state, taken.captured.minor_units) == (CAPTURED, 24_050)
    assert await house.ledger_of(payment) == {"CARD_NETWORK": -24_050, "PLATFORM": 24_050}
    assert [one.type for one in await house.receiver.has(payment.id, 2)] == ["payment.authorized", "payment.captured"]


async def test_a_part_is_taken_and_only_that_can_be_given_back(house: House) -> None:
    payment = await house.paid(capture_mode=MANUAL, shares=shares(("a", 20_000, 1_000), ("b", 4_050, 0)))
    taken = await house.capture(payment, 10_000)
    assert (taken.captured.minor_units, taken.refundable.minor_units) == (10_000, 10_000)
    assert await house.ledger_of(payment) == {
        "CARD_NETWORK": -10_000,
        "a": 8_316 - 832,
        "b": 1_684,
        "PLATFORM": 832,
    }
    assert (await refused(house.refund(payment, 10_001))).code == "REFUND_EXCEEDS_PAYMENT"
    await house.refund(payment, 10_000)
    assert await house.ledger_of(payment) == {}


async def test_a_payment_is_captured_once_whatever_is_asked_at_the_same_time(house: House) -> None:
    payment = await house.paid(capture_mode=MANUAL)
    asked = [house.capture(payment, amount) for amount in (5_000, 6_000) * 5]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    taken = {answer.captured.minor_units for answer in answers if isinstance(answer, payment_pb2.Payment)}
    assert len(taken) == 1
    refusals = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert {(refusal.code, refusal.path) for refusal in refusals} == {
        ("IDEMPOTENCY_CONFLICT", ("amount", "minorUnits"))
    }
    assert len(await house.rows("ledger_transaction", payment)) == 1


async def test_a_void_that_races_with_a_capture_ends_in_one_truth(house: House) -> None:
    payment = await house.paid(capture_mode=MANUAL)
    await asyncio.gather(house.capture(payment), house.void(payment), return_exceptions=True)
    after = await house.get(payment)
    captured = 24_050 if after.state == CAPTURED else 0
    assert after.state in (CAPTURED, VOIDED)
    assert after.captured.minor_units == captured
    assert len(await house.rows("ledger_transaction", payment)) == bool(captured)


async def test_an_authorization_lapses_after_seven_days(house: House) -> None:
    payment = await house.paid(capture_mode=MANUAL)
    house.clock.forward(days=7, seconds=1)

    async def is_voided() -> bool:
        return (await house.get(payment)).state == VOIDED

    await until(is_voided)
    assert (await house.get(payment)).failure_code == "AUTHORIZATION_LAPSED"
    assert (await refused(house.capture(payment))).code == "ILLEGAL_STATE"


async def test_what_is_not_authorized_or_too_much_is_not_taken(house: House) -> None:
    fresh, aside = await house.create(), await house.paid(capture_mode=MANUAL)
    asks = await house.create()
    await house.guest(asks).pay(CONFIRM)
    before = await house.ledger()
    for payment in (fresh, asks):
        assert (await refused(house.capture(payment))).code == "ILLEGAL_STATE"
    refusal = await refused(house.capture(aside, 24_051))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("amount", "minorUnits"))
    other = payment_pb2.CapturePaymentRequest(id=aside.id, amount=money_pb2.Money(minor_units=1, currency="USD"))
    assert (await refused(house.call(house.stub.CapturePayment, other))).path == ("amount", "currency")
    assert await house.ledger() == before
