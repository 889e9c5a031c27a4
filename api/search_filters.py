"""What a guest looks for: places, filters and orders as inputs, and as the search service's request."""

from __future__ import annotations

import datetime as dt
import enum

import strawberry

from api.hotel_rates import RoomOccupancyInput, occupancy_messages
from api.rate_plans import MealPlan
from api.rooms import Amenity
from api.scalars import BigInt
from contracts.hotel.v1 import hotel_pb2
from contracts.search.v1 import search_pb2


@strawberry.enum(description="The order of found houses. Equal ones are ordered by id.")
class HotelSort(enum.Enum):
    RECOMMENDED = strawberry.enum_value(
        "RECOMMENDED",
        description=(
            "Best value for money first: the price of an average night, divided by the number of stars plus one (a "
            "house without classification counts as one star) and by the rating as in RATING."
        ),
    )
    PRICE = strawberry.enum_value(
        "PRICE", description="Cheapest stay first; amounts in different currencies are compared as they stand."
    )
    DISTANCE = strawberry.enum_value("DISTANCE", description="Nearest first; needs `place.around`.")
    RATING = strawberry.enum_value(
        "RATING", description="Best rated first: the mean rating as if ten guests had given 3.5 before anybody else."
    )
    STARS = strawberry.enum_value("STARS", description="Most stars first.")


@strawberry.input(description="A point on the globe (WGS 84).")
class PointInput:
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")


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
        description="A city's name; accents, case, articles and small typos do not matter, districts are left out."
    )
    text: strawberry.Maybe[str] = strawberry.field(
        description="Words of a hotel's name, or their beginnings; small typos do not matter."
    )
    box: strawberry.Maybe[BoundingBoxInput] = strawberry.field(description="Within a box on the map.")
    around: strawberry.Maybe[AroundInput] = strawberry.field(description="Around a point.")


@strawberry.input(description="What a house and its offer must have.")
class HotelFilterInput:
    min_per_night_minor_units: BigInt | None = strawberry.field(
        default=None, description="Least price of an average night of the cheapest offer, all rooms."
    )
    max_per_night_minor_units: BigInt | None = strawberry.field(
        default=None, description="Highest price of an average night of the cheapest offer, all rooms; 0: no limit."
    )
    stars: list[int] | None = strawberry.field(default=None, description="Any of these; 0 is not classified.")
    amenities: list[Amenity] | None = strawberry.field(default=None, description="All of these.")
    min_rating: float | None = strawberry.field(default=None, description="Mean rating at least, 1 to 5.")
    meal_plans: list[MealPlan] | None = strawberry.field(
        default=None, description="Only offers with any of these meals."
    )
    free_cancellation: bool = strawberry.field(
        default=False, description="Only offers that could be cancelled free of charge at this moment."
    )


@strawberry.input(description="What a guest looks for.")
class HotelSearchInput:
    place: PlaceInput = strawberry.field(description="Where.")
    check_in: dt.date = strawberry.field(description="First night, a day at the hotel.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    rooms: list[RoomOccupancyInput] = strawberry.field(
        description="One entry a room; they may be of different room types."
    )
    filter: HotelFilterInput | None = strawberry.field(default=None, description="What houses and offers must have.")


def search_request(
    wanted: HotelSearchInput,
    sort: HotelSort,
    first: int,
    after: str | None,
    *,
    with_facets: bool,
    with_alternatives: bool,
) -> search_pb2.SearchHotelsRequest:
    return search_pb2.SearchHotelsRequest(
        place=_place(wanted.place),
        check_in=wanted.check_in.isoformat(),
        check_out=wanted.check_out.isoformat(),
        rooms=occupancy_messages(wanted.rooms),
        filter=_filter(wanted.filter),
        sort=search_pb2.HotelSort.Value(f"HOTEL_SORT_{sort.value}"),
        first=first,
        after=after or "",
        with_facets=with_facets,
        with_alternatives=with_alternatives,
    )


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
        amenities=[amenity.name for amenity in wanted.amenities or []],
        min_rating_hundredths=_hundredths(wanted.min_rating),
        meal_plans=[hotel_pb2.MealPlan.Value(f"MEAL_PLAN_{meals.value}") for meals in wanted.meal_plans or []],
        free_cancellation=wanted.free_cancellation,
    )


def _hundredths(rating: float | None) -> int:
    """What is no rating is left to the service to refuse."""
    return max(-1, min(round((rating or 0) * 100), 501))
