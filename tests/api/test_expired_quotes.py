"""Booking an expired quote over HTTP: the refusal carries the quote to book instead."""

from __future__ import annotations

import httpx

from api.node_ids import decode_id
from runtime.identity import Role
from tests.api.client import Client, wish
from tests.api.house import ApiHouse
from tests.api.rate_desk import QUOTE, RATES_UPDATE, change, rates_inn, rates_version, stay_from, update
from tests.house import register_account

NEW_QUOTE = "newQuote { id checkIn checkOut total { minorUnits currency } hotel { name } }"
BOOK = f"""
mutation ($input: BookingCreateInput!) {{
  bookingCreate(input: $input) {{
    __typename
    ... on BookingCreated {{ booking {{ total {{ minorUnits currency }} }} }}
    ... on UserError {{ code path }}
    ... on QuoteExpired {{ {NEW_QUOTE} }}
    ... on PriceChanged {{
      old {{ minorUnits currency }} new {{ minorUnits currency }} {NEW_QUOTE}
    }}
  }}
}}
"""


async def let_lapse(house: ApiHouse, quote_id: str) -> None:
    await house.database.execute(
        "UPDATE booking.quote SET expires_at = now() WHERE id = $1::text::uuid",
        decode_id("Quote", quote_id, path=("id",)),
    )


async def test_an_expired_quote_leads_to_a_booking_at_the_price_of_today(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    inn = await rates_inn(house, owner)
    first = await guest.mutate(QUOTE, stay_from(inn, 0, nights=2))
    await let_lapse(house, first["id"])
    before = await house.rows()
    expired = await guest.mutate(BOOK, wish(first["id"], guest.email))
    assert (expired["__typename"], expired["code"], expired["path"]) == ("QuoteExpired", "QUOTE_EXPIRED", ["quoteId"])
    second = expired["newQuote"]
    assert (second["total"], second["hotel"]) == (first["total"], {"name": "Rates Inn"})
    assert await house.rows() == {**before, "quotes": before["quotes"] + 1}

    await let_lapse(house, second["id"])
    dearer = update(inn, await rates_version(house, inn), change(inn, 0, 0, priceMinorUnits=15_000))
    hotelier = Client(http, house.url, token=owner.token)
    assert (await hotelier.mutate(RATES_UPDATE, dearer))["__typename"] == "RatesUpdated"
    wanted = wish(second["id"], guest.email)
    changed = await guest.mutate(BOOK, wanted)
    assert (changed["__typename"], changed["code"], changed["path"]) == ("PriceChanged", "PRICE_CHANGED", ["quoteId"])
    third = changed["newQuote"]
    assert changed["old"] == first["total"]
    assert changed["new"] == third["total"] != first["total"]
    assert (third["checkIn"], third["checkOut"]) == (second["checkIn"], second["checkOut"])
    booked = await guest.mutate(BOOK, {**wanted, "quoteId": third["id"]})
    assert booked == {"__typename": "BookingCreated", "booking": {"total": third["total"]}}
