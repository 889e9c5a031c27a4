"""What a search finds: the same as asking hotel and booking of every house, only faster."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.search.feed import touched_by
from runtime.channels import call, open_channel
from runtime.clock import from_timestamp, utc_now
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.grpc_services.search.town import ARRIVAL, CALM, CITY, DAY, SOUTH, WEST, Offer, Region, Town, occupancy, query
from tests.house import SignedIn, refused, unless_refused

Search: TypeAlias = "search_pb2_grpc.SearchServiceAsyncStub"
Hotels: TypeAlias = "hotel_pb2_grpc.HotelServiceAsyncStub"
Rates: TypeAlias = "rate_pb2_grpc.RateServiceAsyncStub"
PRICE, STARS = search_pb2.HOTEL_SORT_PRICE, search_pb2.HOTEL_SORT_STARS
DISTANCE, RECOMMENDED = search_pb2.HOTEL_SORT_DISTANCE, search_pb2.HOTEL_SORT_RECOMMENDED


@pytest.fixture(scope="module")
def region(desk: Desk, hotels: Hotels, rates: Rates) -> Region:
    return Region(desk, hotels, rates)


@pytest.fixture(scope="module")
async def hotels(hotel_address: str) -> AsyncIterator[Hotels]:
    async with open_channel(hotel_address, hotel_pb2.DESCRIPTOR) as channel:
        stub: Hotels = hotel_pb2_grpc.HotelServiceStub(channel)
        yield stub


@pytest.fixture(scope="module")
async def rates(hotel_address: str) -> AsyncIterator[Rates]:
    async with open_channel(hotel_address, rate_pb2.DESCRIPTOR) as channel:
        stub: Rates = rate_pb2_grpc.RateServiceStub(channel)
        yield stub


async def find(search: Search, request: search_pb2.SearchHotelsRequest) -> list[search_pb2.HotelHit]:
    return list((await call(search.SearchHotels, request, token="")).hits)


async def ids(search: Search, request: search_pb2.SearchHotelsRequest) -> list[str]:
    return [hit.hotel.id for hit in await find(search, request)]


async def eventually(is_so: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.02)


def bayesian(hit: search_pb2.HotelHit) -> float:
    """The mean rating as if ten guests had given 3.5 before."""
    rating = hit.hotel.rating
    return (3_500 + rating.count * rating.mean_hundredths) / (10 + rating.count)


def random_query(draw: random.Random) -> search_pb2.SearchHotelsRequest:
    rooms = [
        occupancy(draw.randrange(1, 4), *[draw.randrange(18) for _ in range(draw.randrange(3))])
        for _ in range(draw.choice([1, 1, 2, 3]))
    ]
    return query(*rooms, start=draw.randrange(28), nights=draw.randrange(1, 7))


async def agrees_everywhere(search: Search, region: Region, town: Town, draw: random.Random, *, questions: int) -> int:
    """Asks both ways until they agree, and checks that what search offers can be had for this price."""
    houses = {str(house.id): house for house in town.houses}
    found_something = 0
    for _ in range(questions):
        request = random_query(draw)
        expected = await region.searched_slowly(town.houses, request)

        async def agrees(request: search_pb2.SearchHotelsRequest = request, expected: list[Offer] = expected) -> bool:
            hits = await find(search, request)
            return [Offer(hit.hotel.id, hit.total.minor_units, hit.per_night.minor_units) for hit in hits] == expected

        await eventually(agrees)
        for hit in (await find(search, request))[:2]:
            await region.check_hit(houses[hit.hotel.id], hit, request)
        found_something += len(expected)
    return found_something


async def test_it_finds_what_hotel_and_booking_tell_of_every_house(
    search: Search, region: Region, town: Town, owner: SignedIn, guest: SignedIn
) -> None:
    draw = random.Random(9)
    for _ in range(15):
        await region.book_something(draw.choice(town.houses), guest, draw)
    assert await agrees_everywhere(search, region, town, draw, questions=16) > 40
    for _ in range(6):
        await region.change_rates(draw.choice(town.houses), owner, draw)
        await region.book_something(draw.choice(town.houses), guest, draw)
    assert await agrees_everywhere(search, region, town, draw, questions=10) > 20


async def test_a_quote_costs_what_the_search_said(search: Search, desk: Desk, town: Town) -> None:
    draw = random.Random(10)
    houses = {str(house.id): house for house in town.houses}
    for _ in range(8):
        party = occupancy(draw.randrange(1, 3), *[draw.randrange(18) for _ in range(draw.randrange(2))])
        start, nights = draw.randrange(30), draw.randrange(1, 8)
        for hit in (await find(search, query(party, start=start, nights=nights)))[:5]:
            room = rate_pb2.RoomRequest(
                room_type_id=hit.room_type_id,
                rate_plan_id=hit.rate_plan_id,
                adults=party.adults,
                children_ages=party.children_ages,
            )
            quote = await desk.quote(houses[hit.hotel.id], room, arrival=ARRIVAL + start * DAY, nights=nights)
            assert quote.total == hit.total


@pytest.mark.parametrize("city", ["saint-malo-les-essais", "ST MALO LES ESSAIS", "Saint Mâlo lès Esais", CITY])
async def test_a_city_is_found_however_it_is_typed(search: Search, city: str) -> None:
    assert await ids(search, query(start=CALM, city=city)) == await ids(search, query(start=CALM))


@pytest.mark.parametrize("city", ["Nowhere at all", "", "!!!"])
async def test_a_city_that_we_do_not_know_is_refused(search: Search, city: str) -> None:
    refusal = await refused(find(search, query(city=city)))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("place", "city"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"check_in": "x"}, ("checkIn",)),
        ({"check_out": ARRIVAL.isoformat()}, ("checkOut",)),
        ({"check_out": (ARRIVAL + 61 * DAY).isoformat()}, ("checkOut",)),
        ({"check_in": (utc_now().date() - 5 * DAY).isoformat()}, ("checkIn",)),
        ({"rooms": [occupancy(1)] * 10}, ("rooms",)),
        ({"rooms": [occupancy(0)]}, ("rooms", "0", "adults")),
        ({"rooms": [occupancy(1), occupancy(1, 18)]}, ("rooms", "1", "childrenAges")),
        ({"place": search_pb2.Place()}, ("place",)),
        ({"place": search_pb2.Place(text="a")}, ("place", "text")),
        ({"place": search_pb2.Place(text="?!?!")}, ("place", "text")),
        ({"place": search_pb2.Place(box=search_pb2.BoundingBox(south=2, north=1))}, ("place", "box")),
        ({"place": search_pb2.Place(around=search_pb2.Around(latitude=91, radius_meters=5))}, ("place", "around")),
        (
            {"place": search_pb2.Place(around=search_pb2.Around(latitude=1, radius_meters=0))},
            ("place", "around", "radiusMeters"),
        ),
        ({"sort": DISTANCE}, ("sort",)),
        ({"first": 101}, ("first",)),
        ({"after": "garbage"}, ("after",)),
    ],
)
async def test_what_cannot_be_searched_is_refused_naming_its_field(
    search: Search, change: dict[str, Any], path: tuple[str, ...]
) -> None:
    refusal = await refused(find(search, query(**change)))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)


async def test_each_order_is_kept(search: Search) -> None:
    def by(sort: search_pb2.HotelSort.ValueType) -> search_pb2.SearchHotelsRequest:
        return query(start=CALM, nights=3, sort=sort)

    price = await find(search, by(PRICE))
    assert [hit.total.minor_units for hit in price] == sorted(hit.total.minor_units for hit in price)
    stars = [hit.hotel.stars for hit in await find(search, by(STARS))]
    assert stars == sorted(stars, reverse=True)
    recommended = await find(search, by(RECOMMENDED))
    worth = [hit.total.minor_units / (3 * (1 + max(hit.hotel.stars, 1)) * bayesian(hit)) for hit in recommended]
    assert worth == sorted(worth)
    ratings = [bayesian(hit) for hit in await find(search, by(search_pb2.HOTEL_SORT_RATING))]
    assert ratings == sorted(ratings, reverse=True)


@pytest.mark.parametrize("sort", [PRICE, STARS, RECOMMENDED, DISTANCE])
async def test_pages_have_no_gaps_and_no_repeats(search: Search, sort: search_pb2.HotelSort.ValueType) -> None:
    place = search_pb2.Place(around=search_pb2.Around(latitude=SOUTH + 0.003, longitude=WEST, radius_meters=50_000))
    request = query(start=CALM, sort=sort, place=place)
    whole = await ids(search, request)
    assert len(whole) >= 10
    for first in (1, 3, len(whole)):
        paged: list[str] = []
        request.after, more = "", True
        while more:
            request.first = first
            page = await call(search.SearchHotels, request, token="")
            assert page.total_count == len(whole)
            paged += [hit.hotel.id for hit in page.hits]
            more, request.after = page.has_next_page, page.hits[-1].cursor
        assert paged == whole


async def test_filters_leave_only_what_they_name(search: Search) -> None:
    everything = await find(search, query(start=CALM, nights=3))
    middle = sorted(hit.per_night.minor_units for hit in everything)[len(everything) // 2]
    for wanted, keeps in (
        ({"max_per_night_minor_units": middle}, lambda hit: hit.per_night.minor_units <= middle),
        ({"min_per_night_minor_units": middle}, lambda hit: hit.per_night.minor_units >= middle),
        ({"max_per_night_minor_units": middle - 1}, lambda hit: hit.per_night.minor_units < middle),
        ({"stars": [3, 5]}, lambda hit: hit.hotel.stars in (3, 5)),
        ({"amenities": ["SPA"]}, lambda hit: "SPA" in hit.hotel.amenities),
        ({"amenities": ["SPA", "BAR"]}, lambda hit: {"SPA", "BAR"} <= set(hit.hotel.amenities)),
        ({"amenities": ["MOAT"]}, lambda _: False),
    ):
        request = query(start=CALM, nights=3, filter=search_pb2.HotelFilter(**wanted))
        assert await ids(search, request) == [hit.hotel.id for hit in everything if keeps(hit)], wanted


async def test_a_price_limit_means_the_price_of_a_night_that_is_shown(search: Search) -> None:
    for start in range(0, 24, 4):
        for shown in await find(search, query(start=start, nights=7)):
            limit = shown.per_night.minor_units
            exactly = search_pb2.HotelFilter(min_per_night_minor_units=limit, max_per_night_minor_units=limit)
            assert shown.hotel.id in await ids(search, query(start=start, nights=7, filter=exactly))


async def test_a_box_holds_the_houses_inside_it(search: Search, town: Town) -> None:
    box = search_pb2.BoundingBox(south=SOUTH - 0.0001, north=SOUTH + 3.5 * 0.0009, west=-2.1, east=-1.9)
    found = await ids(search, query(start=CALM, place=search_pb2.Place(box=box)))
    assert sorted(found) == sorted(str(house.id) for house in town.houses[:4])
    box.west, box.east = -1.9, -2.1
    assert not set(found) & set(await ids(search, query(start=CALM, place=search_pb2.Place(box=box))))


async def test_around_a_point_distances_are_metres_and_the_nearest_is_first(search: Search, town: Town) -> None:
    around = search_pb2.Around(latitude=SOUTH, longitude=WEST, radius_meters=450)
    hits = await find(search, query(start=CALM, place=search_pb2.Place(around=around), sort=DISTANCE))
    assert [hit.hotel.id for hit in hits] == [str(house.id) for house in town.houses[:5]]
    for number, hit in enumerate(hits):
        assert hit.distance_meters == pytest.approx(number * 100.07, abs=1)


async def test_a_text_is_looked_for_in_names(search: Search, town: Town) -> None:
    found = await ids(search, query(start=CALM, place=search_pb2.Place(text="HOTEL gare essais")))
    assert sorted(found) == sorted(str(house.id) for house in town.houses[1::3])
    assert await ids(search, query(start=CALM, place=search_pb2.Place(text="oeuvre essais")))


async def test_suggestions_have_the_city_first_and_then_houses(search: Search) -> None:
    async def suggested(text: str, first: int = 10) -> list[search_pb2.PlaceSuggestion]:
        request = search_pb2.SuggestPlacesRequest(text=text, first=first)
        return list((await call(search.SuggestPlaces, request, token="")).suggestions)

    (city, *rest) = await suggested("st mâlo-les-ess")
    assert (city.kind, city.name, city.country) == (search_pb2.PLACE_KIND_CITY, CITY, "FR")
    assert city.hotel_count >= 14
    assert rest == []
    houses = await suggested("gare des essais", first=3)
    assert [one.kind for one in houses] == [search_pb2.PLACE_KIND_HOTEL] * 3
    assert all(one.hotel_id for one in houses)
    assert await suggested("") == []
    assert await suggested("zzzzqqq") == []


async def test_a_new_room_type_appears_and_a_booking_makes_its_nights_disappear(
    search: Search, desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await add_house(
        desk.hotels, HouseInput(owner.account_id, city="Village of One", kinds=(Kind(rooms=1),)), announce=True
    )

    async def left() -> int:
        """None of a city that is not known yet."""
        hits = await unless_refused(find(search, query(city="Village of One")), "INVALID_INPUT")
        return sum(hit.rooms_left for hit in hits or [])

    async def is_sellable() -> bool:
        return await left() == 1

    async def is_gone() -> bool:
        return await left() == 0

    await eventually(is_sellable, seconds=20)
    status = await call(search.GetIndexStatus, search_pb2.GetIndexStatusRequest(), token="")
    assert status.hotels >= 15
    assert status.sellable_room_types >= 15
    assert utc_now() - from_timestamp(status.as_of) < dt.timedelta(seconds=30)
    await desk.booked(house, guest, arrival=ARRIVAL + DAY, nights=1)
    await eventually(is_gone)
    assert await ids(search, query(city="Village of One", start=2, nights=3)) == [str(house.id)]


async def test_an_unpublished_house_disappears_and_a_published_one_is_back_with_its_free_rooms(
    search: Search, hotels: Hotels, desk: Desk, owner: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=2), name="Now and then", city="Village of Moves")
    neighbour = await desk.house(owner, Kind(), name="Always", city="Village of Moves")

    async def move(one: House, to: hotel_pb2.HotelState.ValueType) -> None:
        known = hotel_pb2.GetHotelsRequest(ids=[str(one.id)])
        (told,) = (await call(hotels.GetHotels, known, token=owner.token)).hotels
        request = hotel_pb2.MoveHotelRequest(id=told.id, state=to, expected_version=told.version)
        await call(hotels.MoveHotel, request, token=owner.token)

    async def found() -> list[str]:
        hits = await unless_refused(find(search, query(city="Village of Moves")), "INVALID_INPUT")
        return sorted(hit.hotel.id for hit in hits or [])

    async def only_the_neighbour() -> bool:
        return await found() == [str(neighbour.id)]

    async def both() -> bool:
        return await found() == sorted([str(house.id), str(neighbour.id)])

    await move(neighbour, hotel_pb2.HOTEL_STATE_DRAFT)
    await move(neighbour, hotel_pb2.HOTEL_STATE_PUBLISHED)
    await move(house, hotel_pb2.HOTEL_STATE_DRAFT)
    await eventually(only_the_neighbour)
    await move(house, hotel_pb2.HOTEL_STATE_PUBLISHED)
    await eventually(both)
    await move(house, hotel_pb2.HOTEL_STATE_DRAFT)
    await eventually(only_the_neighbour)


async def test_recommendations_come_from_the_same_index(search: Search, town: Town) -> None:
    request = search_pb2.RecommendHotelsRequest(
        latitude=SOUTH, longitude=WEST, radius_meters=450, by=search_pb2.RECOMMEND_BY_DISTANCE
    )
    found = (await call(search.RecommendHotels, request, token="")).hotels
    assert [one.hotel.id for one in found] == [str(house.id) for house in town.houses[:5]]
    request.latitude = 91
    assert (await refused(call(search.RecommendHotels, request, token=""))).path == ("near",)


def test_a_burst_of_events_asks_once_for_each_house_and_room_type() -> None:
    booking = events_pb2.BookingSnapshot(room_type_ids=["a", "b"])
    events = [
        events_pb2.HotelChanged(hotel_id="1"),
        events_pb2.RatesChanged(hotel_id="1"),
        events_pb2.RoomTypeCreated(room_type=hotel_pb2.RoomType(hotel_id="2")),
        events_pb2.RoomTypeArchived(hotel_id="3", room_type_id="x"),
        events_pb2.RoomsChanged(hotel_id="4"),
        events_pb2.RoomTypeSellable(room_type_id="c", hotel_id="2"),
        events_pb2.InventoryChanged(room_type_id="a", hotel_id="2"),
        events_pb2.BookingHeld(booking=booking),
        events_pb2.BookingExpired(booking=booking),
    ]
    envelopes = [
        events_pb2.Envelope(type=event.DESCRIPTOR.name, payload=event.SerializeToString()) for event in events * 50
    ]
    touched = touched_by(envelopes)
    assert (touched.hotels, touched.room_types) == ({"1", "2", "3"}, {"a", "b", "c"})
