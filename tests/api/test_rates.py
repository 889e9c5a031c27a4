"""Rates through the public API: edited by their hotelier, seen by everybody."""

from __future__ import annotations

import uuid

import httpx
import pytest

from api.node_ids import encode_id
from runtime.database import open_database
from runtime.identity import Role
from stack.tour_client import document
from tests.api.client import Client, wish
from tests.api.house import ApiHouse
from tests.api.rate_desk import (
    CALENDAR,
    QUOTE,
    RATES_UPDATE,
    RULE_CREATE,
    change,
    day,
    rates_inn,
    rates_version,
    stay_from,
    update,
    written,
)
from tests.grpc_services.hotel.catalogue import House, HouseInput, add_house
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


async def test_a_hotelier_writes_a_season_of_rates_and_everybody_sees_them(
    house: ApiHouse, inn: House, hotelier: Client, nobody: Client
) -> None:
    version = await rates_version(house, inn)
    weekend = change(inn, 0, 6, weekdays=["FRIDAY", "SATURDAY"], priceMinorUnits=15_000, minStay=2)
    answer = await hotelier.mutate(RATES_UPDATE, update(inn, version, weekend))
    assert answer == {
        "__typename": "RatesUpdated",
        "ratesVersion": version + 1,
        "nightsChanged": 2,
        "changed": [
            {
                "firstNight": day(4),
                "lastNight": day(5),
                "before": {"price": None, "minStay": None},
                "after": {"price": {"decimal": "150.00", "currency": "EUR"}, "minStay": 2, "closed": None},
            }
        ],
    }
    cleared = change(inn, 4, 4, priceMinorUnits=None, minStay=None, closedToArrival=True)
    assert (await hotelier.mutate(RATES_UPDATE, update(inn, version + 1, cleared)))["nightsChanged"] == 1
    place = {"id": encode_id("Hotel", str(inn.id)), "from": day(0), "to": day(7)}
    nights = (await nobody.data(CALENDAR, place))["hotel"]["calendar"]
    assert [night["night"] for night in nights] == [day(offset) for offset in range(7)]
    assert [night["available"] for night in nights] == [1] * 7
    assert {night["inventory"] for night in nights} == {None}
    saver = [night["rates"][0] for night in nights]
    assert [rate["price"]["minorUnits"] for rate in saver] == [10_000] * 5 + [15_000, 10_000]
    assert [rate["source"] for rate in saver] == ["RULES"] * 5 + ["NIGHT", "RULES"]
    assert [rate["restrictions"]["closedToArrival"] for rate in saver] == [False] * 4 + [True, False, False]
    assert [rate["restrictions"]["minStay"] for rate in saver] == [None] * 5 + [2, None]
    assert [night["rates"][1]["price"]["minorUnits"] for night in nights] == [11_000] * 7


async def test_the_hotelier_sees_inventory_beside_rates_in_one_request(
    house: ApiHouse, inn: House, hotelier: Client, guest: Client
) -> None:
    quoted = await guest.mutate(QUOTE, stay_from(inn, 14, 2, plan=1))
    booked = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email))
    assert booked["__typename"] == "BookingCreated", booked
    place = {
        "id": encode_id("Hotel", str(inn.id)),
        "from": day(13),
        "to": day(17),
        "kind": encode_id("RoomType", inn.room_types[0]),
    }
    nights = (await hotelier.data(CALENDAR, place))["hotel"]["calendar"]
    assert [night["available"] for night in nights] == [1, 0, 0, 1]
    assert [night["inventory"]["sold"] for night in nights] == [0, 1, 1, 0]
    assert {night["inventory"]["capacity"] for night in nights} == {1}
    seen_by_guest = (await guest.data(CALENDAR, place))["hotel"]["calendar"]
    assert [night["available"] for night in seen_by_guest] == [1, 0, 0, 1]
    assert [night["inventory"] for night in seen_by_guest] == [None] * 4


async def test_a_hotelier_sees_the_calendar_of_a_draft_that_booking_has_not_heard_of(
    house: ApiHouse, owner: SignedIn, hotelier: Client, guest: Client
) -> None:
    asked = HouseInput(owner.account_id, name="Draft Inn", city="Rateville", published=False)
    async with open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as database:
        draft = await add_house(database, asked)
    place = {"id": encode_id("Hotel", str(draft.id)), "from": day(0), "to": day(2)}
    nights = (await hotelier.data(CALENDAR, place))["hotel"]["calendar"]
    assert [(night["available"], night["inventory"], len(night["rates"])) for night in nights] == [(0, None, 2)] * 2
    assert (await guest.data(CALENDAR, place))["hotel"] is None


