"""Giving money back: never more than was taken, never twice for one key."""

from __future__ import annotations

import asyncio

import pytest

from contracts.payment.v1 import payment_pb2
from runtime.errors import ServiceError
from tests.grpc_services.payment.house import CONFIRM, House, refund_request, refused


async def test_a_refund_goes_through_its_steps_and_is_told(house: House) -> None:
    payment = await house.paid()
    refund = await house.refund(payment, 4_050)
    assert refund.state == payment_pb2.REFUND_STATE_SUCCEEDED
    assert (refund.amount.minor_units, refund.payment_id) == (4_050, payment.id)
    after = await house.get(payment)
    assert (after.refunded.minor_units, after.state) == (4_050, payment_pb2.PAYMENT_STATE_CAPTURED)
    assert after.version == payment.version + 1
    steps = [row["state"] for row in await house.rows("refund_move") if str(row["refund_id"]) == refund.id]
    assert steps == ["REQUESTED", "PENDING", "SUCCEEDED"]
    told = (await house.receiver.has(payment.id, 3))[-1]
    assert told.type == "refund.succeeded"
    assert told.data["refund_id"] == refund.id
    assert told.data["refund_amount"] == {"minor_units": 4_050, "currency": "EUR"}
    assert told.data["refunded"] == {"minor_units": 4_050, "currency": "EUR"}


async def test_twenty_refunds_at_once_give_back_no_more_than_was_captured(house: House) -> None:
    payment = await house.paid()
    answers = await asyncio.gather(*(house.refund(payment, 5_000) for _ in range(20)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert len(answers) - len(refusals) == 4
    assert {refusal.code for refusal in refusals} == {"REFUND_EXCEEDS_PAYMENT"}
    rows = await house.rows("refund", payment)
    assert sum(row["amount_minor_units"] for row in rows) == 20_000
    assert (await house.get(payment)).refunded.minor_units == 20_000


async def test_one_key_refunds_once_however_often_it_is_sent(house: House) -> None:
    payment = await house.paid()
    answers = await asyncio.gather(*(house.refund(payment, 5_000, "once-" + payment.id) for _ in range(20)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert (await house.get(payment)).refunded.minor_units == 5_000


async def test_a_refund_key_with_other_input_is_a_conflict(house: House) -> None:
    payment, other = await house.paid(), await house.paid()
    await house.refund(payment, 100, key := "conflict-" + payment.id)
    for request in (refund_request(payment, 101, key), refund_request(other, 100, key)):
        assert (await refused(house.call(house.stub.CreateRefund, request))).code == "IDEMPOTENCY_CONFLICT"
    assert (await house.get(payment)).refunded.minor_units == 100
    assert (await house.get(other)).refunded.minor_units == 0


async def test_more_than_is_left_is_refused_with_what_is_left(house: House) -> None:
    payment = await house.paid()
    await house.refund(payment, 24_000)
    refusal = await refused(house.refund(payment, 51))
    assert refusal.code == "REFUND_EXCEEDS_PAYMENT"
    assert refusal.details == {"refundable_minor_units": "50", "currency": "EUR"}
    assert refusal.path == ("amount", "minorUnits")
    await house.refund(payment, 50)
    assert (await house.get(payment)).refunded.minor_units == 24_050


@pytest.mark.parametrize(
    ("minor_units", "currency", "path"),
    [(0, "EUR", ("amount", "minorUnits")), (-5, "EUR", ("amount", "minorUnits")), (5, "USD", ("amount", "currency"))],
)
async def test_a_bad_refund_names_its_field(
    house: House, minor_units: int, currency: str, path: tuple[str, ...]
) -> None:
    payment = await house.paid()
    refusal = await refused(
        house.call(house.stub.CreateRefund, refund_request(payment, minor_units, currency=currency))
    )
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await house.get(payment) == payment


async def test_what_was_not_captured_cannot_be_given_back(house: House) -> None:
    payment = await house.create()
    await house.guest(payment).pay(CONFIRM)
    refusal = await refused(house.refund(payment, 1))
    assert (refusal.code, refusal.details) == ("ILLEGAL_STATE", {"state": "ACTION_REQUIRED"})
    assert await house.rows("refund", payment) == []
