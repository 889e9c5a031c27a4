"""One request id from the client's header to the logs, the booking's timeline and the mail."""

from __future__ import annotations

import re

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from stack.tour_client import document
from tests.api.client import Client, until, wish
from tests.api.house import ApiHouse
from tests.api.test_payment_webhook import BODY, signed


async def test_the_clients_request_id_comes_back(nobody: Client) -> None:
    answer = await nobody.post("{ __typename }", None, **{"x-request-id": "Client-chosen_1.0"})
    assert answer.headers["x-request-id"] == "Client-chosen_1.0"
    refused = await nobody.post("{", None, **{"x-request-id": "Client-chosen_2.0", "accept": "text/html"})
    assert (refused.status_code, refused.headers["x-request-id"]) == (406, "Client-chosen_2.0")


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space in", "semi;colon;", ""])
async def test_an_ill_formed_request_id_is_replaced(nobody: Client, given: str) -> None:
    answer = await nobody.post("{ __typename }", None, **{"x-request-id": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_the_request_id_leads_from_click_to_mail(house: ApiHouse, guest: Client) -> None:
    quoted = await guest.quote(house.houses["Grand House"], plan=1)
    wanted = {"input": wish(quoted["id"], guest.email)}
    answer = await guest.post(document("6_book"), wanted, **{"x-request-id": "request-of-a-booking"})
    booking = answer.json()["data"]["bookingCreate"]["booking"]
    assert booking["state"] == "CONFIRMED"
    back = (await guest.data(document("10_look_back"), {"bookingId": booking["id"]}))["booking"]
    assert {entry["requestId"] for entry in back["timeline"]["nodes"]} == {"request-of-a-booking"}

    async def mailed() -> bool:
        return any(
            mail.request_id == "request-of-a-booking" and guest.email in mail.recipients
            for mail in house.mails.newest_first()
        )

    await until(mailed)


async def test_a_payment_webhooks_request_id_leads_to_the_confirmation_and_its_mail(
    house: ApiHouse, guest: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    with capture_logs(processors=[merge_contextvars]) as logged:
        await guest.pay(await guest.begin_payment(booking))
        await guest.until_confirmed(booking)

        async def settled() -> bool:
            return any(entry.get("outcome") == "APPLIED" for entry in logged)

        await until(settled)
    back = (await guest.data(document("10_look_back"), {"bookingId": booking["id"]}))["booking"]
    (confirmed,) = [entry["requestId"] for entry in back["timeline"]["nodes"] if entry["kind"] == "BookingConfirmed"]
    stored = {entry["request_id"] for entry in logged if entry["event"] == "webhook.stored"}
    worked_off = {entry["request_id"] for entry in logged if entry.get("outcome") == "APPLIED"}
    assert confirmed in stored & worked_off

    async def mailed() -> bool:
        return any(
            mail.request_id == confirmed and booking["reference"] in mail.subject for mail in house.mails.newest_first()
        )

    await until(mailed)


async def test_a_webhooks_request_id_is_in_the_gateways_log_and_its_answer(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    with capture_logs(processors=[merge_contextvars]) as logged:
        answer = await http.post(
            f"{house.url}/webhooks/payments", content=BODY, headers=signed(BODY) | {"x-request-id": "webhook-request-1"}
        )
    assert (answer.status_code, answer.headers["x-request-id"]) == (204, "webhook-request-1")
    (entry,) = [entry for entry in logged if entry["event"] == "webhook.stored"]
    assert entry["request_id"] == "webhook-request-1"


@pytest.mark.parametrize("path", ["/", "/metrics", "/health/ready", "/.well-known/jwks.json", "/no-such-page"])
async def test_every_answer_carries_its_request_id(house: ApiHouse, http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(house.url + path, headers={"x-request-id": "request-anywhere"})
    assert answer.headers["x-request-id"] == "request-anywhere"
