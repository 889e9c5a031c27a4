"""Price rules through the public API, and prices that explain themselves for ever."""

from __future__ import annotations

import uuid

import httpx
import pytest

from api.node_ids import decode_node_id, encode_id
from runtime.identity import Role
from tests.api.client import Client, room
from tests.api.house import ApiHouse
from tests.api.rate_desk import (
    EXPLAIN,
    QUOTE,
    RATES_UPDATE,
    RULE_CREATE,
    RULE_DELETE,
    RULE_UPDATE,
    change,
    day,
    rates_inn,
    rates_version,
    stay_from,
    update,
    written,
)
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn, register_account


@pytest.fixture(scope="module")
async def owner(house: ApiHouse) -> SignedIn:
    return await register_account(house.auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def inn(house: ApiHouse, owner: SignedIn) -> House:
    return await rates_inn(house, owner)


@pytest.fixture
def hotelier(house: ApiHouse, http: httpx.AsyncClient, owner: SignedIn) -> Client:
    return Client(http, house.url, token=owner.token)


async def test_price_rules_are_made_edited_listed_and_deleted(house: ApiHouse, inn: House, hotelier: Client) -> None:
    version = await rates_version(house, inn)
    hotel_id = encode_id("Hotel", str(inn.id))
    wanted = {
        "hotelId": hotel_id,
        "expectedRatesVersion": version,
        "name": "Jazz week",
        "firstNight": day(200),
        "lastNight": day(206),
        "weekdays": ["SUNDAY", "FRIDAY"],
        "adjustmentBasisPoints": 3000,
    }
    made = await hotelier.mutate(RULE_CREATE, wanted)
    assert made["hotel"]["ratesVersion"] == version + 1
    assert (made["priceRule"]["name"], made["priceRule"]["weekdays"]) == ("Jazz week", ["FRIDAY", "SUNDAY"])
    listed = "query ($id: ID!) { hotel(id: $id) { ratesVersion priceRules(first: 1) { nodes { id name } } } }"
    rules = (await hotelier.data(listed, {"id": hotel_id}))["hotel"]
    assert rules == {
        "ratesVersion": version + 1,
        "priceRules": {"nodes": [{"id": made["priceRule"]["id"], "name": "Jazz week"}]},
    }
    edit = {"id": made["priceRule"]["id"], "expectedRatesVersion": version + 1, "weekdays": None}
    edited = await hotelier.mutate(RULE_UPDATE, edit)
    assert edited["priceRule"] == {"name": "Jazz week", "weekdays": [], "adjustmentBasisPoints": 3000}
    late = await hotelier.mutate(RULE_UPDATE, edit | {"name": "Late"})
    assert late["__typename"] == "VersionConflict"
    before = await written(house, inn)
    for name in ("", None):
        nameless = await hotelier.mutate(RULE_UPDATE, edit | {"expectedRatesVersion": version + 2, "name": name})
        assert (nameless["__typename"], nameless["path"]) == ("InvalidInput", ["name"])
    assert await written(house, inn) == before
    gone = {"id": made["priceRule"]["id"], "expectedRatesVersion": version + 2}
    assert (await hotelier.mutate(RULE_DELETE, gone))["hotel"]["ratesVersion"] == version + 3
    assert (await hotelier.mutate(RULE_DELETE, gone))["__typename"] == "NotFound"


async def test_a_price_is_explained_by_the_rules_that_made_it_also_after_they_are_gone(
    house: ApiHouse, inn: House, hotelier: Client, guest: Client
) -> None:
    version = await rates_version(house, inn)
    rule = {
        "hotelId": encode_id("Hotel", str(inn.id)),
        "expectedRatesVersion": version,
        "name": "Regatta",
        "firstNight": day(250),
        "lastNight": day(251),
        "adjustmentBasisPoints": 2500,
    }
    made = await hotelier.mutate(RULE_CREATE, rule)
    night = update(inn, version + 1, change(inn, 251, 251, plan=1, priceMinorUnits=7_700))
    assert (await hotelier.mutate(RATES_UPDATE, night))["__typename"] == "RatesUpdated"
    quoted = await guest.mutate(QUOTE, stay_from(inn, 250, 2, plan=1))
    first, second = quoted["lines"]
    assert [(step["kind"], step["name"], step["basisPoints"]) for step in first["steps"]] == [
        ("BASE_PRICE", "Double", None),
        ("PRICE_RULE", "Regatta", 2500),
        ("RATE_PLAN", "Flexible", 1000),
    ]
    assert [step["after"]["minorUnits"] for step in first["steps"]] == [10_000, 12_500, 13_750]
    assert [decode_node_id(step["sourceId"])[0] for step in first["steps"]] == ["RoomType", "PriceRule", "RatePlan"]
    assert (second["amount"]["minorUnits"], second["steps"][0]["kind"]) == (7_700, "NIGHT_PRICE")
    explained = await guest.data(EXPLAIN, {"id": quoted["id"]})
    (room_lines,) = explained["priceExplain"]["rooms"]
    assert [line["text"] for line in room_lines["lines"]] == [
        (
            f"Night of {day(250)}: Double costs 100.00 EUR; price rule “Regatta” +25 % makes 125.00 EUR; "
            "rate plan “Flexible” +10 % makes 137.50 EUR."
        ),
        f"Night of {day(251)}: set for this night under Flexible: 77.00 EUR.",
    ]
    gone = {"id": made["priceRule"]["id"], "expectedRatesVersion": version + 2}
    assert (await hotelier.mutate(RULE_DELETE, gone))["__typename"] == "PriceRuleDeleted"
    cleared = update(inn, version + 3, change(inn, 251, 251, plan=1, priceMinorUnits=None))
    assert (await hotelier.mutate(RATES_UPDATE, cleared))["nightsChanged"] == 1
    assert await guest.data(EXPLAIN, {"id": quoted["id"]}) == explained
    anew = await guest.mutate(QUOTE, stay_from(inn, 250, 2, plan=1))
    assert anew["total"]["minorUnits"] == 22_000 != quoted["total"]["minorUnits"]
    nothing = await guest.data(EXPLAIN, {"id": encode_id("Quote", str(uuid.uuid4()))})
    assert nothing == {"priceExplain": None}


async def test_prices_of_a_currency_without_decimals_are_whole_and_explained_so(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    yen, hotelier = house.houses["Yen House"], Client(http, house.url, token=house.hotelier.token)
    version = await rates_version(house, yen)
    wanted = update(yen, version, change(yen, 300, 300, priceMinorUnits=12_345))
    assert (await hotelier.mutate(RATES_UPDATE, wanted))["__typename"] == "RatesUpdated"
    quoted = await guest.mutate(QUOTE, stay_from(yen, 300, 1, rooms=[room(yen, adults=2)]))
    assert quoted["total"] == {"minorUnits": 12_345 + 2 * 250, "currency": "JPY"}
    explained = await guest.data(EXPLAIN, {"id": quoted["id"]})
    assert [line["text"] for line in explained["priceExplain"]["rooms"][0]["lines"]] == [
        f"Night of {day(300)}: set for this night under Saver: 12345 JPY.",
        "City tax for 2 guests, 1 night: 500 JPY.",
    ]
