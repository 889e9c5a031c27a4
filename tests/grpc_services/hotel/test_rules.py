"""Prices night by night, against a slow and exact reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpc_services.hotel.charges import (
    MealPrices,
    OccupancyPrices,
    StayDiscount,
    Taxes,
    night_charge,
    room_charges,
    stay_discount,
)
from grpc_services.hotel.night_prices import Adjustment, derived_price, derived_prices, explained_price, plan_prices
from grpc_services.hotel.rules import EVERY_DAY, LARGEST_NIGHT, Guests, Occupancy, Stay, per_night

MONDAY = dt.date(2027, 3, 1)
DAY = dt.timedelta(days=1)
ALWAYS = (dt.date(2020, 1, 1), dt.date(2040, 1, 1))

_days = st.integers(-40, 80).map(lambda number: MONDAY + number * DAY)
_shares = st.integers(-9000, 20_000)
_adjustments = st.builds(
    lambda first, length, weekdays, share, kind: Adjustment(first, first + length * DAY, weekdays, share, kind),
    _days,
    st.integers(0, 60),
    st.integers(1, 127),
    _shares,
    st.sampled_from([None, None, 0, 1, 2]),
)


def exact(base: int, adjustments: Sequence[Adjustment], plan: int, night: dt.date) -> int:
    """As the rules say it: millionths after every step, one rounding at the end, and the largest price."""
    price = Fraction(base)
    for adjustment in adjustments:
        if adjustment.first_night <= night <= adjustment.last_night and adjustment.weekdays >> night.weekday() & 1:
            price = _millionths(price * (10_000 + adjustment.basis_points) / 10_000)
    return round(_millionths(price * (10_000 + plan) / 10_000))


def _millionths(price: Fraction) -> Fraction:
    return min(Fraction(price * 1_000_000 // 1, 1_000_000), Fraction(LARGEST_NIGHT))


@given(
    st.lists(st.integers(0, 100_000_000), min_size=1, max_size=3),
    st.lists(_adjustments, max_size=6),
    st.lists(_shares, min_size=1, max_size=3),
    _days,
    st.integers(1, 40),
)
def test_nightly_prices_are_those_of_exact_arithmetic(
    bases: list[int], adjustments: list[Adjustment], plans: list[int], first_night: dt.date, nights: int
) -> None:
    prices = plan_prices(bases, adjustments, plans, first_night, nights).tolist()
    assert prices == [
        [
            [
                exact(base, [a for a in adjustments if a.kind in (None, kind)], plan, first_night + number * DAY)
                for number in range(nights)
            ]
            for plan in plans
        ]
        for kind, base in enumerate(bases)
    ]


@given(st.integers(0, 100_000_000), st.lists(_adjustments, max_size=6), _shares, st.integers(0, 2), _days)
def test_a_night_explained_rule_by_rule_costs_what_it_costs_among_many(
    base: int, adjustments: list[Adjustment], plan: int, kind: int, night: dt.date
) -> None:
    moved, price = explained_price(base, adjustments, plan, kind, night)
    assert price == plan_prices([base] * 3, adjustments, [plan], night, 1)[kind, 0, 0]
    assert [rule for rule, _ in moved] == [rule for rule in adjustments if rule.matches(kind, night)]
    if moved and plan == 0:
        assert moved[-1][1] == price


@given(st.lists(st.integers(0, LARGEST_NIGHT), min_size=1), _shares)
def test_a_derived_plan_takes_its_share_of_each_rounded_night(prices: list[int], share: int) -> None:
    derived = [min(round(Fraction(price * (10_000 + share), 10_000)), LARGEST_NIGHT) for price in prices]
    assert derived_prices(np.array(prices), share).tolist() == derived
    assert [derived_price(price, share) for price in prices] == derived


def prices(base: int, *adjustments: Adjustment, plan: int = 0, nights: int = 7) -> list[int]:
    return [int(price) for price in plan_prices([base], adjustments, [plan], MONDAY, nights)[0, 0]]


def test_a_rule_for_weekdays_moves_those_nights_only() -> None:
    weekend = Adjustment(*ALWAYS, 0b0110000, 5000)
    assert prices(100, weekend) == [100, 100, 100, 100, 150, 150, 100]


def test_a_season_holds_on_its_first_and_last_night() -> None:
    season = Adjustment(MONDAY + 2 * DAY, MONDAY + 4 * DAY, EVERY_DAY, 1000)
    assert prices(100, season) == [100, 100, 110, 110, 110, 100, 100]


@pytest.mark.parametrize("shift", [-1, 7])
def test_a_season_that_ends_before_or_begins_after_the_stay_moves_nothing(shift: int) -> None:
    night = MONDAY + shift * DAY
    assert prices(100, Adjustment(night, night, EVERY_DAY, 5000)) == [100] * 7


def test_several_rules_and_the_plan_multiply() -> None:
    rules = [Adjustment(*ALWAYS, EVERY_DAY, 1000), Adjustment(*ALWAYS, EVERY_DAY, -5000)]
    assert prices(10_000, *rules, plan=2000, nights=1) == [6600]


@pytest.mark.parametrize(("base", "expected"), [(1, 0), (3, 2), (5, 2), (7, 4), (9, 4)])
def test_halves_round_to_even(base: int, expected: int) -> None:
    assert prices(base, plan=-5000, nights=1) == [expected]


def test_no_number_of_rules_makes_a_price_overflow() -> None:
    tripled = [Adjustment(*ALWAYS, EVERY_DAY, 20_000)] * 12
    assert prices(100_000_000, *tripled, plan=20_000, nights=1) == [LARGEST_NIGHT]


@pytest.mark.parametrize(
    ("adults", "ages", "fits"),
    [(2, (), True), (3, (), False), (2, (4,), True), (2, (4, 5), False), (1, (4, 5), True), (1, (1, 2, 3), False)],
)
def test_children_may_take_the_places_of_adults(adults: int, ages: tuple[int, ...], fits: bool) -> None:
    assert Occupancy(2, 1, 17).fits(Guests(adults, ages)) is fits


@pytest.mark.parametrize(
    ("adults", "ages", "fits"), [(2, (12,), True), (2, (13,), False), (1, (13, 12), True), (1, (13, 14), False)]
)
def test_who_is_older_than_a_rooms_children_takes_the_place_of_an_adult(
    adults: int, ages: tuple[int, ...], fits: bool
) -> None:
    assert Occupancy(2, 1, 12).fits(Guests(adults, ages)) is fits


def stay(nights: int) -> Stay:
    return Stay(MONDAY, MONDAY + nights * DAY)


def city_tax(exempt_below: int, guests: Guests, nights: int, *, amount: int = 250, most: int = 0) -> int:
    return room_charges(0, None, Taxes(0, amount, exempt_below, most), guests, stay(nights)).city_tax


def test_city_tax_is_paid_from_an_age_on_for_every_night() -> None:
    assert city_tax(18, Guests(2, (17, 3)), 3) == 1500
    assert city_tax(12, Guests(2, (17, 12, 11)), 3) == 3000
    assert city_tax(18, Guests(2, ()), 3, amount=0) == 0


def test_city_tax_is_due_for_the_first_nights_only_where_the_house_says_so() -> None:
    assert [city_tax(18, Guests(1, ()), nights, most=2) for nights in (1, 2, 3, 60)] == [250, 500, 500, 500]


def test_adults_beyond_or_below_the_included_ones_and_children_by_age_move_a_night() -> None:
    occupancy = OccupancyPrices(2, 1500, 700, ((2, 0), (11, 900)))
    guests = (Guests(2, ()), Guests(3, ()), Guests(1, ()), Guests(1, (1, 2, 3, 11, 12)), Guests(4, (5,)))
    assert [occupancy.surcharge(party) for party in guests] == [0, 1500, -700, 1100, 3900]
    assert MealPrices(1200, 500).supplement(Guests(2, (3, 16))) == 3400


def test_a_night_never_costs_less_than_nothing() -> None:
    assert [night_charge(1000, -3000, meals) for meals in (0, 2000, 2500)] == [0, 0, 500]


@pytest.mark.parametrize(("nights", "points"), [(2, None), (3, 500), (6, 500), (7, 1000), (60, 1000)])
def test_the_longest_discount_that_a_stay_reaches_holds(nights: int, points: int | None) -> None:
    reached = stay_discount([StayDiscount(3, 500), StayDiscount(7, 1000)], nights)
    assert (reached.basis_points if reached else None) == points


@given(st.integers(0, 10**9), st.integers(0, 10_000), st.integers(0, 5000), st.integers(1, 60))
def test_discount_and_vat_are_shares_rounded_half_to_even(total: int, off: int, vat: int, nights: int) -> None:
    room = room_charges(total, StayDiscount(1, off), Taxes(vat, 100, 0, 0), Guests(1, ()), stay(nights))
    assert room.discount == round(Fraction(total * off, 10_000))
    assert room.vat == round(Fraction((total - room.discount) * vat, 10_000))
    assert room.total == total - room.discount + room.vat + 100 * nights


@given(st.integers(0, 10**9), st.integers(1, 60))
def test_the_average_night_rounds_half_to_even(total: int, nights: int) -> None:
    assert per_night(total, nights) == round(Fraction(total, nights))
