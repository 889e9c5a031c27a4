"""What an imported house begins to sell: made up from its stars and size, the same on every machine, for its
hotelier to correct. Prices are in euro cents."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grpc_services.hotel.rules import BOOKABLE_NIGHTS, EVERY_DAY

CURRENCY = "EUR"
Row = dict[str, Any]

_PRICE_BY_STARS = {0: 8000, 1: 7000, 2: 9500, 3: 14500, 4: 23000, 5: 52000}
_CITY_TAX_BY_STARS = {0: 520, 1: 260, 2: 325, 3: 520, 4: 845, 5: 1170}
_BREAKFAST_BY_STARS = {0: 900, 1: 900, 2: 1100, 3: 1500, 4: 2200, 5: 3800}
_ADULT_FROM = 18
_FRENCH_VAT_BASIS_POINTS = 1000
_AMENITIES = ("WIFI", "LIFT", "AIR_CONDITIONING", "BAR", "RESTAURANT", "FITNESS", "SPA")
_FRIDAY_AND_SATURDAY = 0b0110000


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    share: float
    price: float
    size: int
    max_adults: int
    max_children: int
    beds: tuple[Row, ...]
    amenities: tuple[str, ...]


_KINDS = (
    _Kind("Classic double", 0.5, 1.0, 16, 2, 0, ({"kind": "DOUBLE", "count": 1},), ("WIFI", "DESK")),
    _Kind("Superior double", 0.35, 1.28, 21, 2, 1, ({"kind": "QUEEN", "count": 1},), ("WIFI", "DESK", "SAFE")),
    _Kind(
        "Family room",
        0.15,
        1.75,
        30,
        3,
        2,
        ({"kind": "QUEEN", "count": 1}, {"kind": "SOFA", "count": 1}),
        ("WIFI", "SAFE", "BATHTUB"),
    ),
)


def house_facts(stars: int) -> Row:
    """Columns of a house that follow from its stars."""
    return {
        "amenities": list(_AMENITIES[: max(1, 2 * stars - 3)]),
        "check_in_time": dt.time(15),
        "check_out_time": dt.time(11),
        "vat_basis_points": _FRENCH_VAT_BASIS_POINTS,
        "vat_included": True,
        "city_tax_minor_units": _CITY_TAX_BY_STARS[stars],
        "city_tax_exempt_below_age": _ADULT_FROM,
    }


def room_types(hotel_id: uuid.UUID, stars: int, number_of_rooms: int) -> list[Row]:
    """All rooms of the house, split among the kinds; a house with fewer rooms than kinds has fewer kinds."""
    kinds = _KINDS[:number_of_rooms]
    rows: list[Row] = []
    left = number_of_rooms
    for position, kind in enumerate(kinds):
        kinds_after = len(kinds) - position - 1
        count = left if not kinds_after else max(1, min(round(number_of_rooms * kind.share), left - kinds_after))
        left -= count
        base = _base_price(hotel_id, stars, kind)
        rows.append(
            {
                "id": uuid.uuid5(hotel_id, kind.name),
                "hotel_id": hotel_id,
                "position": position,
                "name": kind.name,
                "max_adults": kind.max_adults,
                "max_children": kind.max_children,
                "number_of_rooms": count,
                "beds": list(kind.beds),
                "amenities": list(kind.amenities),
                "size_square_meters": kind.size + 2 * stars,
                "base_price_minor_units": base,
                "included_adults": min(kind.max_adults, 2),
                "extra_adult_minor_units": _whole_euros(base * 0.2),
                "fewer_adult_discount_minor_units": _whole_euros(base * 0.08),
                "child_prices": [
                    {"to_age": 3, "minor_units": 0},
                    {"to_age": 17, "minor_units": _whole_euros(base * 0.1)},
                ],
            }
        )
    return rows


def rate_plans(hotel_id: uuid.UUID, stars: int) -> list[Row]:
    """A flexible plan, a cheaper one without cancellation derived from it, and one with breakfast paid at the
    hotel."""
    flexible = uuid.uuid5(hotel_id, "Flexible, prepaid")
    breakfast = _BREAKFAST_BY_STARS[stars]
    plans: tuple[Row, ...] = (
        {
            "name": "Flexible, prepaid",
            "meal_plan": "ROOM_ONLY",
            "payment_timing": "PREPAID",
            "cancellation_tiers": [_tier(48, 0), _tier(24, 50), _tier(0, 100)],
            "adjustment_basis_points": 0,
            "stay_discounts": [{"min_nights": 7, "basis_points": 1000}],
        },
        {
            "name": "Saver, prepaid",
            "meal_plan": "ROOM_ONLY",
            "payment_timing": "PREPAID",
            "cancellation_tiers": [_tier(0, 100)],
            "derived_from_id": flexible,
            "adjustment_basis_points": -1000,
        },
        {
            "name": "Flexible with breakfast, pay at the hotel",
            "meal_plan": "BED_AND_BREAKFAST",
            "payment_timing": "AT_HOTEL",
            "cancellation_tiers": [_tier(24, 0), _tier(0, 0, nights=1)],
            "derived_from_id": flexible,
            "adjustment_basis_points": 300,
            "adult_supplement_minor_units": breakfast,
            "child_supplement_minor_units": breakfast // 2,
        },
    )
    return [
        {"id": uuid.uuid5(hotel_id, plan["name"]), "hotel_id": hotel_id, "position": position, **plan}
        for position, plan in enumerate(plans)
    ]


def extras(hotel_id: uuid.UUID, stars: int) -> list[Row]:
    """Breakfast, parking and a late check-out."""
    sold = (
        ("Breakfast", "From the buffet, for everybody in the room.", "PERSON_NIGHT", _BREAKFAST_BY_STARS[stars], 1),
        ("Parking", "A place in the garage.", "NIGHT", 1500 + 500 * stars, 2),
        ("Late check-out", "The room is yours until 15:00.", "STAY", 2000 + 1000 * stars, 1),
    )
    return [
        {
            "id": uuid.uuid5(hotel_id, name),
            "name": name,
            "description": description,
            "charge_unit": unit,
            "price_minor_units": price,
            "max_quantity": most,
        }
        for name, description, unit, price, most in sold
    ]


def price_rules(hotel_id: uuid.UUID, today: dt.date) -> list[Row]:
    """Weekends and seasons over the bookable nights."""
    return [
        {
            "id": uuid.uuid5(hotel_id, f"{name} {first_night}"),
            "hotel_id": hotel_id,
            "room_type_id": None,
            "position": position,
            "name": name,
            "first_night": first_night,
            "last_night": last_night,
            "weekdays": weekdays,
            "adjustment_basis_points": basis_points,
        }
        for position, (name, first_night, last_night, weekdays, basis_points) in enumerate(_seasons(today))
    ]


def _seasons(today: dt.date) -> Iterator[tuple[str, dt.date, dt.date, int, int]]:
    """(name, first night, last night, weekdays, basis points)"""
    last = today + dt.timedelta(days=BOOKABLE_NIGHTS)
    yield "Weekend", today, last, _FRIDAY_AND_SATURDAY, 1200
    for year in range(today.year, last.year + 1):
        yield "Winter", dt.date(year, 1, 7), dt.date(year, 2, 28), EVERY_DAY, -1500
        yield "Spring and early summer", dt.date(year, 5, 1), dt.date(year, 7, 14), EVERY_DAY, 1500
        yield "September and October", dt.date(year, 9, 1), dt.date(year, 10, 15), EVERY_DAY, 1200
        yield "New Year", dt.date(year, 12, 29), dt.date(year + 1, 1, 1), EVERY_DAY, 4000


def _tier(hours: int, percent: int, *, nights: int = 0) -> Row:
    return {"hours_before_check_in": hours, "penalty_percent": percent, "penalty_nights": nights}


def _base_price(hotel_id: uuid.UUID, stars: int, kind: _Kind) -> int:
    """In whole euros, between 80 % and 130 % of what such stars cost."""
    draw = hashlib.sha256(hotel_id.bytes).digest()[0] / 255
    return _whole_euros(_PRICE_BY_STARS[stars] * kind.price * (0.8 + 0.5 * draw))


def _whole_euros(cents: float) -> int:
    return round(cents / 100) * 100
