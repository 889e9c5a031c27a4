"""The read model by itself: houses come, change and go; days turn; one copy of every price."""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import pytest

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.search.v1 import search_pb2
from runtime.errors import InvalidInput
from tests.grpc_services.search.model_houses import (
    BOOKABLE,
    DAY,
    NOW,
    TODAY,
    ModelHouse,
    ModelPlan,
    asked,
    engine_of,
    found,
    names,
    put,
)


def test_a_house_that_sells_something_else_is_found_with_it_and_keeps_its_free_rooms() -> None:
    house = ModelHouse(rooms=(1,), taken={0: [10]})
    engine = engine_of(house, ModelHouse("Other", prices=(20_000,)))
    assert names(found(engine, asked(), 20)) == ["Other"]
    larger = ModelHouse(
        house.name,
        prices=(10_000, 5_000),
        rooms=(1, 9),
        adults=(2, 2),
        plans=(ModelPlan(), ModelPlan(extra=-100)),
        id=house.id,
        type_ids=[*house.type_ids, ModelHouse().type_ids[0]],
    )
    unknown = engine.index.put_houses([larger.entry(engine.index.first_night, engine.index.nights)])
    assert unknown == {larger.type_ids[1]}
    assert names(found(engine, asked(), 20)) == ["Other"]
    engine.index.put_availability(larger.availability()[1:])
    (hit, _) = found(engine, asked(), 20).hits
    assert (hit.room_type_id, hit.total.minor_units) == (larger.type_ids[1], 9_800)
    assert engine.index.room_types == 3


def test_a_house_that_is_no_longer_published_is_gone_with_its_city() -> None:
    house, other = ModelHouse(), ModelHouse("Far away", city="Elsewhere")
    engine = engine_of(house, other)
    engine.index.remove_house(house.id)
    engine.index.remove_house("unknown")
    with pytest.raises(InvalidInput):
        found(engine, asked(), 20)
    assert names(found(engine, asked(city="Elsewhere"), 20)) == ["Far away"]
    assert engine.suggest("port", 5) == []
    assert (engine.index.hotels, engine.index.room_types) == (1, 1)
    put(engine.index, house)
    assert names(found(engine, asked(), 20)) == [house.name]


def test_putting_in_order_changes_no_answer() -> None:
    draw = random.Random(3)
    houses = [
        ModelHouse(
            f"House {number}",
            city=f"City {draw.randrange(5)}",
            prices=[draw.randrange(5_000, 20_000) for _ in range(2)],
            rooms=(1, 2),
            adults=(1, 3),
            taken={0: [draw.randrange(20) for _ in range(5)]},
            restrictions={draw.randrange(20): rate_pb2.NightRestrictions(min_stay=draw.randrange(1, 4))},
        )
        for number in range(60)
    ]
    engine = engine_of(*houses)
    for house in houses[::7]:
        engine.index.remove_house(house.id)
    questions = [asked(draw.randrange(1, 4), start=draw.randrange(20), city=f"City {city}") for city in range(5)] * 3
    before = [[(hit.hotel.id, hit.total) for hit in found(engine, question, 100).hits] for question in questions]
    assert engine.index.wants_order()
    engine.index.put_in_order()
    assert not engine.index.wants_order()
    after = [[(hit.hotel.id, hit.total) for hit in found(engine, question, 100).hits] for question in questions]
    assert after == before
    assert any(before)
    assert {len(night) for night in engine.index.price} == {engine.index.products.used}


def test_a_new_day_drops_the_first_night_and_brings_only_the_last() -> None:
    now = [NOW]
    house = ModelHouse(restrictions={12: rate_pb2.NightRestrictions(closed=True)}, taken={0: [14]})
    engine = engine_of(house)
    engine._clock = lambda: now[0]
    index = engine.index
    far = asked(start=BOOKABLE - 1, nights=2)
    with pytest.raises(InvalidInput, match="days ahead"):
        found(engine, far, 5)
    now[0] += DAY
    end = index.end_night
    last = index.turn_day()
    assert (index.first_night, index.end_night) == (TODAY, end + DAY)
    dearer = ModelHouse(house.name, prices=(77_700,), id=house.id, type_ids=house.type_ids, plan_ids=house.plan_ids)
    index.put_night([dearer.entry(end, 1)], last)
    index.put_availability(house.availability(), last)
    assert [night.tolist()[0] for night in index.price] == [10_000] * last + [77_700]
    assert names(found(engine, far, 5)) == [house.name]
    assert names(found(engine, asked(start=11, nights=2), 5)) == []
    assert names(found(engine, asked(start=13, nights=2), 5)) == []
    assert names(found(engine, asked(start=15, nights=2), 5)) == [house.name]


def test_dates_are_judged_by_the_day_at_the_hotel() -> None:
    evening = dt.datetime(2027, 3, 10, 23, 30, tzinfo=dt.UTC)  # already the 11th in Paris, still the 10th in Lisbon
    engine = engine_of(
        ModelHouse("Paris", city="Both"), ModelHouse("Lisbon", city="Both", time_zone="Europe/Lisbon"), now=evening
    )
    assert names(found(engine, asked(start=0, nights=1, city="Both"), 5)) == ["Lisbon"]
    assert sorted(names(found(engine, asked(start=1, nights=1, city="Both"), 5))) == ["Lisbon", "Paris"]
    last = {"start": BOOKABLE - 1, "nights": 2, "city": "Both"}
    assert names(found(engine, asked(**last), 5)) == ["Paris"]  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refusal:
        found(engine, asked(start=-1, nights=1, city="Both"), 5)
    assert refusal.value.path == ("checkIn",)


def test_nothing_is_free_while_a_calendar_is_stale() -> None:
    assert names(found(engine_of(ModelHouse(stale=True)), asked(), 5)) == []


def test_restrictions_are_kept_once_however_many_nights_have_them() -> None:
    closed = rate_pb2.NightRestrictions(closed=True)
    engine = engine_of(*(ModelHouse(restrictions=dict.fromkeys(range(5, 15), closed)) for _ in range(20)))
    assert len(engine.index.restriction_table) == 2
    assert sum(night is not None for night in engine.index.restricted) == 10
    assert all(night.dtype == np.uint16 for night in engine.index.restricted if night is not None)


def test_more_kinds_of_restrictions_than_16_bits_can_number_are_told_apart() -> None:
    engine = engine_of(ModelHouse())
    table, plan = engine.index.restriction_table, hotel_pb2.RatePlan()
    for least in range(1, 260):
        for most in range(1, 260):
            table.number_of(rate_pb2.NightRestrictions(min_stay=least, max_stay=most), plan)
    put(engine.index, ModelHouse("Closed", restrictions={10: rate_pb2.NightRestrictions(closed=True)}))
    assert len(table) > 65_536
    assert names(found(engine, asked(), 5)) == ["Hôtel du Port"]
    engine.index.put_in_order()
    assert len(engine.index.restriction_table) == 2
    assert names(found(engine, asked(), 5)) == ["Hôtel du Port"]


def test_a_search_with_nothing_at_the_place_finds_nothing() -> None:
    box = search_pb2.Place(box=search_pb2.BoundingBox(south=1, west=1, north=2, east=2))
    answer = found(engine_of(ModelHouse()), asked(place=box, with_facets=True, with_alternatives=True), 5)
    assert (answer.total_count, list(answer.hits), list(answer.facets.stars)) == (0, [], [])
