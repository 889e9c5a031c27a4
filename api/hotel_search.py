"""Finding houses: search, suggestions, one house by id."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.hotel_rates import RoomOccupancyInput, occupancy_messages
from api.hotels import Hotel, hotel
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.paging import Connection, Edge, at_least_one, page_info
from api.rate_plans import RatePlan
from api.rooms import Amenity, RoomType
from api.scalars import BigInt, CountryCode
from contracts.search.v1 import search_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="The order of found houses.")
class HotelSort(enum.Enum):
    RECOMMENDED = strawberry.enum_value(
        "RECOMMENDED", description="Best value first: the price of a night divided by the stars plus one."
    )
    PRICE = strawberry.enum_value("PRICE", description="Cheapest stay first.")
    DISTANCE = strawberry.enum_value("DISTANCE", description="Nearest first; needs `place.around`.")
    STARS = strawberry.enum_value("STARS", description="Most stars first.")


@strawberry.input(description="A box on the map, in degrees.")
class BoundingBoxInput:
    south: float = strawberry.field(description="Southern edge.")
    west: float = strawberry.field(description="Western edge; greater than `east` when the box crosses 180°.")
    north: float = strawberry.field(description="Northern edge.")
    east: float = strawberry.field(description="Eastern edge.")


@strawberry.input(description="A circle on the map.")
class AroundInput:
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    radius_meters: float = strawberry.field(default=2000.0, description="Up to 100,000.")


@strawberry.input(one_of=True, description="Where to look: exactly one of these.")
class PlaceInput:
    city: strawberry.Maybe[str] = strawberry.field(
        description="A city's name; accents, case and small typos do not matter."
    )
    text: strawberry.Maybe[str] = strawberry.field(description="Words of a hotel's name.")
    box: strawberry.Maybe[BoundingBoxInput] = strawberry.field(description="Within a box on the map.")
    around: strawberry.Maybe[AroundInput] = strawberry.field(description="Around a point.")


@strawberry.input(description="What a house must have.")
class HotelFilterInput:
    min_per_night_minor_units: BigInt | None = strawberry.field(
        default=None, description="Least price of an average night, all rooms."
    )
    max_per_night_minor_units: BigInt | None = strawberry.field(
        default=None, description="Highest price of an average night, all rooms."
    )
    stars: list[int] | None = strawberry.field(default=None, description="Any of these.")
    amenities: list[Amenity] | None = strawberry.field(default=None, description="All of these.")


@strawberry.input(description="What a guest looks for.")
class HotelSearchInput:
    place: PlaceInput = strawberry.field(description="Where.")
    check_in: dt.date = strawberry.field(description="First night, a day at the hotel.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    rooms: list[RoomOccupancyInput] = strawberry.field(description="One entry a room; all of one room type.")
    filter: HotelFilterInput | None = strawberry.field(default=None, description="What the house must have.")


@strawberry.type(description="A house with its cheapest offer for the stay.")
class HotelOffer:
    hotel: Hotel = strawberry.field(description="The house.")
    room_type: RoomType = strawberry.field(description="The room type of the offer.")
    rate_plan: RatePlan = strawberry.field(description="The rate plan of the offer.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included.")
    per_night: Money = strawberry.field(description="The average night of all rooms, taxes included.")
    rooms_left: int = strawberry.field(description="Rooms of this type free on every night.")
    distance_meters: int | None = strawberry.field(description="From the point asked for.")


@strawberry.type(description="One page of found houses.")
class HotelOfferConnection(Connection[HotelOffer]):
    total_count: int = strawberry.field(description="Houses found, on all pages.")
    as_of: dt.datetime = strawberry.field(
        description="The newest fact the search index knows of. A quote decides; search only finds."
    )


@strawberry.enum(description="What a suggestion is.")
class PlaceKind(enum.Enum):
    CITY = "CITY"
    HOTEL = "HOTEL"


@strawberry.type(description="A city or a house that completes what was typed.")
class PlaceSuggestion:
    kind: PlaceKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name.")
    city: str = strawberry.field(description="The city.")
    country: CountryCode = strawberry.field(description="The country.")
    hotel_count: int = strawberry.field(description="Houses there.")
    hotel_id: strawberry.ID | None = strawberry.field(description="The house's id, if it is one.")


@strawberry.type
class HotelQueries:
    @strawberry.field(
        description="Houses with a free offer for a stay. Refusals name the input field in `extensions.field`."
    )
    async def search_hotels(
        self,
        info: Info,
        input: Annotated[HotelSearchInput, strawberry.argument(description="What to look for.")],  # noqa: A002
        sort: Annotated[HotelSort, strawberry.argument(description="The order.")] = HotelSort.RECOMMENDED,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> HotelOfferConnection:
        request = search_pb2.SearchHotelsRequest(
            place=_place(input.place),
            check_in=input.check_in.isoformat(),
            check_out=input.check_out.isoformat(),
            rooms=occupancy_messages(input.rooms),
            filter=_filter(input.filter),
            sort=search_pb2.HotelSort.Value(f"HOTEL_SORT_{sort.value}"),
            first=at_least_one(first),
            after=after or "",
        )
        response = await call(info.context.services.search.SearchHotels, request)
        return HotelOfferConnection(
            edges=[Edge(node=_offer(hit), cursor=hit.cursor) for hit in response.hits],
            page_info=page_info(
                [hit.cursor for hit in response.hits], has_next_page=response.has_next_page, after=after
            ),
            total_count=response.total_count,
            as_of=from_timestamp(response.index.as_of),
        )

    @strawberry.field(description="Cities and houses that complete what a person is typing.")
    async def suggest_places(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="What was typed so far.")],
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 10,
    ) -> list[PlaceSuggestion]:
        request = search_pb2.SuggestPlacesRequest(text=text, first=at_least_one(first))
        response = await call(info.context.services.search.SuggestPlaces, request)
        return [
            PlaceSuggestion(
                kind=PlaceKind(search_pb2.PlaceKind.Name(found.kind).removeprefix("PLACE_KIND_")),
                name=found.name,
                city=found.city,
                country=CountryCode(found.country),
                hotel_count=found.hotel_count,
                hotel_id=strawberry.ID(encode_id("Hotel", found.hotel_id)) if found.hotel_id else None,
            )
            for found in response.suggestions
        ]

    @strawberry.field(description="A house by id; null if there is none.")
    async def hotel(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Hotel | None:
        found = await info.context.load.hotel.load(decode_id("Hotel", id, path=("id",)))
        return hotel(found) if found else None


def _place(place: PlaceInput) -> search_pb2.Place:
    if place.city:
        return search_pb2.Place(city=place.city.value)
    if place.text:
        return search_pb2.Place(text=place.text.value)
    if place.box:
        box = place.box.value
        return search_pb2.Place(
            box=search_pb2.BoundingBox(south=box.south, west=box.west, north=box.north, east=box.east)
        )
    if place.around:
        around = place.around.value
        return search_pb2.Place(
            around=search_pb2.Around(
                latitude=around.latitude, longitude=around.longitude, radius_meters=around.radius_meters
            )
        )
    return search_pb2.Place()


def _filter(wanted: HotelFilterInput | None) -> search_pb2.HotelFilter:
    if wanted is None:
        return search_pb2.HotelFilter()
    return search_pb2.HotelFilter(
        min_per_night_minor_units=wanted.min_per_night_minor_units or 0,
        max_per_night_minor_units=wanted.max_per_night_minor_units or 0,
        stars=wanted.stars or [],
        amenities=[amenity.value for amenity in wanted.amenities or []],
    )


def _offer(hit: search_pb2.HotelHit) -> HotelOffer:
    house = hotel(hit.hotel)
    kind_id, plan_id = encode_id("RoomType", hit.room_type_id), encode_id("RatePlan", hit.rate_plan_id)
    return HotelOffer(
        hotel=house,
        room_type=next(kind for kind in house.room_types if kind.id == kind_id),
        rate_plan=next(plan for plan in house.rate_plans if plan.id == plan_id),
        total=money(hit.total),
        per_night=money(hit.per_night),
        rooms_left=hit.rooms_left,
        distance_meters=hit.distance_meters if hit.HasField("distance_meters") else None,
    )
