"""What a merchant's system may ask of the payment service."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import grpc
import orjson
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from runtime.channels import call
from tests.grpc_services.payment.house import (
    API_KEY,
    CONFIRM,
    DECLINED,
    GOOD,
    LATE,
    RETURN_ORIGIN,
    House,
    payment_request,
    refund_request,
    refused,
    until,
)


async def test_a_new_payment_waits_for_its_guest(house: House) -> None:
    payment = await house.create()
    assert payment.state == payment_pb2.PAYMENT_STATE_CREATED
    assert (payment.amount.minor_units, payment.amount.currency, payment.version) == (24_050, "EUR", 1)
    assert payment.checkout_url.startswith(house.settings.public_url + "checkout/")
    assert payment.id not in payment.checkout_url
    assert await house.get(payment) == payment


async def test_the_same_key_and_input_make_one_payment(house: House) -> None:
    request = payment_request()
    answers = await asyncio.gather(*(house.call(house.stub.CreatePayment, request) for _ in range(20)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert len(await house.rows("payment", answers[0])) == 1


async def test_the_same_key_later_answers_where_the_payment_stands_now(house: House) -> None:
    request = payment_request()
    payment = await house.call(house.stub.CreatePayment, request)
    await house.guest(payment).pay(GOOD)
    again = await house.call(house.stub.CreatePayment, request)
    assert (again.id, again.state) == (payment.id, payment_pb2.PAYMENT_STATE_CAPTURED)


async def test_the_same_key_with_other_input_is_a_conflict(house: House) -> None:
    payment = await house.call(house.stub.CreatePayment, request := payment_request())
    before = await house.ledger()
    request.amount.minor_units += 1
    refusal = await refused(house.call(house.stub.CreatePayment, request))
    assert (refusal.code, refusal.path) == ("IDEMPOTENCY_CONFLICT", ("idempotencyKey",))
    assert await house.ledger() == before
    assert (await house.get(payment)).amount.minor_units == 24_050


@pytest.mark.parametrize("api_key", ["", "wrong", API_KEY + "x", API_KEY[:-1]])
async def test_a_wrong_api_key_does_nothing(house: House, api_key: str) -> None:
    payment, open_one = await house.paid(), await house.create()
    before = await house.ledger()
    calls: list[tuple[Any, Any]] = [
        (house.stub.CreatePayment, payment_request()),
        (house.stub.GetPayment, payment_pb2.GetPaymentRequest(id=payment.id)),
        (house.stub.VoidPayment, payment_pb2.VoidPaymentRequest(id=open_one.id)),
        (house.stub.CreateRefund, refund_request(payment, 1)),
    ]
    for method, request in calls:
        refusal = await refused(house.call(method, request, api_key=api_key))
        assert (refusal.code, refusal.status) == ("UNAUTHENTICATED", grpc.StatusCode.UNAUTHENTICATED)
    refusal = await refused(call(house.stub.GetPayment, payment_pb2.GetPaymentRequest(id=payment.id), token=""))
    assert refusal.code == "UNAUTHENTICATED"
    assert await house.ledger() == before


BAD_INPUT: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"idempotency_key": ""}, ("idempotencyKey",)),
    ({"idempotency_key": "k" * 256}, ("idempotencyKey",)),
    ({"idempotency_key": "zero\0"}, ("idempotencyKey",)),
    ({"amount": money_pb2.Money(minor_units=0, currency="EUR")}, ("amount", "minorUnits")),
    ({"amount": money_pb2.Money(minor_units=-1, currency="EUR")}, ("amount", "minorUnits")),
    ({"amount": money_pb2.Money(minor_units=10**12 + 1, currency="EUR")}, ("amount", "minorUnits")),
    ({"amount": money_pb2.Money(minor_units=100, currency="eur")}, ("amount", "currency")),
    ({"amount": money_pb2.Money(minor_units=100, currency="QQQ")}, ("amount", "currency")),
    ({"amount": None}, ("amount", "minorUnits")),
    ({"booking_id": " "}, ("bookingId",)),
    ({"booking_id": "b" * 101}, ("bookingId",)),
    ({"booking_reference": "r" * 101}, ("bookingReference",)),
    ({"purpose": 9}, ("purpose",)),
    ({"description": "d" * 501}, ("description",)),
    ({"description": "tab\x00"}, ("description",)),
    ({"return_url": "https://elsewhere.example/"}, ("returnUrl",)),
    ({"return_url": "javascript:alert(1)//hotel.example"}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}@elsewhere.example/"}, ("returnUrl",)),
    ({"return_url": "https://elsewhere.example\\@hotel.example/"}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}:8443/"}, ("returnUrl",)),
    ({"return_url": "http://hotel.example/"}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}.elsewhere.example/"}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}:port/"}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}/" + "p" * 2000}, ("returnUrl",)),
    ({"return_url": f"{RETURN_ORIGIN}/\nset-cookie: a=b"}, ("returnUrl",)),
    ({"expires_at": Timestamp(seconds=10**15)}, ("expiresAt",)),
]


@pytest.mark.parametrize(("changes", "path"), BAD_INPUT, ids=str)
async def test_bad_input_names_its_field_and_makes_nothing(
    house: House, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    before = await house.rows("payment")
    refusal = await refused(house.create(**changes))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await house.rows("payment") == before


@pytest.mark.parametrize("url", ["", f"{RETURN_ORIGIN}", f"{RETURN_ORIGIN}:443/a?b=c", "HTTPS://Hotel.Example/x"])
async def test_guests_may_be_sent_to_an_allowed_origin_or_nowhere(house: House, url: str) -> None:
    assert (await house.create(return_url=url)).return_url == url


async def test_a_payment_without_an_end_is_open_for_a_day(house: House) -> None:
    payment = await house.create(expires_at=None)
    row = (await house.rows("payment", payment))[0]
    assert (row["expires_at"] - row["created_at"]).total_seconds() == pytest.approx(86_400, abs=2)


async def test_unknown_and_malformed_ids_are_refused(house: House) -> None:
    unknown = payment_pb2.Payment(id=str(uuid.uuid4()))
    assert (await refused(house.get(unknown))).code == "NOT_FOUND"
    assert (await refused(house.void(unknown))).code == "NOT_FOUND"
    assert (await refused(house.refund(unknown, 1))).path == ("paymentId",)
    assert (await refused(house.get(payment_pb2.Payment(id="7")))).path == ("id",)


@pytest.mark.parametrize("card", ["", DECLINED, CONFIRM, LATE])
async def test_an_open_payment_can_be_voided_and_then_takes_no_money(house: House, card: str) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.look()
    if card:
        await guest.pay(card)
    voided = await house.void(payment)
    assert voided.state == payment_pb2.PAYMENT_STATE_VOIDED
    assert await house.void(payment) == voided
    house.clock.forward(seconds=10)
    await asyncio.sleep(0.7)
    assert await house.get(payment) == voided
    assert "This payment was cancelled" in (await guest.look()).text

    async def told() -> bool:
        return house.receiver.types(payment.id)[-1:] == ["payment.voided"]

    await until(told)
    assert "payment.captured" not in house.receiver.types(payment.id)


async def test_a_captured_payment_cannot_be_voided(house: House) -> None:
    payment = await house.paid()
    refusal = await refused(house.void(payment))
    assert (refusal.code, refusal.details) == ("ILLEGAL_STATE", {"state": "CAPTURED"})
    assert await house.get(payment) == payment


async def test_voiding_a_failed_payment_leaves_it_as_it_is(house: House) -> None:
    payment = await house.create()
    for _ in range(3):
        await house.guest(payment).pay(DECLINED)
    failed = await house.get(payment)
    assert await house.void(payment) == failed
    assert failed.state == payment_pb2.PAYMENT_STATE_FAILED


async def test_a_payment_and_its_webhooks_say_what_it_is_for(house: House) -> None:
    for_booking = await house.create()
    assert for_booking.purpose == payment_pb2.PAYMENT_PURPOSE_BOOKING, "where nothing was said"
    for_appointment = await house.create(purpose=payment_pb2.PAYMENT_PURPOSE_APPOINTMENT)
    assert (await house.get(for_appointment)).purpose == payment_pb2.PAYMENT_PURPOSE_APPOINTMENT
    await house.void(for_appointment)
    (told,) = await house.receiver.has(for_appointment.id, 1)
    assert orjson.loads(told.body)["data"]["purpose"] == "APPOINTMENT"
