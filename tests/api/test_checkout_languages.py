"""Whoever pays finds the checkout page in their language: the one that is named, else what their browser asks for."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from stack.tour_client import document
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.api.test_appointments import done, prepaid, slots, visit

PAY_APPOINTMENT = """
mutation ($input: AppointmentPaymentCreateInput!) {
  appointmentPaymentCreate(input: $input) {
    ... on AppointmentPaymentCreated { checkoutUrl }
    ... on UserError { code path }
  }
}
"""


async def begin(who: Client, query: str, which: dict[str, str], *, asks_for: str = "", **more: Any) -> dict[str, Any]:
    wanted = {"input": which | {"idempotencyKey": uuid.uuid4().hex} | more}
    answer = await who.post(query, wanted, **({"accept-language": asks_for} if asks_for else {}))
    (member,) = answer.json()["data"].values()
    started: dict[str, Any] = member
    return started


@pytest.mark.parametrize(
    ("named", "asks_for", "language", "says"),
    [
        ("fr-CH", "ru", "fr", "Payer par carte"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru", "Оплата картой"),
        ("de", "fr", "en", "Pay by card"),
        (None, "", "en", "Pay by card"),
    ],
)
async def test_a_booking_is_paid_in_the_guests_language(
    house: ApiHouse, guest: Client, named: str | None, asks_for: str, language: str, says: str
) -> None:
    booking = await guest.book(house.houses["Grand House"], ahead=140)
    started = await begin(guest, document("7_pay"), {"bookingId": booking["id"]}, asks_for=asks_for, locale=named)
    page = await guest.http.get(started["checkoutUrl"])
    assert f'<html lang="{language}">' in page.text
    assert says in page.text


async def test_an_appointment_is_paid_in_the_clients_language(
    http: httpx.AsyncClient, house: ApiHouse, guest: Client
) -> None:
    salon = await prepaid(await Client(http, house.url).sign_up("HOTELIER"))
    for number, (named, asks_for, language) in enumerate([("ru", "fr", "ru"), (None, "fr-FR,fr;q=0.9", "fr")]):
        held = await done(guest, "appointmentCreate", **visit(salon, (await slots(guest, salon))[number]["startsAt"]))
        started = await begin(guest, PAY_APPOINTMENT, {"appointmentId": held["id"]}, asks_for=asks_for, locale=named)
        assert f'<html lang="{language}">' in (await http.get(started["checkoutUrl"])).text


async def test_what_is_no_language_is_refused_and_nothing_is_begun(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"], ahead=140)
    for locale in ("français", "f", "x" * 60):
        refusal = await begin(guest, document("7_pay"), {"bookingId": booking["id"]}, locale=locale)
        assert (refusal["code"], refusal["path"]) == ("INVALID_INPUT", ["locale"])
    assert await guest.state_of(booking) == "HELD"
