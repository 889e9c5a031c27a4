"""Whoever comes back from the checkout page before the webhook is told at once; the webhook then changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.api.client import Client, until
from tests.api.house import ApiHouse
from tests.api.test_appointments import done, prepaid, slots, visit

STANDING = "id state version paid { minorUnits } timeline { nodes { kind } }"
SEEN = {
    "booking": f"query ($id: ID!) {{ booking(id: $id) {{ {STANDING} }} }}",
    "appointment": f"query ($id: ID!) {{ appointment(id: $id) {{ {STANDING} }} }}",
}
REFRESH = {
    "booking": f"""
        mutation ($input: PaymentRefreshInput!) {{ paymentRefresh(input: $input) {{
          __typename ... on PaymentRefreshed {{ booking {{ {STANDING} }} }} ... on UserError {{ code path }} }} }}
    """,
    "appointment": f"""
        mutation ($input: AppointmentPaymentRefreshInput!) {{ appointmentPaymentRefresh(input: $input) {{
          __typename ... on AppointmentPaymentRefreshed {{ appointment {{ {STANDING} }} }}
          ... on UserError {{ code path }} }} }}
    """,
}
_OF_CHECKOUT = "SELECT id FROM payment.payment WHERE checkout_token = $1"
_STATES = f"SELECT state FROM payment.webhook_delivery WHERE payment_id = ({_OF_CHECKOUT})"  # noqa: S608
_COME = f"UPDATE payment.webhook_delivery SET next_attempt_at = now() WHERE payment_id = ({_OF_CHECKOUT})"  # noqa: S608


@pytest.fixture
async def an_hour_late(break_payments: Callable[[str], Awaitable[None]]) -> None:
    """Every webhook is held back."""
    await break_payments("delay=1,delay_seconds=3600")


async def paid_booking(house: ApiHouse, guest: Client) -> tuple[str, str]:
    booking = await guest.book(house.houses["Grand House"], ahead=95)
    checkout_url = await guest.begin_payment(booking)
    await guest.pay(checkout_url)
    return str(booking["id"]), checkout_url


async def paid_appointment(http: httpx.AsyncClient, house: ApiHouse, guest: Client) -> tuple[str, str]:
    salon = await prepaid(await Client(http, house.url).sign_up("HOTELIER"))
    start = (await slots(guest, salon))[0]["startsAt"]
    held = await done(guest, "appointmentCreate", **visit(salon, start))
    which = {"appointmentId": held["id"], "idempotencyKey": uuid.uuid4().hex}
    pending = await done(guest, "appointmentPaymentCreate", **which)
    await guest.pay(pending["payment"]["checkoutUrl"])
    return str(held["id"]), str(pending["payment"]["checkoutUrl"])


async def seen(who: Client, what: str, which: str) -> dict[str, Any]:
    found: dict[str, Any] = (await who.data(SEEN[what], {"id": which}))[what]
    return found


@pytest.mark.usefixtures("an_hour_late")
@pytest.mark.parametrize("what", ["booking", "appointment"])
async def test_who_comes_back_before_the_webhook_is_confirmed_and_the_webhook_changes_nothing(
    http: httpx.AsyncClient, house: ApiHouse, guest: Client, stranger: Client, nobody: Client, what: str
) -> None:
    if what == "booking":
        which, checkout_url = await paid_booking(house, guest)
    else:
        which, checkout_url = await paid_appointment(http, house, guest)
    token = checkout_url.rpartition("/")[2]
    wanted = {f"{what}Id": which}
    pending = await seen(guest, what, which)
    assert (pending["state"], pending["paid"]["minorUnits"]) == ("PAYMENT_PENDING", 0)

    refused = await stranger.mutate(REFRESH[what], wanted)
    assert (refused["__typename"], refused["code"]) == ("NotFound", "NOT_FOUND")
    assert (await nobody.mutate(REFRESH[what], wanted))["code"] == "UNAUTHENTICATED"
    assert await seen(guest, what, which) == pending, "nothing changed"

    for _ in range(2):
        refreshed = await guest.mutate(REFRESH[what], wanted)
        assert refreshed["__typename"].endswith("PaymentRefreshed"), refreshed
        confirmed = refreshed[what]
        assert (confirmed["state"], confirmed["version"]) == ("CONFIRMED", pending["version"] + 1)
        assert confirmed["paid"]["minorUnits"] > 0
    rows = await house.database.fetch(_STATES, token)
    assert {row["state"] for row in rows} == {"WAITING"}, "no webhook has come"

    await house.database.execute(_COME, token)

    async def webhooks_came() -> bool:
        states = [row["state"] for row in await house.database.fetch(_STATES, token)]
        told = [entry["kind"] for entry in (await seen(guest, what, which))["timeline"]["nodes"]]
        return set(states) == {"DELIVERED"} and told.count("WebhookReceived") == len(states)

    await until(webhooks_came)
    after = await seen(guest, what, which)
    assert {**after, "timeline": None} == {**confirmed, "timeline": None}
