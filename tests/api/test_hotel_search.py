"""Search as a guest asks for it: filters, facets, alternatives, recommendations, and how fresh the answer is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from api.node_ids import encode_id
from tests.api.client import Client, today
from tests.api.house import CITY, DEMO_HOUSES, ApiHouse

OFFERS = """
    query ($input: HotelSearchInput!, $sort: HotelSort, $first: Int, $after: String) {
      searchHotels(input: $input, sort: $sort, first: $first, after: $after) {
        totalCount asOf pageInfo { hasNextPage endCursor }
        nodes {
          hotel { id name stars amenities rating { mean } }
          total { minorUnits } perNight { minorUnits } roomsLeft distanceMeters
          roomType { id } ratePlan { id mealPlan }
          rooms { roomType { id } ratePlan { id } total { minorUnits } }
        }
      }
    }
"""
FACETS = """
    query ($input: HotelSearchInput!) {
      searchHotels(input: $input) {
        totalCount
        facets {
          stars { stars count } amenities { amenity count } mealPlans { mealPlan count } ratings { atLeast count }
          freeCancellation pricePerNight { from { minorUnits } to { minorUnits } count }
        }
      }
    }
"""
ALTERNATIVES = """
    query ($input: HotelSearchInput!) {
      searchHotels(input: $input) { totalCount ...Others }
    }
    fragment Others on HotelOfferConnection {
      alternatives {
        kind checkIn checkOut distanceMeters hotel { name } total { minorUnits }
        parts { checkIn checkOut rooms { roomType { name } total { minorUnits } } }
      }
    }
"""
NEARBY = """
    query ($hotelId: ID, $point: PointInput, $radius: Float!, $first: Int!, $after: String) {
      hotelsNearby(hotelId: $hotelId, point: $point, radiusMeters: $radius, first: $first, after: $after) {
        nodes { hotel { id } distanceMeters fromPerNight { minorUnits } fromNight }
        pageInfo { hasNextPage endCursor }
      }
    }
"""
RECOMMENDED = """
    query ($near: PointInput!, $by: RecommendBy!, $first: Int) {
      recommendHotels(near: $near, by: $by, first: $first) { id name }
    }
