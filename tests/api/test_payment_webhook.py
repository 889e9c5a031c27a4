"""The door for the payment system: only genuine, fresh deliveries come in, and each has its effect once."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from api.payment_webhook import LARGEST_WEBHOOK
from tests.api.client import Client, until
from tests.api.house import WEBHOOK_SECRET, ApiHouse
from tests.parts import free_port

OTHER_SECRET = "whsec_" + "QkJC" * 8
BODY = json.dumps({"type": "payment.captured", "data": {"payment_id": str(uuid.uuid4())}})


def signed(body: str, *, age_seconds: float = 0, secret: str = WEBHOOK_SECRET, event_id: str = "") -> dict[str, str]:
    event_id = event_id or f"evt-{uuid.uuid4()}"
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age_seconds)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body),
    }


async def deliver(
    http: httpx.AsyncClient, house: ApiHouse, headers: dict[str, str], body: str = BODY
) -> httpx.Response:
    return await http.post(f"{house.url}/webhooks/payments", content=body, headers=headers)


@pytest.mark.parametrize(
    "forge",
    [
        dict,
        lambda: signed(BODY, secret=OTHER_SECRET),
        lambda: signed(BODY + " "),
        lambda: {**signed(BODY), "webhook-id": "another"},
        lambda: {**signed(BODY), "webhook-signature": "v1,AAAA"},
        lambda: {**signed(BODY), "webhook-signature": "not a signature"},
        lambda: {**signed(BODY), "webhook-timestamp": "yesterday"},
        lambda: {**signed(BODY), "webhook-timestamp": "9" * 30},
        lambda: signed(BODY, age_seconds=301),
        lambda: signed(BODY, age_seconds=-600),
    ],
    ids=[
        "no headers",
        "another secret",
        "another body",
        "another id",
        "another signature",
        "no signature",
        "no time",
        "a time far away",
        "too old",
        "from the future",
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_a_forged_or_old_delivery_is_refused(
    http: httpx.AsyncClient, house: ApiHouse, forge: Callable[[], dict[str, str]]
) -> None:
    """Signed when the test begins: a signature of when tests were collected is of another age by then."""
    answer = await deliver(http, house, forge())
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_SIGNATURE")


@pytest.mark.usefixtures("nothing_changes")
async def test_a_delivery_that_is_too_large_is_refused_with_and_without_a_length(
    http: httpx.AsyncClient, house: ApiHouse
) -> None:
    body = "x" * (LARGEST_WEBHOOK + 1)
    headers = signed(body)
    assert (await deliver(http, house, headers, body)).status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 8192):
            yield body[start : start + 8192].encode()

    answer = await http.post(f"{house.url}/webhooks/payments", content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_only_deliveries_are_taken(http: httpx.AsyncClient, house: ApiHouse) -> None:
    assert (await http.get(f"{house.url}/webhooks/payments")).status_code == 405


async def test_a_repeated_delivery_is_answered_alike_and_has_no_second_effect(
    http: httpx.AsyncClient, house: ApiHouse, guest: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)
    delivered = "SELECT id::text, body FROM payment.webhook_delivery WHERE type = 'payment.captured'"

    async def settled() -> bool:
        return not await house.database.fetchval("SELECT 1 FROM booking.inbox_event WHERE settled_at IS NULL LIMIT 1")

    await until(settled)
    before = await house.rows()
    row = (await house.database.fetch(f"{delivered} ORDER BY created_at DESC LIMIT 1"))[0]
    body = row["body"] if isinstance(row["body"], str) else row["body"].decode()
    for _ in range(2):
        assert (await deliver(http, house, signed(body, event_id=row["id"]), body)).status_code == 204
    under_a_new_id = signed(body)
    assert (await deliver(http, house, under_a_new_id, body)).status_code == 204
    await until(settled)
    assert await house.rows() == before | {"webhooks": before["webhooks"] + 1}


async def test_while_secrets_rotate_both_verify(http: httpx.AsyncClient, house: ApiHouse) -> None:
    secrets = [SecretStr(OTHER_SECRET), SecretStr(WEBHOOK_SECRET)]
    async with house.another_gateway(webhook_secrets=secrets) as url:
        for secret in (WEBHOOK_SECRET, OTHER_SECRET):
            answer = await http.post(f"{url}/webhooks/payments", content=BODY, headers=signed(BODY, secret=secret))
            assert answer.status_code == 204


async def test_what_cannot_be_stored_is_to_be_delivered_again(http: httpx.AsyncClient, house: ApiHouse) -> None:
    before = await house.rows()
    async with house.another_gateway(booking_address=f"127.0.0.1:{free_port()}") as url:
        answer = await http.post(f"{url}/webhooks/payments", content=BODY, headers=signed(BODY))
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert await house.rows() == before
