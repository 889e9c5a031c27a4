"""All classified hotels of France with rooms, plans, prices and bookings made up the same way on every machine."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.search.index import Index

LIST = Path(__file__).parents[1] / "stack" / "data" / "france-hotels.csv.gz"
BOOKABLE_NIGHTS = 500
DAY = dt.timedelta(days=1)
_AMENITIES = ("WIFI", "BREAKFAST", "LIFT", "BAR", "RESTAURANT", "FITNESS", "SPA", "POOL", "PARKING", "SAFE")
_KINDS = (("Single", 1, 0, 80), ("Double", 2, 1, 100), ("Family", 3, 2, 145))  # name, adults, children, price in %
_BATCH = 50


@dataclass(frozen=True)
class MadeHouse:
    """Prices are products by nights, free rooms room types by nights, min_stay nights (0: none) for all products."""

    hotel: hotel_pb2.Hotel
    prices: npt.NDArray[np.int32]
    free: npt.NDArray[np.int16]
    min_stay: npt.NDArray[np.int64]


def first_night(today: dt.date) -> dt.date:
    """That of a search index: it is still yesterday somewhere."""
    return today - DAY


def make_france(nights: int) -> Iterator[MadeHouse]:
    with gzip.open(LIST, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield _house(number, row, nights)


def load(index: Index, houses: Iterator[MadeHouse]) -> None:
    """As the feed does: in batches, then put in order."""
    batch: list[MadeHouse] = []
    waiting: list[inventory_pb2.RoomTypeAvailability] = []

    def put() -> None:
        index.put_houses([_entry(house) for house in batch])
        batch.clear()

    for house in houses:
        batch.append(house)
        waiting += _availability(index.first_night, house)
        if len(batch) == _BATCH:
            put()
            index.put_availability(waiting)
            waiting.clear()
    put()
    index.put_availability(waiting)
    index.put_in_order()


def _house(number: int, row: dict[str, str], nights: int) -> MadeHouse:
    draw = random.Random(number)
    hotel_id = _id(draw)
    stars = int(row["stars"])
    rooms = max(int(row["rooms"] or 9), 3)
    base = 3_000 + 2_800 * stars + draw.randrange(4_000)
    money = money_pb2.Money(minor_units=60 * stars, currency="EUR")
    hotel = hotel_pb2.Hotel(
        id=hotel_id,
        name=row["name"],
        stars=stars,
        address=hotel_pb2.Address(
            street=row["address"], postal_code=row["postal_code"], city=row["city"], country=row["country"]
        ),
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        time_zone="Europe/Paris",
        currency="EUR",
        amenities=draw.sample(_AMENITIES, draw.randrange(1, 7)),
        website=row["website"],
        check_in_time="15:00",
        check_out_time="11:00",
        city_tax_per_person_night=money,
        city_tax_exempt_below_age=18,
        vat_included=True,
        vat_basis_points=1000,
        state=hotel_pb2.HOTEL_STATE_PUBLISHED,
        rating=hotel_pb2.RatingSummary(count=draw.randrange(400), mean_hundredths=draw.randrange(250, 490)),
        room_types=[
            hotel_pb2.RoomType(
                id=_id(draw),
                hotel_id=hotel_id,
                name=name,
                max_adults=adults,
                max_children=children,
                number_of_rooms=max(rooms // 3, 1),
                beds=[hotel_pb2.Bed(kind=hotel_pb2.BED_KIND_DOUBLE, count=1)],
                size_square_meters=14 + 4 * adults,
                oldest_child_age=12,
                occupancy_pricing=hotel_pb2.OccupancyPricing(
                    included_adults=adults, fewer_adult_discount_minor_units=500
                ),
            )
            for name, adults, children, _ in _KINDS
        ],
        rate_plans=[
            hotel_pb2.RatePlan(
                id=_id(draw),
                hotel_id=hotel_id,
                name=name,
                meal_plan=meals,
                payment_timing=hotel_pb2.PAYMENT_TIMING_PREPAID,
                cancellation_policy=hotel_pb2.CancellationPolicy(tiers=tiers),
                adult_supplement_minor_units=supplement,
                stay_discounts=discounts,
            )
            for name, meals, tiers, supplement, discounts in (
                ("Saver", hotel_pb2.MEAL_PLAN_ROOM_ONLY, [_tier(0, 100)], 0, [_discount(3, 500), _discount(7, 1000)]),
                ("Flexible", hotel_pb2.MEAL_PLAN_ROOM_ONLY, [_tier(24, 0), _tier(0, 100)], 0, [_discount(7, 500)]),
                ("Breakfast", hotel_pb2.MEAL_PLAN_BED_AND_BREAKFAST, [_tier(24, 0), _tier(0, 100)], 1_200, []),
            )
        ],
    )
    chance = np.random.default_rng(number)
    season = 1 + 0.25 * np.sin(np.arange(nights) / 58) + chance.normal(0, 0.06, nights)
    shares = np.array([kind[3] * plan / 100 for kind in _KINDS for plan in (0.9, 1.0, 1.0)])
    prices = np.maximum(base * shares[:, None] * season[None, :], 1_500).astype(np.int32)
    capacity = np.full((3, nights), max(rooms // 3, 1), dtype=np.int16)
    sold = chance.binomial(capacity, np.clip(0.55 + chance.normal(0, 0.25), 0, 1))
    sold[:, chance.random(nights) < 0.15] = capacity[0, 0]
    min_stay = np.zeros(nights, dtype=np.int64)
    if number % 4 == 0:
        min_stay[np.arange(nights) % 7 == 5] = 2
    return MadeHouse(hotel, prices, (capacity - sold).astype(np.int16), min_stay)


def _entry(house: MadeHouse) -> rate_pb2.CatalogueEntry:
    runs = [
        rate_pb2.RestrictionRun(
            first_offset=int(night), nights=1, restrictions=rate_pb2.NightRestrictions(min_stay=int(nights))
        )
        for night, nights in enumerate(house.min_stay)
        if nights
    ]
    pairs = [(kind.id, plan.id) for kind in house.hotel.room_types for plan in house.hotel.rate_plans]
    return rate_pb2.CatalogueEntry(
        hotel=house.hotel,
        products=[
            rate_pb2.RateProduct(
                room_type_id=kind,
                rate_plan_id=plan,
                nightly_prices=house.prices[number].astype("<i4").tobytes(),
                restrictions=runs,
            )
            for number, (kind, plan) in enumerate(pairs)
        ],
    )


def _availability(first: dt.date, house: MadeHouse) -> list[inventory_pb2.RoomTypeAvailability]:
    days = [(first + number * DAY).isoformat() for number in range(house.free.shape[1])]
    return [
        inventory_pb2.RoomTypeAvailability(
            room_type_id=kind.id,
            capacity=kind.number_of_rooms,
            nights=[
                inventory_pb2.NightAvailability(night=day, free=rooms)
                for day, rooms in zip(days, house.free[number].tolist(), strict=True)
                if rooms != kind.number_of_rooms
            ],
        )
        for number, kind in enumerate(house.hotel.room_types)
    ]


def _tier(hours: int, percent: int) -> hotel_pb2.CancellationTier:
    return hotel_pb2.CancellationTier(hours_before_check_in=hours, penalty_percent=percent)


def _discount(nights: int, basis_points: int) -> hotel_pb2.StayDiscount:
    return hotel_pb2.StayDiscount(min_nights=nights, basis_points=basis_points)


def _id(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))
