"""Extras over HTTP: a hotelier sells them, guests choose them room by room."""

from __future__ import annotations

import datetime as dt
import uuid

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identity import Role
from tests.api.client import Client, room, stay, today
from tests.api.extra_shop import ARCHIVE, CREATE, EXTRA, QUOTE, SHOWN, UPDATE, chosen, extra_inn, sold, wanted
from tests.api.house import ApiHouse
from tests.api.rate_desk import EXPLAIN
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn, register_account

FIGURES = """
query ($id: ID!, $from: Date!, $to: Date!) {
  hotel(id: $id) { figures(from: $from, to: $to) { extrasRevenue { minorUnits } } }
}
"""
LOG = """
query ($id: ID!, $subject: ID!) {
  hotel(id: $id) { changes(subjectId: $subject) { nodes { subject subjectId action fields { name after } } } }
}
"""


@pytest.fixture(scope="module")
async def owner(house: ApiHouse) -> SignedIn:
    return await register_account(house.auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def inn(house: ApiHouse, owner: SignedIn) -> House:
    return await extra_inn(house, owner)


@pytest.fixture
def hotelier(house: ApiHouse, http: httpx.AsyncClient, owner: SignedIn) -> Client:
    return Client(http, house.url, token=owner.token)


async def test_an_extra_is_made_edited_and_archived(inn: House, hotelier: Client, nobody: Client) -> None:
    hotel_id = encode_id("Hotel", str(inn.id))
    made = await hotelier.mutate(CREATE, wanted(inn, maxQuantity=2))
    extra = made["extra"]
    assert made["hotel"]["extras"] == [{"id": extra["id"], "name": "Breakfast"}]
    assert {name: extra[name] for name in ("chargeUnit", "price", "maxQuantity", "version")} == {
        "chargeUnit": "PERSON_NIGHT",
        "price": {"minorUnits": 1500, "currency": "EUR"},
        "maxQuantity": 2,
        "version": 1,
    }
    assert (await nobody.data(SHOWN, {"id": hotel_id}))["hotel"]["extras"] == [extra]
    change = {"extraId": extra["id"], "expectedVersion": 1, "priceMinorUnits": 1800, "description": None}
    updated = await hotelier.mutate(UPDATE, change)
    assert (updated["extra"]["price"]["minorUnits"], updated["extra"]["description"]) == (1800, None)
    stale = await hotelier.mutate(UPDATE, change)
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", 2)
    empty = await hotelier.mutate(UPDATE, {"extraId": extra["id"], "expectedVersion": 2, "name": None})
    assert (empty["__typename"], empty["path"]) == ("InvalidInput", ["name"])
    archived = await hotelier.mutate(ARCHIVE, {"extraId": extra["id"], "expectedVersion": 2})
    assert (archived["extra"]["archived"], archived["hotel"]["extras"]) == (True, [])
    log = (await hotelier.data(LOG, {"id": hotel_id, "subject": extra["id"]}))["hotel"]["changes"]["nodes"]
    assert [(entry["subject"], entry["subjectId"], entry["action"]) for entry in log] == [
        ("EXTRA", extra["id"], action) for action in ("ARCHIVED", "UPDATED", "CREATED")
    ]
    assert {"name": "priceMinorUnits", "after": 1800} in log[1]["fields"]


async def test_others_edit_no_extras(
    inn: House, hotelier: Client, guest: Client, nobody: Client, house: ApiHouse, http: httpx.AsyncClient
) -> None:
    rival = Client(http, house.url, token=(await register_account(house.auth_address, Role.HOTELIER)).token)
    extra = await sold(hotelier, inn)
    named = {"extraId": extra["id"], "expectedVersion": 1}
    query = f"SELECT string_agg(e::text, '|' ORDER BY id) FROM hotel.extra AS e WHERE hotel_id = '{inn.id}'"  # noqa: S608
    before = await house.database.fetchval(query)
    for document, asked, path in (
        (CREATE, wanted(inn), "hotelId"),
        (UPDATE, {**named, "name": "Mine"}, "extraId"),
        (ARCHIVE, named, "extraId"),
    ):
        refusal = await rival.mutate(document, asked)
        assert (refusal["__typename"], refusal["path"]) == ("NotFound", [path])
        assert (await guest.mutate(document, asked))["__typename"] == "NotPermitted"
        assert (await nobody.mutate(document, asked))["__typename"] == "NotPermitted"
    wrong_kind = {**named, "extraId": encode_id("Hotel", str(inn.id))}
    assert (await hotelier.mutate(ARCHIVE, wrong_kind))["__typename"] == "NotFound"
    assert await house.database.fetchval(query) == before
    await hotelier.mutate(ARCHIVE, named)


async def test_chosen_extras_are_priced_and_explained(inn: House, hotelier: Client, nobody: Client) -> None:
    breakfast = await sold(hotelier, inn)
    parking = await sold(hotelier, inn, name="Parking", chargeUnit="NIGHT", priceMinorUnits=1200, maxQuantity=3)
    rooms = [
        room(inn, adults=2, extras=[chosen(breakfast), {"extraId": parking["id"], "quantity": 2}]),
        room(inn, extras=[{"extraId": breakfast["id"]}]),
        room(inn),
    ]
    quote = await nobody.mutate(QUOTE, stay(inn, rooms=rooms))
    plain = await nobody.mutate(QUOTE, stay(inn, rooms=[{**one, "extras": []} for one in rooms]))
    assert quote["total"]["minorUnits"] - plain["total"]["minorUnits"] == 6000 + 4800 + 3000
    first, second, third = quote["rooms"]
    assert [(one["name"], one["quantity"], one["total"]["minorUnits"]) for one in first["extras"]] == [
        ("Breakfast", 1, 6000),
        ("Parking", 2, 4800),
    ]
    assert first["extras"][1] == {
        "extraId": parking["id"],
        "name": "Parking",
        "chargeUnit": "NIGHT",
        "quantity": 2,
        "unitPrice": {"minorUnits": 1200, "currency": "EUR"},
        "total": {"minorUnits": 4800, "currency": "EUR"},
    }
    assert [one["total"]["minorUnits"] for one in second["extras"]] == [3000]
    assert third["extras"] == []
    lines = [line for line in first["lines"] if line["kind"] == "EXTRA"]
    assert [line["steps"][0]["sourceId"] for line in lines] == [breakfast["id"], parking["id"]]
    explained = (await nobody.data(EXPLAIN, {"id": quote["id"]}))["priceExplain"]["rooms"][0]["lines"]
    texts = [line["text"] for line in explained]
    assert "Breakfast, 2 guests, 2 nights: 60.00 EUR." in texts
    assert "2 × Parking, 2 nights: 48.00 EUR." in texts


async def test_what_cannot_be_chosen_is_named_by_its_place(inn: House, hotelier: Client, nobody: Client) -> None:
    extra = await sold(hotelier, inn)
    for extras, kind, place in (
        ([chosen(extra), chosen(extra)], "InvalidInput", ["1", "extraId"]),
        ([chosen(extra, 2)], "InvalidInput", ["0", "quantity"]),
        ([chosen({"id": encode_id("Extra", str(uuid.uuid4()))})], "InvalidInput", ["0", "extraId"]),
        ([chosen({"id": "nonsense"})], "InvalidInput", ["0", "extraId"]),
        ([chosen({"id": encode_id("RatePlan", inn.plans[0])})], "NotFound", ["0", "extraId"]),
    ):
        refusal = await nobody.mutate(QUOTE, stay(inn, rooms=[room(inn), room(inn, extras=extras)]))
        assert (refusal["__typename"], refusal["path"]) == (kind, ["rooms", "1", "extras", *place])


async def test_search_and_offers_stay_without_extras_and_figures_count_them_apart(inn: House, hotelier: Client) -> None:
    first = today() + dt.timedelta(days=200)
    asked = {"id": encode_id("Hotel", str(inn.id)), "from": first.isoformat(), "to": str(first + dt.timedelta(days=9))}
    (found,) = (await hotelier.data(FIGURES, asked))["hotel"]["figures"]
    assert found["extrasRevenue"]["minorUnits"] == 0
    offered = (
        "query ($id: ID!, $from: Date!, $to: Date!) { hotel(id: $id) "
        f"{{ extras {{ {EXTRA} }} offers(checkIn: $from, checkOut: $to, rooms: [{{adults: 1}}]) "
        "{ total { minorUnits } } } }"
    )
    shown = (await hotelier.data(offered, asked))["hotel"]
    assert shown["extras"]
    plain = await hotelier.mutate(QUOTE, stay(inn, ahead=200, nights=9))
    assert shown["offers"][0]["total"]["minorUnits"] == plain["total"]["minorUnits"]
