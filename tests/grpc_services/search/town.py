"""A small region of random houses, and the slow way to search it: ask hotel and booking of every house."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.search.v1 import search_pb2
from runtime.channels import call
from runtime.clock import utc_now
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import AT_HOTEL, PREPAID, House, Kind, Rule
from tests.house import SignedIn

DAY = dt.timedelta(days=1)
ARRIVAL = utc_now().date() + 50 * DAY
CITY = "Saint-Mâlo-les-Essais"
HOUSES = 14


@dataclass(frozen=True)
class Town:
    houses: Sequence[House]


@dataclass(frozen=True)
class Offer:
    """The cheapest offer of a house, as hotel and booking tell it."""

    hotel_id: str
    room_type_id: str
    rate_plan_id: str
    total: int
    per_night: int
    rooms_left: int


async def build_town(desk: Desk, owner: SignedIn) -> Town:
    """Houses a hundred metres apart from south to north, with some nights already taken."""
    draw = random.Random(5)
    houses = []
    for number in range(HOUSES):
        kinds = [
            Kind(f"Kind {kind}", draw.randrange(5_000, 30_000), draw.randrange(1, 6), draw.randrange(1, 5), kind % 3)
            for kind in range(draw.randrange(1, 4))
        ]
        rules = [
            Rule(
                draw.randrange(-3000, 5000),
                ARRIVAL + draw.randrange(20) * DAY,
                ARRIVAL + 25 * DAY,
                draw.randrange(1, 128),
            )
            for _ in range(draw.randrange(3))
        ]
        house = await desk.house(
            owner,
            *kinds,
            name=f"Hôtel {['du Port', 'de la Gare', 'Œuvre'][number % 3]} {number}",
            city=CITY,
            rules=rules,
            plans=[PREPAID, AT_HOTEL][: 1 + number % 2],
            stars=number % 6,
            city_tax=draw.randrange(0, 900),
            tax_exempt_below=draw.choice([0, 12, 18]),
            latitude=48.6 + number * 0.0009,
            longitude=-2.0,
            amenities=["WIFI", "SPA", "BAR"][: 1 + number % 3],
        )
        houses.append(house)
    return Town(houses)


def occupancy(adults: int, *ages: int) -> hotel_pb2.Occupancy:
    return hotel_pb2.Occupancy(adults=adults, children_ages=ages)


def query(
    *rooms: hotel_pb2.Occupancy, start: int = 0, nights: int = 2, city: str = CITY, **changes: object
) -> search_pb2.SearchHotelsRequest:
    fields: dict[str, object] = {
        "place": search_pb2.Place(city=city),
        "check_in": (ARRIVAL + start * DAY).isoformat(),
        "check_out": (ARRIVAL + (start + nights) * DAY).isoformat(),
        "rooms": rooms or [occupancy(1)],
        "sort": search_pb2.HOTEL_SORT_PRICE,
        "first": 100,
        **changes,
    }
    return search_pb2.SearchHotelsRequest(**fields)  # type: ignore[arg-type]


async def searched_slowly(
    desk: Desk,
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub,
    houses: Sequence[House],
    request: search_pb2.SearchHotelsRequest,
) -> list[Offer]:
    """What a search must find, cheapest first."""
    nights = (dt.date.fromisoformat(request.check_out) - dt.date.fromisoformat(request.check_in)).days
    found = []
    for house in houses:
        free = await _free(desk, house, request, nights)
        asked = hotel_pb2.PriceOffersRequest(
            hotel_id=str(house.id), check_in=request.check_in, check_out=request.check_out, rooms=request.rooms
        )
        for offer in (await call(hotels.PriceOffers, asked, token="")).offers:
            if free[offer.room_type_id] >= len(request.rooms):
                found.append(
                    Offer(
                        str(house.id),
                        offer.room_type_id,
                        offer.rate_plan_id,
                        offer.total.minor_units,
                        offer.per_night.minor_units,
                        free[offer.room_type_id],
                    )
                )
                break
    return sorted(found, key=lambda offer: (offer.total, offer.hotel_id))


async def _free(desk: Desk, house: House, request: search_pb2.SearchHotelsRequest, nights: int) -> dict[str, int]:
    asked = booking_pb2.GetAvailabilityRequest(
        room_type_ids=house.room_types, first_night=request.check_in, end_night=request.check_out
    )
    known = (await call(desk.stub.GetAvailability, asked, token="")).room_types
    free = dict.fromkeys(house.room_types, 0)
    for one in known:
        named = [night.free for night in one.nights]
        free[one.room_type_id] = min([*named, *([one.capacity] if len(named) < nights else [])])
    return free
