"""The lines of a stay's price and the steps that explain them: exact sums, whatever the house charges for."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.night_rates import FIELDS, UNSET
from grpc_services.hotel.pricing import StayPricing
from grpc_services.hotel.queries import House
from grpc_services.hotel.rate_grid import rate_grid
from grpc_services.hotel.rate_queries import Product
from grpc_services.hotel.rules import EVERY_DAY, Guests, Stay
from runtime.shares import share_of

MONDAY = dt.date(2027, 3, 1)
DAY = dt.timedelta(days=1)
KIND, OWN, DERIVED = (uuid.UUID(int=number) for number in (1, 2, 3))

_small = st.integers(0, 5000)
_shares = st.integers(-9000, 20_000)


def hotel(**changes: Any) -> dict[str, Any]:
    row = {
        "id": uuid.UUID(int=9),
        "owner_id": uuid.UUID(int=8),
        "name": "House",
        "time_zone": "Asia/Tokyo",
        "currency": "JPY",
        "check_in_time": dt.time(15),
        "check_out_time": dt.time(11),
        "street": "1-1 Marunouchi",
        "postal_code": "100-0005",
        "city": "Tokyo",
        "country": "JP",
        "vat_basis_points": 1000,
        "vat_included": True,
        "city_tax_minor_units": 0,
        "city_tax_exempt_below_age": 12,
        "city_tax_max_nights": 0,
    }
    return {**row, **changes}


def room_type(**changes: Any) -> dict[str, Any]:
    row = {
        "id": KIND,
        "name": "Tatami",
        "archived": False,
        "base_price_minor_units": 10_001,
        "max_adults": 4,
        "max_children": 4,
        "oldest_child_age": 14,
        "included_adults": 2,
        "extra_adult_minor_units": 1500,
        "fewer_adult_discount_minor_units": 700,
        "child_prices": [{"to_age": 2, "minor_units": 0}, {"to_age": 11, "minor_units": 900}],
    }
    return {**row, **changes}


def rate_plan(identifier: uuid.UUID = OWN, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": identifier,
        "name": "Own" if identifier == OWN else "Member",
        "archived": False,
        "payment_timing": "PREPAID",
        "cancellation_tiers": [],
        "derived_from_id": None if identifier == OWN else OWN,
        "adjustment_basis_points": 0,
        "adult_supplement_minor_units": 0,
        "child_supplement_minor_units": 0,
        "stay_discounts": [],
        "min_advance_days": None,
        "max_advance_days": None,
    }
    return {**row, **changes}


def price_rule(number: int, share: int, weekdays: int = EVERY_DAY) -> dict[str, Any]:
    return {
        "id": uuid.UUID(int=100 + number),
        "room_type_id": None,
        "name": f"Rule {number}",
        "first_night": MONDAY,
        "last_night": MONDAY + 100 * DAY,
        "weekdays": weekdays,
        "adjustment_basis_points": share,
    }


def extra(number: int, unit: str, price: int) -> dict[str, Any]:
    return {
        "id": uuid.UUID(int=200 + number),
        "name": f"Extra {number}",
        "charge_unit": unit,
        "price_minor_units": price,
        "max_quantity": 5,
    }


def night_price(plan: uuid.UUID, offset: int, price: int) -> Product:
    """As rate_queries.packed_rates gives a night on which nothing but the price was written."""
    return KIND, plan, struct.pack(f">{1 + len(FIELDS)}i", offset, price, *[UNSET] * (len(FIELDS) - 1))


def pricing(house: House, nights: int, *products: Product) -> StayPricing:
    stay = Stay(MONDAY, MONDAY + nights * DAY)
    return StayPricing(house, rate_grid(house, products, MONDAY, nights + 1), stay, MONDAY)


def asked(plan: uuid.UUID, adults: int, ages: list[int], *quantities: int) -> rate_pb2.RoomRequest:
    """With so many of each extra."""
    return rate_pb2.RoomRequest(
        room_type_id=str(KIND),
        rate_plan_id=str(plan),
        adults=adults,
        children_ages=ages,
        extras=[
            rate_pb2.ChosenExtra(extra_id=str(uuid.UUID(int=200 + number)), quantity=quantity)
            for number, quantity in enumerate(quantities)
        ],
    )


def amounts(room: rate_pb2.PricedRoom) -> list[tuple[str, int]]:
    return [
        (rate_pb2.PriceLineKind.Name(line.kind).removeprefix("PRICE_LINE_KIND_"), line.amount.minor_units)
        for line in room.lines
    ]


def steps(line: rate_pb2.PriceLine) -> list[tuple[str, str, int, int]]:
    """Kind, name, basis points and the amount after each."""
    return [
        (
            rate_pb2.PriceStepKind.Name(step.kind).removeprefix("PRICE_STEP_KIND_"),
            step.name,
            step.basis_points,
            step.after.minor_units,
        )
        for step in line.steps
    ]


@settings(max_examples=60)
@given(
    shares=st.tuples(_shares, _shares),
    rules=st.lists(st.tuples(_shares, st.integers(1, 127)), max_size=4),
    base=st.integers(0, 100_000),
    written=st.dictionaries(st.tuples(st.sampled_from([OWN, DERIVED]), st.integers(0, 6)), _small, max_size=3),
    occupancy=st.tuples(_small, st.integers(0, 30_000), st.lists(_small, min_size=1, max_size=3)),
    meals=st.tuples(_small, _small),
    discounts=st.lists(st.tuples(st.integers(2, 9), st.integers(1, 9000)), max_size=2, unique_by=lambda pair: pair[0]),
    taxes=st.tuples(st.booleans(), st.integers(0, 5000), _small, st.integers(0, 3)),
    party=st.tuples(st.integers(1, 3), st.lists(st.integers(0, 17), max_size=1)),
    nights=st.integers(1, 7),
    extras=st.lists(
        st.tuples(st.sampled_from(["STAY", "NIGHT", "PERSON", "PERSON_NIGHT"]), _small, st.integers(1, 5)), max_size=3
    ),
)
def test_lines_sum_to_the_total_and_steps_end_in_their_line(
    shares: tuple[int, int],
    rules: list[tuple[int, int]],
    base: int,
    written: dict[tuple[uuid.UUID, int], int],
    occupancy: tuple[int, int, list[int]],
    meals: tuple[int, int],
    discounts: list[tuple[int, int]],
    taxes: tuple[bool, int, int, int],
    party: tuple[int, list[int]],
    nights: int,
    extras: list[tuple[str, int, int]],
) -> None:
    surcharge, fewer, bands = occupancy
    sold = {
        "adult_supplement_minor_units": meals[0],
        "child_supplement_minor_units": meals[1],
        "stay_discounts": [{"min_nights": least, "basis_points": off} for least, off in sorted(discounts)],
    }
    house = House(
        hotel(
            vat_included=taxes[0],
            vat_basis_points=taxes[1],
            city_tax_minor_units=taxes[2],
            city_tax_max_nights=taxes[3],
        ),
        [
            room_type(
                base_price_minor_units=base,
                extra_adult_minor_units=surcharge,
                fewer_adult_discount_minor_units=fewer,
                child_prices=[{"to_age": 5 * age, "minor_units": price} for age, price in enumerate(bands)],
            )
        ],
        [
            rate_plan(OWN, adjustment_basis_points=shares[0], **sold),
            rate_plan(DERIVED, adjustment_basis_points=shares[1], **sold),
        ],
        [price_rule(number, share, weekdays) for number, (share, weekdays) in enumerate(rules)],
        [extra(number, unit, price) for number, (unit, price, _) in enumerate(extras)],
    )
    products = [night_price(plan, night, price) for (plan, night), price in written.items() if night < nights]
    whole = pricing(house, nights, *products)
    adults, ages = party
    persons = adults + len(ages)
    times = {"STAY": 1, "NIGHT": nights, "PERSON": persons, "PERSON_NIGHT": persons * nights}
    added = sum(price * quantity * times[unit] for unit, price, quantity in extras)
    quantities = [quantity for _, _, quantity in extras]
    rooms = [whole.room(asked(plan, adults, ages, *quantities), path=()) for plan in (OWN, DERIVED)]
    plain = [whole.room(asked(plan, adults, ages), path=()) for plan in (OWN, DERIVED)]
    for room in rooms:
        assert room.total.minor_units == sum(amount for _, amount in amounts(room)) >= 0
        assert all(line.steps[-1].after == line.amount for line in room.lines)
        charged = sum(amount for kind, amount in amounts(room) if kind == "NIGHT")
        off = max((pair for pair in discounts if pair[0] <= nights), default=(0, 0))[1]
        taxed = (adults + sum(age >= 12 for age in ages)) * min(nights, taxes[3] or nights) * taxes[2]
        assert sum(amount for kind, amount in amounts(room) if kind == "EXTRA") == added
        vat = 0 if taxes[0] else share_of(charged - share_of(charged, off) + added, taxes[1])
        assert room.total.minor_units == charged - share_of(charged, off) + added + vat + taxed
    offers = {offer.rate_plan_id: offer.total for offer in whole.offers([Guests(adults, tuple(ages))])}
    assert offers == {room.request.rate_plan_id: room.total for room in plain}
    assert whole.whole(rooms).total.minor_units == sum(room.total.minor_units for room in rooms)


def test_every_kind_of_line_and_step_tells_its_rule_its_share_and_the_amount_after_it() -> None:
    house = House(
        hotel(vat_included=False, vat_basis_points=1000, city_tax_minor_units=200, city_tax_max_nights=2),
        [room_type(base_price_minor_units=10_000)],
        [
            rate_plan(OWN, adjustment_basis_points=-1000),
            rate_plan(
                DERIVED,
                adjustment_basis_points=500,
                adult_supplement_minor_units=1000,
                child_supplement_minor_units=400,
                stay_discounts=[
                    {"min_nights": 2, "basis_points": 100},
                    {"min_nights": 3, "basis_points": 1000},
                ],
            ),
        ],
        [price_rule(1, 2000), price_rule(2, -5000, 0b10)],
    )
    whole = pricing(house, 3, night_price(OWN, 2, 8000))
    room = whole.room(asked(DERIVED, 2, [13, 5]), path=())
    monday, tuesday, wednesday, discount, vat, tax = room.lines
    assert amounts(room) == [
        ("NIGHT", 15_040),
        ("NIGHT", 9370),
        ("NIGHT", 12_100),
        ("STAY_DISCOUNT", -3651),
        ("VAT", 3286),
        ("CITY_TAX", 1200),
    ]
    assert steps(monday) == [
        ("BASE_PRICE", "Tatami", 0, 10_000),
        ("PRICE_RULE", "Rule 1", 2000, 12_000),
        ("RATE_PLAN", "Own", -1000, 10_800),
        ("RATE_PLAN", "Member", 500, 11_340),
        ("OCCUPANCY", "2 adults, 2 children", 0, 12_240),
        ("MEALS", "2 adults, 2 children", 0, 15_040),
    ]
    assert [step.source_id for step in monday.steps][:3] == [str(KIND), str(uuid.UUID(int=101)), str(OWN)]
    assert ("PRICE_RULE", "Rule 2", -5000, 6000) in steps(tuesday)
    assert steps(wednesday)[:2] == [("NIGHT_PRICE", "Own", 0, 8000), ("RATE_PLAN", "Member", 500, 8400)]
    assert steps(discount) == [("STAY_DISCOUNT", "3 nights or more", -1000, -3651)]
    assert steps(vat) == [("VAT", "VAT", 1000, 3286)]
    assert steps(tax) == [("CITY_TAX", "3 guests, 2 nights", 0, 1200)]
