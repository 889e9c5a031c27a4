"""The demo houses: the real hotels of Paris, with made-up room types, rate plans and prices.

What is made up depends only on the house, so every machine shows the same. New room types are announced by
event like any others, and become sellable when booking has taken them in.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.events.v1 import events_pb2
from grpc_services.hotel import messages, queries
from grpc_services.hotel.models import outbox as outbox_rows
from grpc_services.hotel.rules import BOOKABLE_NIGHTS, EVERY_DAY
from runtime.database import Database
from runtime.event_bus import HOTEL_TOPIC
from runtime.outbox import Outbox
from runtime.request_context import begin_request
from stack.demo_names import readable_name

PARIS = Path(__file__).parent / "data" / "paris-hotels.csv.gz"
HOUSES_OF_THE_DEMO_HOTELIER = 12

_NAMES = uuid.UUID("6f0f4f9e-4f1b-5a52-9d7e-8f6d3c1a2b4c")
UNCLAIMED = uuid.uuid5(_NAMES, "houses that nobody has claimed")
_BATCH = 100

_PRICE_BY_STARS = {0: 8000, 1: 7000, 2: 9500, 3: 14500, 4: 23000, 5: 52000}
_CITY_TAX_BY_STARS = {0: 520, 1: 260, 2: 325, 3: 520, 4: 845, 5: 1170}
_ADULT_FROM = 18
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
    beds: tuple[dict[str, Any], ...]
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
_PLANS: tuple[dict[str, Any], ...] = (
    {
        "name": "Saver, prepaid",
        "meal_plan": "ROOM_ONLY",
        "payment_timing": "PREPAID",
        "cancellation_tiers": [{"hours_before_check_in": 0, "penalty_percent": 100}],
        "adjustment_basis_points": -1000,
    },
    {
        "name": "Flexible, prepaid",
        "meal_plan": "ROOM_ONLY",
        "payment_timing": "PREPAID",
        "cancellation_tiers": [
            {"hours_before_check_in": 48, "penalty_percent": 0},
            {"hours_before_check_in": 24, "penalty_percent": 50},
            {"hours_before_check_in": 0, "penalty_percent": 100},
        ],
        "adjustment_basis_points": 0,
    },
    {
        "name": "Flexible with breakfast, pay at the hotel",
        "meal_plan": "BED_AND_BREAKFAST",
        "payment_timing": "AT_HOTEL",
        "cancellation_tiers": [
            {"hours_before_check_in": 24, "penalty_percent": 0},
            {"hours_before_check_in": 0, "penalty_percent": 100},
        ],
        "adjustment_basis_points": 1400,
    },
)


@dataclass(slots=True)
class _Rows:
    hotels: list[dict[str, Any]] = field(default_factory=list)
    room_types: list[dict[str, Any]] = field(default_factory=list)
    rate_plans: list[dict[str, Any]] = field(default_factory=list)
    price_rules: list[dict[str, Any]] = field(default_factory=list)


async def load_demo_houses(database: Database, *, hotelier_id: uuid.UUID, limit: int, today: dt.date) -> int:
    """Loads the houses if there are none yet; answers how many it loaded."""
    async with database.reading() as connection:
        if await queries.count_published(connection):
            return 0
    outbox = Outbox(outbox_rows, HOTEL_TOPIC)
    loaded = 0
    begin_request()
    for batch in _batches(list(_paris())[:limit]):
        rows = _Rows()
        for line in batch:
            owner_id = hotelier_id if loaded < HOUSES_OF_THE_DEMO_HOTELIER else UNCLAIMED
            _add_house(rows, line, owner_id, today)
            loaded += 1
        owners = {row["id"]: row["owner_id"] for row in rows.hotels}
        async with database.transaction() as connection:
            await queries.insert_houses(
                connection,
                hotels=rows.hotels,
                room_types=rows.room_types,
                rate_plans=rows.rate_plans,
                price_rules=rows.price_rules,
            )
            for row in rows.room_types:
                event = events_pb2.RoomTypeCreated(
                    room_type=messages.room_type_message(row), owner_id=str(owners[row["hotel_id"]])
                )
                await outbox.publish(connection, event, aggregate_id=str(row["id"]), aggregate_version=1)
    return loaded


def _paris() -> Iterator[dict[str, str]]:
    """Ordered by name, so that the demo hotelier's houses are the same everywhere."""
    with gzip.open(PARIS, "rt", encoding="utf-8", newline="") as file:
        yield from sorted(csv.DictReader(file), key=lambda line: (line["name"], line["address"]))


