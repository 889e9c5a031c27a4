"""A small region of random houses that use everything a price can depend on, and the slow way to search it: ask
hotel and booking of every house, and try every way of dealing out its rooms."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from contracts.search.v1 import search_pb2
from runtime.channels import call
from runtime.clock import utc_now
from runtime.database import Connection
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import AT_HOTEL, PREPAID, House, Kind, Plan, Rule
from tests.house import SignedIn, unless_refused

DAY = dt.timedelta(days=1)
ARRIVAL = utc_now().date() + 50 * DAY
CITY = "Saint-Mâlo-les-Essais"
HOUSES = 14
SOUTH, WEST = -48.6, -2.0  # in the middle of the sea: no house of another test is near
CALM = 60  # nights after ARRIVAL where nothing is restricted and everything is free
DERIVED = Plan("Derived", "PREPAID", -1000)


@dataclass(frozen=True)
class Town:
    houses: Sequence[House]


@dataclass(frozen=True)
class Offer:
    """The cheapest rooms of a house, as hotel and booking tell them."""

    hotel_id: str
    total: int
    per_night: int


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
            name=f"Hôtel {['du Port', 'de la Gare', 'Œuvre'][number % 3]} des Essais {number}",
            city=CITY,
            rules=rules,
            plans=[PREPAID, AT_HOTEL, DERIVED][: 1 + number % 3],
            stars=number % 6,
            city_tax=draw.randrange(0, 900),
            tax_exempt_below=draw.choice([0, 12, 18]),
            latitude=SOUTH + number * 0.0009,
            longitude=WEST,
            amenities=["WIFI", "SPA", "BAR"][: 1 + number % 3],
        )
        async with desk.hotels.transaction() as connection:
            await _decorate(connection, house, draw)
        houses.append(house)
    return Town(houses)


async def _decorate(connection: Connection, house: House, draw: random.Random) -> None:
    """Gives a house guests' prices, meals, discounts, taxes, a rating, derived plans and restricted nights."""
    await connection.execute(
        """UPDATE hotel.hotel SET vat_included = $2, vat_basis_points = $3, city_tax_max_nights = $4,
           rating_count = $5, rating_mean_hundredths = $6 WHERE id = $1""",
        house.id,
        draw.random() < 0.5,
        draw.choice([0, 550, 1000]),
        draw.choice([0, 2, 5]),
        *draw.choice([(0, 0), (3, 480), (200, 430), (40, 310)]),
    )
    for identifier, rooms in zip(house.room_types, house.asked.kinds, strict=True):
        bands = [{"to_age": 2, "minor_units": 0}, {"to_age": draw.randrange(3, 12), "minor_units": 1_234}]
        await connection.execute(
            """UPDATE hotel.room_type SET oldest_child_age = $2, included_adults = $3, extra_adult_minor_units = $4,
               fewer_adult_discount_minor_units = $5, child_prices = $6::jsonb WHERE id = $1""",
            uuid.UUID(identifier),
            draw.choice([11, 15, 17]),
            draw.randrange(1, rooms.max_adults + 1),
            draw.choice([0, 1_500, 3_333]),
            draw.choice([0, 700, 9_000]),
            draw.choice([[], bands]),
        )
    for position, identifier in enumerate(house.plans):
        discounts = [{"min_nights": 3, "basis_points": 525}, {"min_nights": 5, "basis_points": 1_033}]
        tiers = [{"hours_before_check_in": 0, "penalty_percent": 100, "penalty_nights": 0}]
        if position:
            tiers.insert(0, {"hours_before_check_in": 24, "penalty_percent": 0, "penalty_nights": 0})
        await connection.execute(
            """UPDATE hotel.rate_plan SET meal_plan = $2, adult_supplement_minor_units = $3,
               child_supplement_minor_units = $4, stay_discounts = $5::jsonb, cancellation_tiers = $6::jsonb,
               derived_from_id = $7, max_advance_days = $8 WHERE id = $1""",
            uuid.UUID(identifier),
            draw.choice(["ROOM_ONLY", "BED_AND_BREAKFAST", "HALF_BOARD"]),
            draw.choice([0, 1_100]),
            draw.choice([0, 450]),
            draw.choice([[], discounts]),
            tiers,
            uuid.UUID(house.plans[0]) if position == 2 else None,
            draw.choice([None, None, 62]) if position == 0 and len(house.plans) > 1 else None,
        )
    for _ in range(draw.randrange(12)):
        kind, plan, night = draw.choice(house.room_types), draw.choice(house.plans), draw.randrange(30)
        await connection.execute(
            """INSERT INTO hotel.night_rate (room_type_id, rate_plan_id, night, hotel_id, price_minor_units, closed,
               closed_to_arrival, closed_to_departure, min_stay, max_stay, min_advance_days, max_advance_days)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING""",
            uuid.UUID(kind),
            uuid.UUID(plan),
            ARRIVAL + night * DAY,
            house.id,
            draw.choice([None, 4_321]),
            draw.choice([None, None, False, True]),
            draw.choice([None, None, True]),
            draw.choice([None, None, True]),
            draw.choice([None, 3]),
            draw.choice([None, 4]),
            draw.choice([None, None, 60]),
            draw.choice([None, None, 70]),
        )


def occupancy(adults: int, *ages: int) -> rate_pb2.Occupancy:
    return rate_pb2.Occupancy(adults=adults, children_ages=ages)


