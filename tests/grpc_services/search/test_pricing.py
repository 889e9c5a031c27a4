"""Prices by the thousand come out to the minor unit as they do one by one."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.filtering import per_night
from grpc_services.search.pricing import take_off
from grpc_services.search.selection import Discounts
from runtime.shares import share_of
from tests.grpc_services.search.model_houses import ModelHouse, ModelPlan, asked, engine_of, found, names, put

DEAREST_NIGHT = 300_000_000
DEAREST_STAY = 60 * DEAREST_NIGHT


@given(st.lists(st.tuples(st.integers(0, DEAREST_STAY), st.integers(1, 10_000)), min_size=1, max_size=50))
def test_discounts_are_rounded_as_the_platform_rounds(charged: list[tuple[int, int]]) -> None:
    amounts = np.array([7, *(amount for amount, _ in charged)], dtype=np.int64)
    shares = np.array([share for _, share in charged], dtype=np.float64)
    take_off(amounts, Discounts(np.arange(1, len(amounts)), shares))
    assert amounts.tolist() == [7, *(amount - share_of(amount, share) for amount, share in charged)]


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_a_discount_that_ends_in_the_middle_goes_to_the_even_amount(kind: type[np.signedinteger]) -> None:
    amounts = np.array([50, 150, 250, 10_050], dtype=kind)
    take_off(amounts, Discounts(np.arange(4), np.full(4, 100.0)))
    assert amounts.tolist() == [50 - 0, 150 - 2, 250 - 2, 10_050 - 100]


@given(st.lists(st.integers(0, 9 * DEAREST_STAY), min_size=1, max_size=50), st.integers(1, 60))
def test_the_average_night_is_rounded_half_to_even(totals: list[int], nights: int) -> None:
    exactly = [round(Fraction(total, nights)) for total in totals]
    assert per_night(np.array(totals, dtype=np.int64), nights).tolist() == exactly


@pytest.mark.parametrize("price", [10_000, DEAREST_NIGHT])
def test_prices_of_any_size_are_added_up_exactly(price: int) -> None:
    house = ModelHouse(prices=(price, price - 1), rooms=(5, 5), adults=(2, 2), plans=[ModelPlan(), ModelPlan(extra=-2)])
    (hit,) = found(engine_of(house, ModelHouse(prices=(DEAREST_NIGHT,))), asked(2, nights=7), 5).hits[:1]
    assert (hit.total.minor_units, hit.per_night.minor_units) == (7 * (price - 3), price - 3)
    assert (hit.room_type_id, hit.rate_plan_id) == (house.type_ids[1], house.plan_ids[1])


def test_a_hit_tells_all_that_the_contract_has() -> None:
    dear = ModelHouse("Dear", prices=(30_000,), latitude=48.001, currency="CHF")
    house = ModelHouse(prices=(10_001, 12_000), rooms=(1, 3), adults=(2, 2), stars=5)
    around = search_pb2.Place(around=search_pb2.Around(latitude=48.0, longitude=2.0, radius_meters=5_000))
    answer = found(engine_of(dear, house), asked(1, 2, nights=3, place=around), 1)
    (hit,) = answer.hits
    assert hit.cursor
    hit.ClearField("cursor")
    message = house.entry(engine_of().index.first_night, 1).hotel
    kinds, plan = house.type_ids, house.plan_ids[0]
    totals = [30_003, 36_000]
    assert hit == search_pb2.HotelHit(
        hotel=message,
        room_type_id=kinds[0],
        rate_plan_id=plan,
        total=money_pb2.Money(minor_units=sum(totals), currency="EUR"),
        per_night=money_pb2.Money(minor_units=sum(totals) // 3, currency="EUR"),
        rooms_left=1,
        distance_meters=0,
        rooms=[
            search_pb2.OfferedRoom(
                room_type_id=kind, rate_plan_id=plan, total=money_pb2.Money(minor_units=total, currency="EUR")
            )
            for kind, total in zip(kinds, totals, strict=True)
        ],
    )
    assert hit.HasField("distance_meters")
    assert (answer.total_count, answer.has_next_page) == (2, True)


def test_parties_that_are_alike_get_the_cheapest_rooms_that_are_left() -> None:
    draw = random.Random(4)
    houses = [
        ModelHouse(
            f"House {number}",
            prices=[draw.randrange(5_000, 9_000) for _ in range(3)],
            rooms=[draw.randrange(4) for _ in range(3)],
            adults=(2, 2, 2),
        )
        for number in range(60)
    ]
    engine = engine_of(*houses)
    for parties in (2, 3, 5):
        answer = found(engine, asked(*[2] * parties), 100)
        expected = {}
        for house in houses:
            one_by_one = sorted(
                price for price, rooms in zip(house.prices, house.rooms, strict=True) for _ in range(rooms)
            )
            if len(one_by_one) >= parties:
                expected[house.id] = [2 * price for price in one_by_one[:parties]]
        assert {hit.hotel.id: [room.total.minor_units for room in hit.rooms] for hit in answer.hits} == expected
        assert 0 < len(expected) < 60 or parties == 2


def test_restrictions_refuse_however_many_kinds_of_them_there_are() -> None:
    """A few are looked for one by one, many are looked up."""
    for kinds in (3, 30):
        closed = [
            ModelHouse(f"Closed {number}", restrictions={10: rate_pb2.NightRestrictions(closed=True, min_stay=number)})
            for number in range(kinds)
        ]
        longer = [
            ModelHouse(f"Longer {number}", restrictions={10: rate_pb2.NightRestrictions(min_stay=3, max_stay=number)})
            for number in range(3, 3 + kinds)
        ]
        engine = engine_of(*closed, *longer, ModelHouse("Open"))
        assert names(found(engine, asked(nights=2), 100)) == ["Open"]
        assert len(names(found(engine, asked(nights=3), 100))) == 1 + kinds
        assert len(names(found(engine, asked(start=11), 100))) == 1 + 2 * kinds


def test_fewer_adults_make_a_night_cheaper_but_never_less_than_nothing() -> None:
    house = ModelHouse(prices=(10_000,), adults=(3,))
    engine = engine_of(house)
    index = engine.index
    entry = house.entry(index.first_night, index.nights)
    entry.hotel.room_types[0].occupancy_pricing.CopyFrom(
        type(entry.hotel.room_types[0].occupancy_pricing)(included_adults=3, fewer_adult_discount_minor_units=4_000)
    )
    prices = np.full(index.nights, 10_000, dtype="<i4")
    prices[(11 + 1) :: 2] = 5_000  # from the second night of the stay on, every other one
    entry.products[0].nightly_prices = prices.tobytes()
    index.put_houses([entry])
    (alone,) = found(engine, asked(1, nights=3), 5).hits
    assert alone.total.minor_units == (10_000 - 8_000) + 0 + (10_000 - 8_000)
    (pair,) = found(engine, asked(2, nights=3), 5).hits
    assert pair.total.minor_units == (10_000 - 4_000) + (5_000 - 4_000) + (10_000 - 4_000)


def test_room_types_that_can_be_sold_are_counted_as_they_come_and_go() -> None:
    house, other = ModelHouse(prices=(1, 2), rooms=(1, 1), adults=(1, 1)), ModelHouse()
    index = engine_of(house).index
    assert (index.sellable_room_types, index.room_types) == (2, 2)
    index.put_houses([other.entry(index.first_night, index.nights)])
    assert (index.sellable_room_types, index.room_types) == (2, 3)
    put(index, other)
    assert index.sellable_room_types == 3
    index.remove_house(house.id)
    assert (index.sellable_room_types, index.room_types) == (1, 1)
