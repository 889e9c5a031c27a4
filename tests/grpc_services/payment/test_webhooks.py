"""Webhooks: signed, at least once, in order, and in effect once."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import orjson
import pytest

from contracts.payment.v1 import payment_pb2
from tests.grpc_services.payment.conftest import empty_tables
from tests.grpc_services.payment.house import DECLINED, GOOD, House, Rows, running_house, until
from tests.grpc_services.payment.receiver import Receiver
from tests.parts import Parts


@pytest.fixture
async def house(parts: Parts, receiver: Receiver) -> AsyncIterator[House]:
    """A service of its own for each test, so that nobody else delivers."""
    await empty_tables(parts)
    async with running_house(parts, receiver) as running:
        yield running
        receiver.open.set()


async def settled(house: House, payment: payment_pb2.Payment, *, state: str = "DELIVERED") -> Rows:
    """The deliveries of a payment once none of them waits."""

    async def none_waits() -> bool:
        return all(row["state"] != "WAITING" for row in await house.rows("webhook_delivery", payment))

    await until(none_waits)
    rows = await house.rows("webhook_delivery", payment)
    assert {row["state"] for row in rows} == {state}
    return rows


async def until_tried(house: House, payment: payment_pb2.Payment, attempts: int) -> None:
    """Until the first webhook of a payment was tried so often and is put off."""

    async def put_off() -> bool:
        first = (await house.rows("webhook_delivery", payment))[0]
        return bool(first["attempts"] == attempts)

    await until(put_off)


async def attempts_of(house: House, delivery: dict[str, object]) -> list[tuple[int | None, str]]:
    rows = await house.rows("webhook_attempt")
    return [(row["status_code"], row["failure"]) for row in rows if row["delivery_id"] == delivery["id"]]


async def test_a_webhook_tells_the_move_and_nothing_personal(house: House) -> None:
    payment = await house.paid()
    told = (await house.receiver.has(payment.id, 2))[1]
    body = orjson.loads(told.body)
    assert set(body) == {"type", "timestamp", "data"}
    assert dt.datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert body["data"] == {
        "payment_id": payment.id,
        "booking_id": payment.booking_id,
        "purpose": "BOOKING",
        "booking_reference": "INN-7F3K2Q",
        "state": "CAPTURED",
        "version": 3,
        "amount": {"minor_units": 24_050, "currency": "EUR"},
        "captured": {"minor_units": 24_050, "currency": "EUR"},
        "refunded": {"minor_units": 0, "currency": "EUR"},
        "failure_code": "",
    }
    for secret in (GOOD, "Lovelace", payment.checkout_url.rpartition("/")[2]):
        assert secret.encode() not in told.body


async def test_both_secrets_sign_while_one_replaces_the_other(house: House) -> None:
    payment = await house.paid()
    assert {one.signatures for one in await house.receiver.has(payment.id, 2)} == {2}


async def test_webhooks_leave_at_once(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.look()
    await guest.send_card(GOOD)
    await house.receiver.has(payment.id, 2, seconds=0.5)


async def test_a_receiver_that_fails_is_tried_again_with_the_same_id_and_body(house: House) -> None:
    house.receiver.statuses.extend([500, 503])
    payment = await house.create()
    await house.guest(payment).pay(DECLINED)
    await until_tried(house, payment, 1)
    house.clock.forward(seconds=2)
    await until_tried(house, payment, 2)
    house.clock.forward(seconds=6)
    told = await house.receiver.has(payment.id, 3)
    assert len({(one.webhook_id, one.body) for one in told}) == 1
    (delivery,) = await settled(house, payment)
    assert (delivery["attempts"], str(delivery["id"])) == (3, told[0].webhook_id)
    assert await attempts_of(house, delivery) == [(500, ""), (503, ""), (200, "")]


async def test_the_second_try_comes_about_a_second_later(house: House) -> None:
    house.receiver.statuses.append(500)
    payment = await house.paid()
    assert [one.type for one in await house.receiver.has(payment.id, 3)] == [
        "payment.authorized",
        "payment.authorized",
        "payment.captured",
    ]


async def test_a_later_event_waits_for_the_earlier_one_of_its_payment_only(house: House) -> None:
    house.receiver.statuses.extend([500] * 4)
    stuck = await house.paid()
    await until_tried(house, stuck, 1)
    house.receiver.statuses.clear()
    other = await house.paid()
    await house.receiver.has(other.id, 2)
    assert house.receiver.types(stuck.id) == ["payment.authorized"]
    house.clock.forward(seconds=2)
    await house.receiver.has(stuck.id, 3)
    assert house.receiver.types(stuck.id) == ["payment.authorized", "payment.authorized", "payment.captured"]


async def test_redirects_are_failures(house: House) -> None:
    house.receiver.statuses.append(302)
    payment = await house.create()
    await house.guest(payment).pay(DECLINED)
    await until_tried(house, payment, 1)
    house.clock.forward(seconds=2)
    await house.receiver.has(payment.id, 2)
    (delivery,) = await settled(house, payment)
    assert await attempts_of(house, delivery) == [(302, ""), (200, "")]


async def test_a_receiver_that_is_gone_is_not_tried_again(house: House) -> None:
    house.receiver.statuses.extend([410, 410])
    payment = await house.paid()
    await house.receiver.has(payment.id, 2)
    for delivery in await settled(house, payment, state="GAVE_UP"):
        assert await attempts_of(house, delivery) == [(410, "")]
        assert delivery["finished_at"] is not None
