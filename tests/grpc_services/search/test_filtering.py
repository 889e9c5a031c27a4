"""Filters about offers, facets counted by hand, alternatives, recommendations: on houses that are easy to reckon."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.search.v1 import search_pb2
from runtime.errors import InvalidInput
from tests.grpc_services.search.model_houses import (
    DAY,
    FREE,
    TODAY,
    ModelHouse,
    ModelPlan,
    asked,
    engine_of,
    found,
    names,
)

RO, BB, HB = hotel_pb2.MEAL_PLAN_ROOM_ONLY, hotel_pb2.MEAL_PLAN_BED_AND_BREAKFAST, hotel_pb2.MEAL_PLAN_HALF_BOARD
OTHER_DATES, SPLIT, NEARBY = (
    search_pb2.ALTERNATIVE_KIND_OTHER_DATES,
    search_pb2.ALTERNATIVE_KIND_SPLIT_STAY,
    search_pb2.ALTERNATIVE_KIND_NEARBY,
)


def wanted(**fields: Any) -> search_pb2.HotelFilter:
    return search_pb2.HotelFilter(**fields)


def random_houses(number: int = 80) -> list[ModelHouse]:
    draw = random.Random(number)
    return [
        ModelHouse(
            f"House {house}",
            prices=(draw.randrange(4_000, 30_000),),
            stars=draw.randrange(6),
            amenities=draw.sample(["WIFI", "SPA", "BAR", "POOL"], draw.randrange(4)),
            rating=(draw.randrange(3), draw.randrange(100, 500)),
            plans=[
                ModelPlan(meals=draw.choice([RO, BB, HB]), tiers=draw.choice([FREE, ModelPlan().tiers]), extra=extra)
                for extra in (0, 2_500)
            ],
        )
        for house in range(number)
    ]


def test_the_cheapest_offer_that_the_filter_leaves_is_shown() -> None:
    house = ModelHouse(plans=[ModelPlan(), ModelPlan("Flexible", 1_000, BB, FREE), ModelPlan("All", 4_000, HB, FREE)])
    engine = engine_of(house)

    def plan(**fields: Any) -> str:
        hits = found(engine, asked(filter=wanted(**fields)), 5).hits
        return house.plans[house.plan_ids.index(hits[0].rate_plan_id)].name if hits else "none"

    assert plan() == "Saver"
    assert plan(free_cancellation=True) == "Flexible"
    assert plan(meal_plans=[HB, BB]) == "Flexible"
    assert plan(meal_plans=[HB]) == "All"
    assert plan(meal_plans=[RO], free_cancellation=True) == "none"
    assert plan(meal_plans=[HB], max_per_night_minor_units=13_000) == "none"


@pytest.mark.parametrize(
    ("moment", "is_free"),
    [
        (dt.datetime(2027, 3, 18, 13, 59, tzinfo=dt.UTC), True),  # 14:59 in Paris, 48 hours and a minute before
        (dt.datetime(2027, 3, 18, 14, 1, tzinfo=dt.UTC), False),
    ],
)
def test_free_cancellation_ends_by_the_clock_of_the_hotel(moment: dt.datetime, is_free: bool) -> None:
    engine = engine_of(ModelHouse(plans=[ModelPlan(tiers=FREE)]), now=moment)
    answer = found(engine, asked(start=10, filter=wanted(free_cancellation=True)), 5)
    assert bool(answer.hits) is is_free


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"stars": [3, 4], "min_rating_hundredths": 250},
        {"amenities": ["WIFI"], "meal_plans": [BB, HB]},
        {"free_cancellation": True, "max_per_night_minor_units": 20_000},
        {"stars": [5], "amenities": ["SPA", "POOL"], "min_per_night_minor_units": 9_000},
    ],
)
def test_facets_count_what_a_search_with_each_value_finds(chosen: dict[str, Any]) -> None:
    engine = engine_of(*random_houses())

    def count(**changes: Any) -> int:
        return found(engine, asked(filter=wanted(**{**chosen, **changes})), 1).total_count

    facets = found(engine, asked(filter=wanted(**chosen), with_facets=True), 1).facets
    assert counted(facets.stars) == nonzero({str(stars): count(stars=[stars]) for stars in range(6)})
    assert counted(facets.ratings) == nonzero(
        {str(least): count(min_rating_hundredths=least) for least in (300, 350, 400, 450)}
    )
    already = chosen.get("amenities", [])
    assert counted(facets.amenities) == nonzero(
        {name: count(amenities=[*already, name]) for name in ("WIFI", "SPA", "BAR", "POOL")}
    )
    meals = {"ROOM_ONLY": RO, "BED_AND_BREAKFAST": BB, "HALF_BOARD": HB}
    assert counted(facets.meal_plans) == nonzero({name: count(meal_plans=[plan]) for name, plan in meals.items()})
    assert facets.free_cancellation == count(free_cancellation=True)
    for band in facets.price_per_night:
        lowest, highest = getattr(band, "from").minor_units, band.to.minor_units - 1 if band.HasField("to") else 0
        assert band.count == count(min_per_night_minor_units=lowest, max_per_night_minor_units=highest)
    unlimited = count(min_per_night_minor_units=0, max_per_night_minor_units=0)
    assert sum(band.count for band in facets.price_per_night) == unlimited


def counted(facets: Any) -> dict[str, int]:
    return {facet.value: facet.count for facet in facets}


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {value: count for value, count in counts.items() if count}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"stars": [6]}, "stars"),
        ({"min_rating_hundredths": 501}, "minRating"),
        ({"min_per_night_minor_units": -1}, "minPerNightMinorUnits"),
        ({"min_per_night_minor_units": 5, "max_per_night_minor_units": 4}, "maxPerNightMinorUnits"),
        ({"amenities": ["WIFI"] * 51}, "amenities"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_refused_naming_its_field(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        found(engine_of(ModelHouse()), asked(filter=wanted(**fields)), 5)
    assert refusal.value.path == ("filter", path)


def test_rooms_of_several_types_make_one_offer() -> None:
    house = ModelHouse(prices=(9_000, 10_000), rooms=(1, 2), adults=(2, 2))
    engine = engine_of(house)
    (hit,) = found(engine, asked(2, 2, nights=1), 5).hits
    assert [room.room_type_id for room in hit.rooms] == house.type_ids
    assert (hit.total.minor_units, hit.rooms_left) == (19_000, 1)
    (three,) = found(engine, asked(2, 2, 2, nights=1), 5).hits
    assert three.total.minor_units == 29_000
    assert names(found(engine, asked(2, 2, 2, 2, nights=1), 5)) == []


def test_when_nothing_fits_other_dates_split_stays_and_houses_near_by_are_offered() -> None:
    full = ModelHouse("Full", taken={0: [10]})
    split = ModelHouse("Two kinds", prices=(12_000, 11_000), rooms=(3, 3), adults=(2, 2), taken={0: [10], 1: [11]})
    near = ModelHouse("Near", city="Next town", latitude=48.1, prices=(9_000,))
    far = ModelHouse("Far", city="Far away", latitude=48.5)
    answer = found(engine_of(full, split, near, far), asked(with_alternatives=True), 5)
    assert answer.total_count == 0
    told = {(one.kind, one.hotel.name): one for one in answer.alternatives}
    assert set(told) == {(OTHER_DATES, "Full"), (OTHER_DATES, "Two kinds"), (SPLIT, "Two kinds"), (NEARBY, "Near")}
    assert (told[OTHER_DATES, "Full"].check_in, told[OTHER_DATES, "Full"].total.minor_units) == (
        (TODAY + 11 * DAY).isoformat(),
        20_000,
    )
    parts = told[SPLIT, "Two kinds"].parts
    assert [part.rooms[0].room_type_id for part in parts] == [split.type_ids[1], split.type_ids[0]]
    assert told[SPLIT, "Two kinds"].total.minor_units == 23_000
    assert told[NEARBY, "Near"].distance_meters == pytest.approx(11_120, abs=5)
    totals = [one.total.minor_units for one in answer.alternatives]
    assert totals == sorted(totals)


def test_alternatives_are_twelve_at_most_and_only_for_those_who_find_nothing() -> None:
    houses = [ModelHouse(f"Full {number}", taken={0: [10]}) for number in range(20)]
    near = [ModelHouse(f"Near {number}", city="Next town") for number in range(20)]
    engine = engine_of(*houses, *near)
    kinds = [one.kind for one in found(engine, asked(with_alternatives=True), 5).alternatives]
    assert len(kinds) == 12
    assert kinds.count(OTHER_DATES) >= 4
    assert kinds.count(NEARBY) >= 4
    assert not found(engine, asked(), 5).alternatives
    assert not found(engine, asked(start=20, with_alternatives=True), 5).alternatives


def test_a_split_stay_is_not_a_way_around_the_longest_stay() -> None:
    shortest = rate_pb2.NightRestrictions(max_stay=1)
    house = ModelHouse(restrictions=dict.fromkeys(range(30), shortest))
    kinds = {one.kind for one in found(engine_of(house), asked(with_alternatives=True), 5).alternatives}
    assert kinds == set()


def test_recommendations_name_the_cheapest_night_for_two_that_can_be_booked() -> None:
    couple = ModelHouse("For two", prices=(5_000, 8_000), rooms=(1, 1), adults=(1, 2), taken={1: range(3)})
    single = ModelHouse("For one", prices=(6_000,), adults=(1,), rating=(50, 480), latitude=48.02)
    closed = ModelHouse("Closed", latitude=48.01, taken={0: range(60)})
    outside = ModelHouse("Outside", latitude=49)
    engine = engine_of(couple, single, closed, outside)

    def recommended(by: search_pb2.RecommendBy.ValueType, **page: Any) -> search_pb2.RecommendHotelsResponse:
        request = search_pb2.RecommendHotelsRequest(latitude=48, longitude=2, by=by, **page)
        return engine.recommend(request, request.first or 20)

    by_price = recommended(search_pb2.RECOMMEND_BY_PRICE).hotels
    assert [found.hotel.name for found in by_price] == ["For one", "For two", "Closed"]
    assert [found.from_per_night.minor_units for found in by_price] == [6_000, 8_000, 0]
    assert not by_price[2].HasField("from_per_night")
    assert by_price[1].from_night == (TODAY + 3 * DAY).isoformat()
    by_distance = recommended(search_pb2.RECOMMEND_BY_DISTANCE).hotels
    assert [found.hotel.name for found in by_distance] == ["For two", "Closed", "For one"]
    assert by_distance[2].distance_meters == pytest.approx(2_224, abs=2)
    assert recommended(search_pb2.RECOMMEND_BY_RATING).hotels[0].hotel.name == "For one"
    first = recommended(search_pb2.RECOMMEND_BY_DISTANCE, first=2)
    rest = recommended(search_pb2.RECOMMEND_BY_DISTANCE, first=2, after=first.hotels[1].cursor)
    assert (first.has_next_page, rest.has_next_page) == (True, False)
    assert [found.hotel.name for found in rest.hotels] == ["For one"]
    with pytest.raises(InvalidInput):
        recommended(search_pb2.RECOMMEND_BY_PRICE, radius_meters=100_001)
