"""Houses put straight into an index, for what needs no other service: `engine_of(house(...), …)`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.index import Index
from grpc_services.search.searching import SearchEngine

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
DAY = dt.timedelta(days=1)
BOOKABLE = 60
FREE = [hotel_pb2.CancellationTier(hours_before_check_in=48), hotel_pb2.CancellationTier(penalty_percent=100)]
STRICT = [hotel_pb2.CancellationTier(penalty_percent=100)]


@dataclass
class ModelPlan:
    name: str = "Saver"
    extra: int = 0  # on every night's price
    meals: hotel_pb2.MealPlan.ValueType = hotel_pb2.MEAL_PLAN_ROOM_ONLY
    tiers: Sequence[hotel_pb2.CancellationTier] = field(default_factory=lambda: STRICT)


@dataclass
class ModelHouse:
    """`prices` are a room type's price of every night, `rooms` its free rooms, `taken` nights (days from today) on
    which none is free, by room type."""

    name: str = "Hôtel du Port"
    city: str = "Testville"
    prices: Sequence[int] = (10_000,)
    rooms: Sequence[int] = (5,)
    adults: Sequence[int] = (2,)
    taken: Mapping[int, Sequence[int]] = field(default_factory=dict)
    plans: Sequence[ModelPlan] = field(default_factory=lambda: [ModelPlan()])
    stars: int = 3
    amenities: Sequence[str] = ("WIFI",)
    rating: tuple[int, int] = (0, 0)  # number, mean in hundredths
    latitude: float = 48.0
    longitude: float = 2.0
    time_zone: str = "Europe/Paris"
    currency: str = "EUR"
    stale: bool = False
    restrictions: Mapping[int, rate_pb2.NightRestrictions] = field(default_factory=dict)  # by days from today
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    type_ids: list[str] = field(default_factory=list)
    plan_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.type_ids = self.type_ids or [str(uuid.uuid4()) for _ in self.prices]
        self.plan_ids = self.plan_ids or [str(uuid.uuid4()) for _ in self.plans]

    def entry(self, first_night: dt.date, nights: int) -> rate_pb2.CatalogueEntry:
        today = (TODAY - first_night).days
        hotel = hotel_pb2.Hotel(
            id=self.id,
            name=self.name,
            stars=self.stars,
            address=hotel_pb2.Address(city=self.city, country="FR"),
            latitude=self.latitude,
            longitude=self.longitude,
            time_zone=self.time_zone,
            currency=self.currency,
            amenities=self.amenities,
            check_in_time="15:00",
            check_out_time="11:00",
            city_tax_per_person_night=money_pb2.Money(currency=self.currency),
            rating=hotel_pb2.RatingSummary(count=self.rating[0], mean_hundredths=self.rating[1]),
            room_types=[
                hotel_pb2.RoomType(
                    id=identifier,
                    hotel_id=self.id,
                    max_adults=adults,
                    oldest_child_age=17,
                    occupancy_pricing=hotel_pb2.OccupancyPricing(included_adults=1),
                )
                for identifier, adults in zip(self.type_ids, self.adults, strict=True)
            ],
            rate_plans=[
                hotel_pb2.RatePlan(
                    id=identifier,
                    hotel_id=self.id,
                    name=plan.name,
                    meal_plan=plan.meals,
                    cancellation_policy=hotel_pb2.CancellationPolicy(tiers=plan.tiers),
                )
                for identifier, plan in zip(self.plan_ids, self.plans, strict=True)
            ],
        )
        return rate_pb2.CatalogueEntry(
            hotel=hotel,
            products=[
                rate_pb2.RateProduct(
                    room_type_id=kind,
                    rate_plan_id=plan,
                    nightly_prices=np.full(nights, price + sold.extra, dtype="<i4").tobytes(),
                    restrictions=[
                        rate_pb2.RestrictionRun(first_offset=day + today, nights=1, restrictions=restrictions)
                        for day, restrictions in self.restrictions.items()
                        if 0 <= day + today < nights
                    ],
                )
                for kind, price in zip(self.type_ids, self.prices, strict=True)
                for plan, sold in zip(self.plan_ids, self.plans, strict=True)
            ],
        )

    def availability(self) -> list[inventory_pb2.RoomTypeAvailability]:
        return [
            inventory_pb2.RoomTypeAvailability(
                room_type_id=identifier,
                capacity=rooms,
                stale=self.stale,
                nights=[
                    inventory_pb2.NightAvailability(night=(TODAY + day * DAY).isoformat(), free=0)
                    for day in self.taken.get(number, ())
                ],
            )
            for number, (identifier, rooms) in enumerate(zip(self.type_ids, self.rooms, strict=True))
        ]


def put(index: Index, *houses: ModelHouse) -> None:
    index.put_houses([house.entry(index.first_night, index.nights) for house in houses])
    index.put_availability([one for house in houses for one in house.availability()])


def engine_of(*houses: ModelHouse, now: dt.datetime = NOW) -> SearchEngine:
    index = Index(now.date() - DAY, BOOKABLE)
    put(index, *houses)
    return SearchEngine(index, clock=lambda: now)


def asked(
    *parties: int, start: int = 10, nights: int = 2, city: str = "Testville", **changes: object
) -> search_pb2.SearchHotelsRequest:
    """A search for rooms of so many adults each."""
    fields: dict[str, object] = {
        "place": search_pb2.Place(city=city),
        "check_in": (TODAY + start * DAY).isoformat(),
        "check_out": (TODAY + (start + nights) * DAY).isoformat(),
        "rooms": [rate_pb2.Occupancy(adults=adults) for adults in parties or (1,)],
        "sort": search_pb2.HOTEL_SORT_PRICE,
        **changes,
    }
    return search_pb2.SearchHotelsRequest(**fields)  # type: ignore[arg-type]


def found(engine: SearchEngine, request: search_pb2.SearchHotelsRequest, first: int) -> search_pb2.SearchHotelsResponse:
    return search_pb2.SearchHotelsResponse.FromString(engine.search(request, first))


def names(response: search_pb2.SearchHotelsResponse) -> list[str]:
    return [hit.hotel.name for hit in response.hits]