def query(
    *rooms: rate_pb2.Occupancy, start: int = 0, nights: int = 2, city: str = CITY, **changes: object
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


@dataclass(frozen=True)
class Region:
    """The services that know the truth."""

    desk: Desk
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub
    rates: rate_pb2_grpc.RateServiceAsyncStub

    async def searched_slowly(self, houses: Sequence[House], request: search_pb2.SearchHotelsRequest) -> list[Offer]:
        """What a search must find, cheapest first."""
        nights = (dt.date.fromisoformat(request.check_out) - dt.date.fromisoformat(request.check_in)).days
        found = []
        for house in houses:
            free = await self.free(house, request)
            prices = [await self.prices(house, request, party) for party in request.rooms]
            totals = [
                sum(price[choice] for price, choice in zip(prices, chosen, strict=True))
                for chosen in itertools.product(*prices)
                if all(free[kind] >= rooms for kind, rooms in Counter(kind for kind, _ in chosen).items())
            ]
            if totals:
                total = min(totals)
                found.append(Offer(str(house.id), total, _half_even(total, nights)))
        return sorted(found, key=lambda offer: (offer.total, offer.hotel_id))

    async def prices(
        self, house: House, request: search_pb2.SearchHotelsRequest, party: rate_pb2.Occupancy
    ) -> dict[tuple[str, str], int]:
        """What one room for a party costs, by room type and rate plan: the cheapest plan of each type only."""
        asked = rate_pb2.PriceOffersRequest(
            hotel_id=str(house.id), check_in=request.check_in, check_out=request.check_out, rooms=[party]
        )
        offers = (await call(self.rates.PriceOffers, asked, token="")).offers
        cheapest: dict[str, tuple[str, int]] = {}
        for offer in offers:
            cheapest.setdefault(offer.room_type_id, (offer.rate_plan_id, offer.total.minor_units))
        return {(kind, plan): total for kind, (plan, total) in cheapest.items()}

    async def check_hit(self, house: House, hit: search_pb2.HotelHit, request: search_pb2.SearchHotelsRequest) -> None:
        """The rooms of a hit can be had together, and each is priced as PriceStay prices it."""
        free = await self.free(house, request)
        used = Counter(room.room_type_id for room in hit.rooms)
        assert all(free[kind] >= rooms for kind, rooms in used.items())
        assert hit.rooms_left == free[hit.rooms[0].room_type_id]
        assert (hit.room_type_id, hit.rate_plan_id) == (hit.rooms[0].room_type_id, hit.rooms[0].rate_plan_id)
        asked = [
            rate_pb2.RoomRequest(
                room_type_id=room.room_type_id,
                rate_plan_id=room.rate_plan_id,
                adults=party.adults,
                children_ages=party.children_ages,
            )
            for room, party in zip(hit.rooms, request.rooms, strict=True)
        ]
        stay = rate_pb2.PriceStayRequest(
            hotel_id=str(house.id), check_in=request.check_in, check_out=request.check_out, rooms=asked
        )
        priced = await call(self.rates.PriceStay, stay, token="")
        assert [room.total for room in priced.rooms] == [room.total for room in hit.rooms]
        assert priced.total == hit.total

    async def free(self, house: House, request: search_pb2.SearchHotelsRequest) -> dict[str, int]:
        """Rooms left on every night, by room type."""
        nights = (dt.date.fromisoformat(request.check_out) - dt.date.fromisoformat(request.check_in)).days
        asked = inventory_pb2.GetAvailabilityRequest(
            room_type_ids=house.room_types, first_night=request.check_in, end_night=request.check_out
        )
        known = (await call(self.desk.inventory.GetAvailability, asked, token="")).room_types
        free = dict.fromkeys(house.room_types, 0)
        for one in known:
            named = [night.free for night in one.nights]
            least = min([*named, *([one.capacity] if len(named) < nights else [])])
            free[one.room_type_id] = 0 if one.stale else least
        return free

    async def book_something(self, house: House, guest: SignedIn, draw: random.Random) -> None:
        room = house.room(draw.randrange(len(house.room_types)))
        stay = {"arrival": ARRIVAL + draw.randrange(25) * DAY, "nights": draw.randrange(1, 5)}
        await unless_refused(self.desk.booked(house, guest, room, **stay), "ROOM_UNAVAILABLE")

    async def change_rates(self, house: House, owner: SignedIn, draw: random.Random) -> None:
        """Other prices and a restriction on some nights, as its hotelier writes them."""
        (hotel,) = (await call(self.hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=[str(house.id)]))).hotels
        first = ARRIVAL + draw.randrange(20) * DAY
        change = rate_pb2.RateChange(
            room_type_ids=house.room_types,
            rate_plan_ids=[draw.choice(house.plans)],
            first_night=first.isoformat(),
            last_night=(first + draw.randrange(5) * DAY).isoformat(),
            price_minor_units=draw.randrange(3_000, 20_000),
            restrictions=rate_pb2.NightRestrictions(min_stay=draw.randrange(1, 4)),
        )
        request = rate_pb2.UpdateRatesRequest(
            hotel_id=str(house.id),
            idempotency_key=uuid.uuid4().hex,
            expected_rates_version=hotel.rates_version,
            changes=[change],
        )
        await call(self.rates.UpdateRates, request, token=owner.token)


def _half_even(total: int, nights: int) -> int:
    whole, rest = divmod(total, nights)
    return whole + (2 * rest > nights or (2 * rest == nights and whole % 2 == 1))