"""
PARIS = {"latitude": 48.8566, "longitude": 2.3522}


def search(*, city: str = "Paris", ahead: int = 30, nights: int = 2, adults: int = 1, **changes: Any) -> dict[str, Any]:
    check_in = today() + dt.timedelta(days=ahead)
    return {
        "place": {"city": city},
        "checkIn": check_in.isoformat(),
        "checkOut": (check_in + dt.timedelta(days=nights)).isoformat(),
        "rooms": [{"adults": adults}],
        **changes,
    }


async def found(client: Client, input: dict[str, Any], **page: Any) -> dict[str, Any]:  # noqa: A002
    answer: dict[str, Any] = (await client.data(OFFERS, {"input": input, **page}))["searchHotels"]
    return answer


async def test_every_room_of_an_offer_is_told_and_they_sum_to_its_total(nobody: Client) -> None:
    rooms = [{"adults": 2}, {"adults": 1, "childrenAges": [4]}]
    offers = (await found(nobody, search(rooms=rooms)))["nodes"]
    assert offers
    for offer in offers:
        assert len(offer["rooms"]) == 2
        assert sum(room["total"]["minorUnits"] for room in offer["rooms"]) == offer["total"]["minorUnits"]
        assert offer["rooms"][0]["roomType"] == offer["roomType"]
        assert offer["distanceMeters"] is None


@pytest.mark.parametrize("typed", ["paris", "PARIS", "Pariss", "Paris 12e", "75012 paris"])
async def test_a_city_is_found_however_it_is_typed(nobody: Client, typed: str) -> None:
    assert (await found(nobody, search(city=typed)))["totalCount"] == DEMO_HOUSES


async def test_filters_leave_only_what_they_name(nobody: Client) -> None:
    everything = (await found(nobody, search()))["nodes"]
    stars = {offer["hotel"]["stars"] for offer in everything}
    some = max(stars, key=lambda one: one or 0)
    chosen = await found(nobody, search(filter={"stars": [some], "freeCancellation": True}))
    assert 0 < chosen["totalCount"] < len(everything)
    assert {offer["hotel"]["stars"] for offer in chosen["nodes"]} == {some}
    meals = await found(nobody, search(filter={"mealPlans": ["FULL_BOARD"]}))
    assert all(offer["ratePlan"]["mealPlan"] == "FULL_BOARD" for offer in meals["nodes"])
    assert (await found(nobody, search(filter={"minRating": 5})))["totalCount"] == 0


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"minRating": 6}, ["filter", "minRating"]),
        ({"stars": [9]}, ["filter", "stars"]),
        ({"minPerNightMinorUnits": -5}, ["filter", "minPerNightMinorUnits"]),
        ({"minPerNightMinorUnits": 9, "maxPerNightMinorUnits": 8}, ["filter", "maxPerNightMinorUnits"]),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_by_its_field(
    nobody: Client, wanted: dict[str, Any], path: list[str]
) -> None:
    refusal = await nobody.refusal(OFFERS, {"input": search(filter=wanted)})
    assert refusal == {"code": "INVALID_INPUT", "field": path}


async def test_the_answer_tells_how_fresh_the_index_is(nobody: Client) -> None:
    body = await nobody.body(OFFERS, {"input": search()})
    told = body["extensions"]["search"]
    assert dt.datetime.fromisoformat(told["asOf"]) == dt.datetime.fromisoformat(body["data"]["searchHotels"]["asOf"])
    assert told["lagSeconds"] >= 0
    assert "search" not in (await nobody.body("{ __typename }"))["extensions"]


async def test_facets_count_houses(nobody: Client) -> None:
    answer = (await nobody.data(FACETS, {"input": search()}))["searchHotels"]
    facets = answer["facets"]
    assert sum(facet["count"] for facet in facets["stars"]) == DEMO_HOUSES
    assert sum(band["count"] for band in facets["pricePerNight"]) == DEMO_HOUSES
    assert all(0 < facet["count"] <= DEMO_HOUSES for facet in facets["amenities"])
    for facet in facets["stars"]:
        chosen = await found(nobody, search(filter={"stars": [facet["stars"] or 0]}))
        assert chosen["totalCount"] == facet["count"]


async def test_pages_follow_each_other(nobody: Client) -> None:
    whole = [offer["hotel"]["id"] for offer in (await found(nobody, search(), sort="RATING"))["nodes"]]
    paged: list[str] = []
    after, more = None, True
    while more:
        page = await found(nobody, search(), sort="RATING", first=4, after=after)
        paged += [offer["hotel"]["id"] for offer in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert paged == whole


async def test_alternatives_are_told_when_nothing_fits(nobody: Client, house: ApiHouse) -> None:
    answer = (await nobody.data(ALTERNATIVES, {"input": search(city=CITY, rooms=[{"adults": 20}])}))["searchHotels"]
    assert answer == {"totalCount": 0, "alternatives": []}
    place = {"around": {"latitude": 48.70, "longitude": 2.35, "radiusMeters": 100}}
    near = (await nobody.data(ALTERNATIVES, {"input": search(place=place)}))["searchHotels"]
    assert near["totalCount"] == 0
    assert {one["kind"] for one in near["alternatives"]} == {"NEARBY"}
    assert all(0 < one["distanceMeters"] <= 30_000 and len(one["parts"]) == 1 for one in near["alternatives"])
    assert "Grand House" in {one["hotel"]["name"] for one in near["alternatives"]}
    assert house


async def test_houses_near_a_house_leave_itself_out_and_come_nearest_first(nobody: Client, house: ApiHouse) -> None:
    identifier = encode_id("Hotel", str(house.houses["Grand House"].id))
    asked = {"hotelId": identifier, "radius": 20_000.0, "first": 100}
    nodes = (await nobody.data(NEARBY, asked))["hotelsNearby"]["nodes"]
    assert identifier not in [node["hotel"]["id"] for node in nodes]
    distances = [node["distanceMeters"] for node in nodes]
    assert distances == sorted(distances)
    assert any(node["fromPerNight"] and node["fromNight"] for node in nodes)
    paged: list[str] = []
    after, more = None, True
    while more:
        page = (await nobody.data(NEARBY, asked | {"first": 2, "after": after}))["hotelsNearby"]
        assert len(page["nodes"]) <= 2
        paged += [node["hotel"]["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert paged == [node["hotel"]["id"] for node in nodes]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({}, "INVALID_INPUT", ["hotelId"]),
        ({"point": PARIS, "hotelId": "x"}, "INVALID_INPUT", ["hotelId"]),
        ({"point": {"latitude": 91, "longitude": 0}}, "INVALID_INPUT", ["near"]),
        ({"point": PARIS, "radius": 0}, "INVALID_INPUT", ["radiusMeters"]),
        ({"point": PARIS, "radius": 200_000}, "INVALID_INPUT", ["radiusMeters"]),
        ({"point": PARIS, "first": 101}, "INVALID_INPUT", ["first"]),
        ({"hotelId": encode_id("Hotel", "00000000-0000-4000-8000-000000000000")}, "NOT_FOUND", ["hotelId"]),
    ],
)
async def test_what_houses_cannot_be_near_to_is_refused(
    nobody: Client, changes: dict[str, Any], code: str, field: list[str]
) -> None:
    refusal = await nobody.refusal(NEARBY, {"radius": 1_000.0, "first": 5, **changes})
    assert refusal == {"code": code, "field": field}


@pytest.mark.parametrize("by", ["DISTANCE", "PRICE", "RATING"])
async def test_houses_near_a_point_are_recommended(nobody: Client, by: str) -> None:
    answer = await nobody.data(RECOMMENDED, {"near": PARIS, "by": by, "first": 3})
    assert len({one["id"] for one in answer["recommendHotels"]}) == 3