def _batches(lines: Sequence[dict[str, str]]) -> Iterator[Sequence[dict[str, str]]]:
    for start in range(0, len(lines), _BATCH):
        yield lines[start : start + _BATCH]


def _add_house(rows: _Rows, line: dict[str, str], owner_id: uuid.UUID, today: dt.date) -> None:
    hotel_id = uuid.uuid5(_NAMES, f"{line['name']}|{line['address']}|{line['postal_code']}")
    stars = int(line["stars"])
    rows.hotels.append(
        {
            "id": hotel_id,
            "owner_id": owner_id,
            "name": readable_name(line["name"]),
            "stars": stars,
            "street": line["address"],
            "postal_code": line["postal_code"],
            "city": readable_name(line["city"]),
            "country": line["country"],
            "latitude": float(line["latitude"]),
            "longitude": float(line["longitude"]),
            "time_zone": "Europe/Paris",
            "currency": "EUR",
            "amenities": list(_AMENITIES[: max(1, 2 * stars - 3)]),
            "website": line["website"],
            "check_in_time": dt.time(15),
            "check_out_time": dt.time(11),
            "city_tax_minor_units": _CITY_TAX_BY_STARS[stars],
            "city_tax_exempt_below_age": _ADULT_FROM,
            "state": "PUBLISHED",
        }
    )
    _add_room_types(rows, hotel_id, stars, number_of_rooms=max(int(line["rooms"]), len(_KINDS)))
    for position, plan in enumerate(_PLANS):
        rows.rate_plans.append(
            {"id": uuid.uuid5(hotel_id, plan["name"]), "hotel_id": hotel_id, "position": position, **plan}
        )
    for position, (name, first_night, last_night, weekdays, basis_points) in enumerate(_seasons(today)):
        rows.price_rules.append(
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
        )


def _add_room_types(rows: _Rows, hotel_id: uuid.UUID, stars: int, number_of_rooms: int) -> None:
    """All rooms of the house, split among the kinds; every kind has at least one."""
    left = number_of_rooms
    for position, kind in enumerate(_KINDS):
        kinds_after = len(_KINDS) - position - 1
        count = left if not kinds_after else max(1, min(round(number_of_rooms * kind.share), left - kinds_after))
        left -= count
        rows.room_types.append(
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
                "base_price_minor_units": _base_price(hotel_id, stars, kind),
            }
        )


def _base_price(hotel_id: uuid.UUID, stars: int, kind: _Kind) -> int:
    """In whole euros, between 80 % and 130 % of what such stars cost."""
    draw = hashlib.sha256(hotel_id.bytes).digest()[0] / 255
    return round(_PRICE_BY_STARS[stars] * kind.price * (0.8 + 0.5 * draw) / 100) * 100


def _seasons(today: dt.date) -> Iterator[tuple[str, dt.date, dt.date, int, int]]:
    """(name, first night, last night, weekdays, basis points) over the bookable nights and a year more."""
    last = today + dt.timedelta(days=BOOKABLE_NIGHTS + 365)
    yield "Weekend", today, last, _FRIDAY_AND_SATURDAY, 1200
    for year in range(today.year, last.year + 1):
        yield "Winter", dt.date(year, 1, 7), dt.date(year, 2, 28), EVERY_DAY, -1500
        yield "Spring and early summer", dt.date(year, 5, 1), dt.date(year, 7, 14), EVERY_DAY, 1500
        yield "September and October", dt.date(year, 9, 1), dt.date(year, 10, 15), EVERY_DAY, 1200
        yield "New Year", dt.date(year, 12, 29), dt.date(year + 1, 1, 1), EVERY_DAY, 4000