async def test_a_calendar_shows_62_nights_and_room_types_of_its_house(
    inn: House, house: ApiHouse, nobody: Client
) -> None:
    place = {"id": encode_id("Hotel", str(inn.id)), "from": day(0), "to": day(62)}
    assert len((await nobody.data(CALENDAR, place))["hotel"]["calendar"]) == 62
    assert await nobody.refusal(CALENDAR, place | {"to": day(63)}) == {"code": "INVALID_INPUT", "field": ["to"]}
    far = place | {"from": "0001-01-01", "to": "9999-12-31"}
    assert (await nobody.refusal(CALENDAR, far))["code"] == "INVALID_INPUT"
    foreign = encode_id("RoomType", house.houses["Grand House"].room_types[0])
    assert await nobody.refusal(CALENDAR, place | {"kind": foreign}) == {"code": "NOT_FOUND", "field": ["roomTypeId"]}


async def test_nobody_else_edits_rates_and_nothing_changes(
    house: ApiHouse, inn: House, hotelier: Client, guest: Client, nobody: Client
) -> None:
    rival = await register_account(house.auth_address, Role.HOTELIER)
    version = await rates_version(house, inn)
    before = await written(house, inn)
    wanted = update(inn, version, change(inn, 50, 60, priceMinorUnits=1))
    rule = {
        "hotelId": wanted["hotelId"],
        "expectedRatesVersion": version,
        "name": "Mine",
        "firstNight": day(0),
        "lastNight": day(1),
        "adjustmentBasisPoints": 100,
    }
    for client, answer in (
        (Client(hotelier.http, hotelier.url, token=rival.token), "NotFound"),
        (guest, "NotPermitted"),
        (nobody, "NotPermitted"),
    ):
        assert (await client.mutate(RATES_UPDATE, wanted))["__typename"] == answer
        assert (await client.mutate(RULE_CREATE, rule))["__typename"] == answer
        listed = "query ($id: ID!) { hotel(id: $id) { priceRules { nodes { id } } } }"
        body = await client.body(listed, {"id": wanted["hotelId"]})
        assert body["data"]["hotel"]["priceRules"] is None
        assert body["errors"][0]["extensions"]["code"] in ("NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED")
    assert await written(house, inn) == before


async def test_conflicts_and_mistakes_are_told_and_write_nothing(house: ApiHouse, inn: House, hotelier: Client) -> None:
    version = await rates_version(house, inn)
    wanted = update(inn, version, change(inn, 70, 71, closed=False))
    first = await hotelier.mutate(RATES_UPDATE, wanted)
    assert first["__typename"] == "RatesUpdated"
    assert await hotelier.mutate(RATES_UPDATE, wanted) == first
    before = await written(house, inn)
    other = wanted | {"changes": [change(inn, 70, 71, closed=True)]}
    assert (await hotelier.mutate(RATES_UPDATE, other))["__typename"] == "IdempotencyConflict"
    stale = await hotelier.mutate(RATES_UPDATE, update(inn, version, change(inn, 70, 71, closed=True)))
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", version + 1)
    mistake = await hotelier.mutate(RATES_UPDATE, update(inn, version + 1, change(inn, 70, 71, maxStay=61)))
    assert (mistake["__typename"], mistake["path"]) == ("InvalidInput", ["changes", "0", "maxStay"])
    nothing = await hotelier.mutate(RATES_UPDATE, update(inn, version + 1, change(inn, 70, 71)))
    assert (nothing["__typename"], nothing["path"]) == ("InvalidInput", ["changes", "0"])
    foreign = change(inn, 70, 71, closed=True) | {"ratePlanIds": [encode_id("RatePlan", str(uuid.uuid4()))]}
    unknown = await hotelier.mutate(RATES_UPDATE, update(inn, version + 1, foreign))
    assert (unknown["__typename"], unknown["path"]) == ("NotFound", ["changes", "0", "ratePlanIds", "0"])
    assert await written(house, inn) == before
