"""Webhooks: signed, at least once, and in effect once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from contracts.payment.v1 import payment_pb2, webhook_pb2
from tests.grpc_services.payment.conftest import empty_tables
from tests.grpc_services.payment.house import DECLINED, GOOD, House, Rows, refused, running_house, until
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
    told = await house.receiver.has(payment.id, 3)
    assert sorted(one.type for one in told) == ["payment.authorized", "payment.authorized", "payment.captured"]


async def test_an_event_that_fails_holds_up_no_other(house: House) -> None:
    house.receiver.statuses.append(500)
    payment = await house.create()
    await house.guest(payment).pay(DECLINED)
    await until_tried(house, payment, 1)
    await house.guest(payment).pay(GOOD)
    told = await house.receiver.has(payment.id, 3)
    assert [one.type for one in told] == ["payment.attempt_failed", "payment.authorized", "payment.captured"]
    house.clock.forward(seconds=2)
    assert (await house.receiver.has(payment.id, 4))[-1].type == "payment.attempt_failed"


async def test_redirects_are_failures(house: House) -> None:
    house.receiver.statuses.append(302)
    payment = await house.create()
    await house.guest(payment).pay(DECLINED)
    await until_tried(house, payment, 1)
    house.clock.forward(seconds=2)
    await house.receiver.has(payment.id, 2)
    (delivery,) = await settled(house, payment)
    assert await attempts_of(house, delivery) == [(302, ""), (200, "")]


async def test_a_receiver_that_is_gone_is_told_nothing_until_it_is_enabled_again(house: House) -> None:
    house.receiver.statuses.append(410)
    gone = await house.create()
    await house.guest(gone).pay(DECLINED)
    await until_tried(house, gone, 1)
    endpoint = await house.call(house.webhooks.GetEndpoint, webhook_pb2.GetEndpointRequest())
    assert (endpoint.url, endpoint.waiting) == (house.receiver.url, 1)
    assert endpoint.HasField("disabled_at")
    later = await house.paid()
    house.clock.forward(days=10)
    await asyncio.sleep(0.2)
    assert house.receiver.about(later.id) == []
    assert len(house.receiver.about(gone.id)) == 1
    house.clock.ahead *= 0
    enabled = await house.call(house.webhooks.EnableEndpoint, webhook_pb2.EnableEndpointRequest())
    assert not enabled.HasField("disabled_at")
    await house.receiver.has(gone.id, 2)
    await house.receiver.has(later.id, 2)
    await settled(house, gone)


async def test_the_log_tells_every_attempt_and_nothing_of_the_body(house: House) -> None:
    house.receiver.statuses.append(503)
    payment = await house.create()
    await house.guest(payment).pay(DECLINED)
    await until_tried(house, payment, 1)
    house.clock.forward(seconds=2)
    await settled(house, payment)
    (listed,) = await house.deliveries(payment_id=payment.id)
    assert (listed.type, listed.attempt_count) == ("payment.attempt_failed", 2)
    assert listed.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED
    told = await house.delivery(listed.id)
    assert [attempt.status_code for attempt in told.attempts] == [503, 200]
    assert all(attempt.HasField("at") and attempt.duration_ms >= 0 for attempt in told.attempts)
    assert payment.booking_reference not in str(told)


async def test_deliveries_are_listed_newest_first_by_state_and_page(house: House) -> None:
    first, second = await house.paid(), await house.paid()
    await settled(house, first)
    await settled(house, second)
    everything = await house.deliveries()
    assert [one.payment_id for one in everything] == [second.id] * 2 + [first.id] * 2
    page = await house.call(house.webhooks.ListDeliveries, webhook_pb2.ListDeliveriesRequest(first=3))
    rest = await house.deliveries(first=3, after=page.next_cursor)
    assert [one.id for one in (*page.deliveries, *rest)] == [one.id for one in everything]
    assert await house.deliveries(state=webhook_pb2.WEBHOOK_DELIVERY_STATE_WAITING) == []


async def test_a_delivered_webhook_can_be_sent_again_as_it_was(house: House) -> None:
    payment = await house.paid()
    (captured, _) = await house.deliveries(payment_id=payment.id)
    await settled(house, payment)
    again = await house.redeliver(captured.id)
    assert again.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_WAITING
    told = await house.receiver.has(payment.id, 3)
    assert (told[2].webhook_id, told[2].body) == (told[1].webhook_id, told[1].body)
    await settled(house, payment)
    assert (await house.delivery(captured.id)).attempt_count == 2


async def test_webhooks_are_looked_at_only_with_the_key(house: House) -> None:
    payment = await house.paid()
    (captured, _) = await settled(house, payment)
    calls: list[tuple[Any, Any]] = [
        (house.webhooks.GetEndpoint, webhook_pb2.GetEndpointRequest()),
        (house.webhooks.EnableEndpoint, webhook_pb2.EnableEndpointRequest()),
        (house.webhooks.ListDeliveries, webhook_pb2.ListDeliveriesRequest()),
        (house.webhooks.GetDelivery, webhook_pb2.GetDeliveryRequest(id=str(captured["id"]))),
        (house.webhooks.Redeliver, webhook_pb2.RedeliverRequest(id=str(captured["id"]))),
    ]
    before = await house.rows("webhook_delivery")
    for method, request in calls:
        assert (await refused(house.call(method, request, api_key="wrong"))).code == "UNAUTHENTICATED"
    assert await house.rows("webhook_delivery") == before
    assert (await refused(house.redeliver(payment.id))).code == "NOT_FOUND"
    assert (await refused(house.delivery("no id"))).path == ("id",)
