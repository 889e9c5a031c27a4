"""Prices night by night, against a slow and exact reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpc_services.hotel.rules import (
    EVERY_DAY,
    LARGEST_NIGHT,
    Adjustment,
    Guests,
    Occupancy,
    city_tax,
    nightly_prices,
    per_night,
)

MONDAY = dt.date(2027, 3, 1)
DAY = dt.timedelta(days=1)
ALWAYS = (dt.date(2020, 1, 1), dt.date(2040, 1, 1))

_days = st.integers(-40, 80).map(lambda number: MONDAY + number * DAY)
_shares = st.integers(-9000, 20_000)
_adjustments = st.builds(
    lambda first, length, weekdays, share: Adjustment(first, first + length * DAY, weekdays, share),
    _days,
    st.integers(0, 60),
    st.integers(1, 127),
    _shares,
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
    st.integers(0, 100_000_000),
    st.lists(_adjustments, max_size=6),
    _shares,
    _days,
    st.integers(1, 40),
)
def test_nightly_prices_are_those_of_exact_arithmetic(
    base: int, adjustments: list[Adjustment], plan: int, first_night: dt.date, nights: int
) -> None:
    prices = nightly_prices(base, adjustments, plan, first_night, nights).tolist()
    assert prices == [exact(base, adjustments, plan, first_night + number * DAY) for number in range(nights)]


def prices(base: int, *adjustments: Adjustment, plan: int = 0, nights: int = 7) -> list[int]:
    return [int(price) for price in nightly_prices(base, adjustments, plan, MONDAY, nights)]


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
    assert Occupancy(2, 1).fits(Guests(adults, ages)) is fits


def test_city_tax_is_paid_from_an_age_on_for_every_night() -> None:
    assert city_tax(250, 18, Guests(2, (17, 3)), 3) == 1500
    assert city_tax(250, 12, Guests(2, (17, 12, 11)), 3) == 3000
    assert city_tax(0, 18, Guests(2, ()), 3) == 0


@given(st.integers(0, 10**9), st.integers(1, 60))
def test_the_average_night_rounds_half_to_even(total: int, nights: int) -> None:
    assert per_night(total, nights) == round(Fraction(total, nights))
