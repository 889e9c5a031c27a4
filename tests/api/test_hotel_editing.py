"""A hotelier makes a house, fills it, publishes it and edits it; guests see it, other hoteliers do not touch it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from api.rooms import Amenity, BedKind
from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.amenities import AMENITIES
from runtime.identifiers import new_id
from tests.api.client import Client
from tests.api.hotelier_desk import HotelierDesk, new_hotel, new_rate_plan, new_room_type
from tests.api.house import ApiHouse

CHANGES = """
query ($id: ID!, $subjectId: ID) {
  hotel(id: $id) {
    changes(first: 50, subjectId: $subjectId) {
      nodes { subject subjectId action actorId actorRole at requestId fields { name before after } }
    }
  }
}
"""
ROOMS = "query ($id: ID!) { hotel(id: $id) { roomTypes { rooms { nodes { number } pageInfo { hasNextPage } } } } }"


@pytest.fixture(scope="module")
async def desk(house: ApiHouse, http: httpx.AsyncClient) -> HotelierDesk:
    return HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))


@pytest.fixture(scope="module")
async def rival(house: ApiHouse, http: httpx.AsyncClient) -> HotelierDesk:
    return HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))


async def test_a_house_from_the_first_fact_to_its_first_guest(
    house: ApiHouse, desk: HotelierDesk, nobody: Client
) -> None:
    hotel = await desk.hotel()
    assert (hotel["state"], hotel["version"], hotel["rating"]) == ("DRAFT", 1, {"count": 0, "mean": None})
    assert hotel["taxes"] == {
        "vatBasisPoints": 1000,
        "vatIncluded": True,
        "cityTax": {"decimal": "2.50", "currency": "EUR"},
        "cityTaxExemptBelowAge": 18,
        "cityTaxMaxNights": 7,
    }
    asked = new_hotel()
    same = ("name", "address", "position", "timeZone", "currency", "stars", "languages", "contact", "photos")
    assert {name: hotel[name] for name in same} == {name: asked[name] for name in same}
    mine = await desk.client.data("{ viewer { hotels { nodes { id state } } } }")
    assert {"id": hotel["id"], "state": "DRAFT"} in mine["viewer"]["hotels"]["nodes"]
    visitor = HotelierDesk(nobody)
    assert await visitor.sees(hotel["id"]) is None
    publish = {"hotelId": hotel["id"], "expectedVersion": 1}
    early = await desk.answer("hotelPublish", publish)
    assert (early["__typename"], early["message"]) == ("IllegalState", "Add a room type and a rate plan first.")
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    assert kind["basePrice"] == {"decimal": "120.00", "currency": "EUR"}
    assert kind["occupancyPricing"]["childPrices"][1] == {"toAge": 17, "price": {"minorUnits": 900, "currency": "EUR"}}
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"])))["ratePlan"]
    assert plan["cancellationPolicy"]["summary"] == (
        "Free cancellation until 2 days before check-in. Cancelling costs the price of 1 night until 6 hours before "
        "check-in. Cancelling costs 100 % after that."
    )
    doors = [{"number": "101", "floor": "1"}, {"number": "9", "state": "DIRTY"}]
    rooms = (await desk.done("roomsCreate", roomTypeId=kind["id"], rooms=doors))["rooms"]
    assert [(room["number"], room["state"], room["roomTypeId"]) for room in rooms] == [
        ("101", "CLEAN", kind["id"]),
        ("9", "DIRTY", kind["id"]),
    ]
    shown = (await desk.done("hotelPublish", **publish))["hotel"]
    assert (shown["state"], shown["version"]) == ("PUBLISHED", 2)
    seen = await visitor.sees(hotel["id"])
    assert seen == shown
    assert seen is not None
    assert (seen["roomTypes"], seen["ratePlans"]) == ([kind], [plan])
    listed = (await desk.client.data(ROOMS, {"id": hotel["id"]}))["hotel"]["roomTypes"]
    assert [room["number"] for room in listed[0]["rooms"]["nodes"]] == ["9", "101"]


async def test_absent_stays_and_null_clears(desk: HotelierDesk) -> None:
    hotel = await desk.hotel()
    changes = {"description": None, "stars": None, "photos": None, "contact": None, "taxes": None, "name": "New"}
    edited = (await desk.done("hotelUpdate", hotelId=hotel["id"], expectedVersion=1, **changes))["hotel"]
    assert edited["version"] == 2
    cleared: dict[str, Any] = {
        "description": None,
        "stars": None,
        "photos": [],
        "contact": {"phone": None, "email": None},
    }
    assert {name: edited[name] for name in cleared} == cleared
    assert edited["taxes"]["cityTax"]["decimal"] == "0.00"
    kept = ("address", "position", "timeZone", "amenities", "languages", "website", "houseRules", "checkInTime")
    assert {name: edited[name] for name in kept} == {name: hotel[name] for name in kept}
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"], minAdvanceDays=3)))["ratePlan"]
    freed = await desk.done(
        "ratePlanUpdate", ratePlanId=plan["id"], expectedVersion=1, minAdvanceDays=None, stayDiscounts=None
    )
    after = freed["ratePlan"]
    assert (after["minAdvanceDays"], after["maxAdvanceDays"], after["stayDiscounts"]) == (None, 365, [])
    assert freed["hotel"]["ratesVersion"] == 2


@pytest.mark.parametrize(
    "field", ["name", "address", "position", "timeZone", "currency", "checkInTime", "checkOutTime"]
)
async def test_what_must_be_there_cannot_be_cleared(desk: HotelierDesk, field: str) -> None:
    hotel = await desk.hotel()
    answer = await desk.answer("hotelUpdate", {"hotelId": hotel["id"], "expectedVersion": 1, field: None})
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", [field])
    assert await desk.sees(hotel["id"]) == hotel


async def test_who_edits_an_old_version_is_told_and_changes_nothing(desk: HotelierDesk) -> None:
    hotel = await desk.hotel()
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"])))["ratePlan"]
    (room,) = (await desk.done("roomsCreate", roomTypeId=kind["id"], rooms=[{"number": "1"}]))["rooms"]
    edits: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("hotelUpdate", {"hotelId": hotel["id"]}, {"name": "New"}),
        ("roomTypeUpdate", {"roomTypeId": kind["id"]}, {"basePriceMinorUnits": 100}),
        ("ratePlanUpdate", {"ratePlanId": plan["id"]}, {"adjustmentBasisPoints": -500}),
        ("roomUpdate", {"roomId": room["id"]}, {"state": "DIRTY", "floor": "2"}),
    ]
    for name, which, change in edits:
        await desk.done(name, **which, **change, expectedVersion=1)
        before = await desk.sees(hotel["id"])
        answer = await desk.answer(name, {**which, **change, "expectedVersion": 1})
        assert (answer["__typename"], answer["currentVersion"]) == ("VersionConflict", 2)
        assert answer["path"] == ["expectedVersion"]
        assert await desk.sees(hotel["id"]) == before


async def test_things_are_archived_from_the_bottom_up(desk: HotelierDesk, nobody: Client) -> None:
    hotel = await desk.hotel()
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"])))["ratePlan"]
    saver = await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"], name="Saver", derivedFromId=plan["id"]))
    assert saver["ratePlan"]["derivedFromId"] == plan["id"]
    (room,) = (await desk.done("roomsCreate", roomTypeId=kind["id"], rooms=[{"number": "1"}]))["rooms"]
    await desk.done("hotelPublish", hotelId=hotel["id"], expectedVersion=1)
    followed = await desk.answer("ratePlanArchive", {"ratePlanId": plan["id"], "expectedVersion": 1})
    last = await desk.answer("roomTypeArchive", {"roomTypeId": kind["id"], "expectedVersion": 1})
    assert (followed["__typename"], last["__typename"]) == ("IllegalState", "IllegalState")
    await desk.done("hotelUnpublish", hotelId=hotel["id"], expectedVersion=2)
    assert await HotelierDesk(nobody).sees(hotel["id"]) is None
    for name, which, identifier in (
        ("roomArchive", "roomId", room["id"]),
        ("roomTypeArchive", "roomTypeId", kind["id"]),
        ("ratePlanArchive", "ratePlanId", saver["ratePlan"]["id"]),
        ("ratePlanArchive", "ratePlanId", plan["id"]),
    ):
        member = await desk.done(name, **{which: identifier, "expectedVersion": 1})
        assert member[name.removesuffix("Archive")]["archived"]
    gone = (await desk.done("hotelArchive", hotelId=hotel["id"], expectedVersion=3))["hotel"]
    assert (gone["state"], gone["roomTypes"], gone["ratePlans"]) == ("ARCHIVED", [], [])
    answer = await desk.answer("hotelUpdate", {"hotelId": hotel["id"], "expectedVersion": 4, "name": "Again"})
    assert answer["__typename"] == "IllegalState"


async def test_the_history_of_a_house_is_for_its_hotelier(desk: HotelierDesk, rival: HotelierDesk) -> None:
    hotel = await desk.hotel()
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"])))["ratePlan"]
    saver = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"], name="Saver")))["ratePlan"]
    await desk.done("ratePlanUpdate", ratePlanId=saver["id"], expectedVersion=1, derivedFromId=plan["id"])
    await desk.done("hotelUpdate", hotelId=hotel["id"], expectedVersion=1, checkInTime="16:00")
    found = (await desk.client.data(CHANGES, {"id": hotel["id"]}))["hotel"]["changes"]["nodes"]
    assert [(entry["subject"], entry["action"]) for entry in found] == [
        ("HOTEL", "UPDATED"),
        ("RATE_PLAN", "UPDATED"),
        ("RATE_PLAN", "CREATED"),
        ("RATE_PLAN", "CREATED"),
        ("ROOM_TYPE", "CREATED"),
        ("HOTEL", "CREATED"),
    ]
    assert found[0]["fields"] == [{"name": "checkInTime", "before": "15:00:00", "after": "16:00:00"}]
    assert found[1]["fields"] == [{"name": "derivedFromId", "before": None, "after": plan["id"]}]
    assert (found[0]["subjectId"], found[0]["actorRole"]) == (hotel["id"], "HOTELIER")
    viewer = (await desk.client.data("{ viewer { id } }"))["viewer"]
    assert {entry["actorId"] for entry in found} == {viewer["id"]}
    of_kind = await desk.client.data(CHANGES, {"id": hotel["id"], "subjectId": kind["id"]})
    assert [entry["subjectId"] for entry in of_kind["hotel"]["changes"]["nodes"]] == [kind["id"]]
    await desk.done("hotelPublish", hotelId=hotel["id"], expectedVersion=2)
    for document in (CHANGES, ROOMS):
        body = await rival.client.body(document, {"id": hotel["id"]})
        assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"]
        assert body["data"]["hotel"] in ({"changes": None}, {"roomTypes": [{"rooms": None}]})


async def test_another_hotelier_finds_nothing_to_edit(desk: HotelierDesk, rival: HotelierDesk, guest: Client) -> None:
    hotel = await desk.hotel()
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    plan = (await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"])))["ratePlan"]
    (room,) = (await desk.done("roomsCreate", roomTypeId=kind["id"], rooms=[{"number": "1"}]))["rooms"]
    before = await desk.sees(hotel["id"])
    attempts: list[tuple[str, dict[str, Any], str]] = [
        ("hotelUpdate", {"hotelId": hotel["id"], "name": "Mine"}, "hotelId"),
        ("hotelPublish", {"hotelId": hotel["id"]}, "hotelId"),
        ("hotelUnpublish", {"hotelId": hotel["id"]}, "hotelId"),
        ("hotelArchive", {"hotelId": hotel["id"]}, "hotelId"),
        ("roomTypeCreate", new_room_type(hotel["id"]), "hotelId"),
        ("roomTypeUpdate", {"roomTypeId": kind["id"], "name": "Mine"}, "roomTypeId"),
        ("roomTypeArchive", {"roomTypeId": kind["id"]}, "roomTypeId"),
        ("ratePlanCreate", new_rate_plan(hotel["id"]), "hotelId"),
        ("ratePlanUpdate", {"ratePlanId": plan["id"], "name": "Mine"}, "ratePlanId"),
        ("ratePlanArchive", {"ratePlanId": plan["id"]}, "ratePlanId"),
        ("roomsCreate", {"roomTypeId": kind["id"], "rooms": [{"number": "2"}]}, "roomTypeId"),
        ("roomUpdate", {"roomId": room["id"], "floor": "2"}, "roomId"),
        ("roomArchive", {"roomId": room["id"]}, "roomId"),
    ]
    for name, wanted, path in attempts:
        versioned = wanted if "Create" in name else {**wanted, "expectedVersion": 1}
        answer = await rival.answer(name, versioned)
        assert (answer["__typename"], answer["path"]) == ("NotFound", [path]), name
        answer = await HotelierDesk(guest).answer(name, versioned)
        assert (answer["__typename"], answer["code"]) == ("NotPermitted", "PERMISSION_DENIED"), name
        other_kind = {**versioned, path: encode_id("Quote", str(new_id()))}
        assert (await desk.answer(name, other_kind))["path"] == [path], name
    assert await desk.sees(hotel["id"]) == before
    assert (await HotelierDesk(guest).answer("hotelCreate", new_hotel()))["code"] == "PERMISSION_DENIED"


async def test_a_field_that_will_not_do_is_named_as_it_was_sent(desk: HotelierDesk) -> None:
    hotel = await desk.hotel()
    before = await desk.sees(hotel["id"])
    attempts: list[tuple[str, dict[str, Any], list[str]]] = [
        ("hotelCreate", new_hotel(timeZone="Mars/Olympus"), ["timeZone"]),
        ("hotelCreate", new_hotel(taxes={"vatBasisPoints": 9000}), ["taxes", "vatBasisPoints"]),
        (
            "hotelUpdate",
            {"hotelId": hotel["id"], "expectedVersion": 1, "photos": [{"url": "http://x.example", "altText": "x"}]},
            ["photos", "0", "url"],
        ),
        (
            "roomTypeCreate",
            new_room_type(hotel["id"], occupancyPricing={"includedAdults": 9}),
            ["occupancyPricing", "includedAdults"],
        ),
        (
            "ratePlanCreate",
            new_rate_plan(hotel["id"], cancellationTiers=[{"hoursBeforeCheckIn": 24}]),
            ["cancellationTiers", "0", "hoursBeforeCheckIn"],
        ),
        ("ratePlanCreate", new_rate_plan(hotel["id"], derivedFromId=hotel["id"]), ["derivedFromId"]),
    ]
    for name, wanted, path in attempts:
        answer = await desk.answer(name, wanted)
        assert answer["path"] == path, answer
        assert answer["code"] in {"INVALID_INPUT", "NOT_FOUND"}
    assert await desk.sees(hotel["id"]) == before


def test_the_service_and_the_schema_know_the_same_amenities_and_beds() -> None:
    assert {amenity.name for amenity in Amenity} == AMENITIES
    assert {f"BED_KIND_{kind.value}" for kind in BedKind} | {"BED_KIND_UNSPECIFIED"} == set(hotel_pb2.BedKind.keys())
