"""What a search asks for, checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.hotel.v1 import rate_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.places import folded
from runtime.errors import InvalidInput

LONGEST_STAY_NIGHTS = 60
MOST_ROOMS = 9
LARGEST_RADIUS_METERS = 100_000.0
SHORTEST_TEXT = 2
LONGEST_TEXT = 200
MOST_VALUES = 50
OLDEST_CHILD = 17
MOST_CHILDREN = 20


@dataclass(frozen=True, slots=True)
class Party:
    adults: int
    children_ages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StayQuery:
    """Half-open: the night of `check_out` is not slept. One party a room."""

    check_in: dt.date
    check_out: dt.date
    parties: tuple[Party, ...]

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    def moved(self, check_in: dt.date, check_out: dt.date) -> StayQuery:
        return StayQuery(check_in, check_out, self.parties)


def parse_stay_query(
    check_in: str, check_out: str, rooms: Sequence[rate_pb2.Occupancy], *, first_night: dt.date, end_night: dt.date
) -> StayQuery:
    """Checks dates and guests; `first_night` to `end_night` (exclusive) are the nights that the index knows."""
    arrival, departure = _parse_date(check_in, "checkIn"), _parse_date(check_out, "checkOut")
    if departure <= arrival:
        raise InvalidInput("Check-out must be after check-in.", path=("checkOut",))
    if (departure - arrival).days > LONGEST_STAY_NIGHTS:
        raise InvalidInput(f"A stay has at most {LONGEST_STAY_NIGHTS} nights.", path=("checkOut",))
    if arrival < first_night:
        raise InvalidInput("Check-in is in the past.", path=("checkIn",))
    if departure >= end_night:
        raise InvalidInput("This is too far ahead to be booked.", path=("checkOut",))
    if not 1 <= len(rooms) <= MOST_ROOMS:
        raise InvalidInput(f"Ask for 1 to {MOST_ROOMS} rooms.", path=("rooms",))
    parties = []
    for number, room in enumerate(rooms):
        adults, ages = room.adults, tuple(room.children_ages)
        if not 1 <= adults <= 20:
            raise InvalidInput("A room needs 1 to 20 adults.", path=("rooms", str(number), "adults"))
        if len(ages) > MOST_CHILDREN:
            raise InvalidInput(
                f"A room takes {MOST_CHILDREN} children at most.", path=("rooms", str(number), "childrenAges")
            )
        if ages and not 0 <= min(ages) <= max(ages) <= OLDEST_CHILD:
            raise InvalidInput(
                f"Children are 0 to {OLDEST_CHILD} years old.", path=("rooms", str(number), "childrenAges")
            )
        parties.append(Party(adults, ages))
    return StayQuery(arrival, departure, tuple(parties))


def check_place(place: search_pb2.Place) -> None:
    kind = place.WhichOneof("place")
    if kind is None:
        raise InvalidInput("Say where: a city, a name, a box or a point.", path=("place",))
    if len(place.city) > LONGEST_TEXT or len(place.text) > LONGEST_TEXT:
        raise InvalidInput(f"At most {LONGEST_TEXT} characters.", path=("place", kind))
    if kind == "text" and len(folded(place.text)) < SHORTEST_TEXT:
        raise InvalidInput(f"Type at least {SHORTEST_TEXT} letters.", path=("place", "text"))
    if kind == "box":
        box = place.box
        if not (-90 <= box.south <= box.north <= 90 and -180 <= box.west <= 180 and -180 <= box.east <= 180):
            raise InvalidInput("This is not a box on the map.", path=("place", "box"))
    if kind == "around":
        check_point(place.around.latitude, place.around.longitude, path=("place", "around"))
        check_radius(place.around.radius_meters, path=("place", "around", "radiusMeters"))


def check_point(latitude: float, longitude: float, *, path: Sequence[str]) -> None:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidInput("This is not a point on the map.", path=path)


def check_radius(meters: float, *, path: Sequence[str]) -> None:
    if not 0 < meters <= LARGEST_RADIUS_METERS:
        raise InvalidInput(f"The radius is 1 to {LARGEST_RADIUS_METERS:.0f} metres.", path=path)


def check_filter(wanted: search_pb2.HotelFilter) -> None:
    """Values that no house can have are mistakes and told as such."""
    if not wanted.ListFields():
        return
    least, most = wanted.min_per_night_minor_units, wanted.max_per_night_minor_units
    if least < 0:
        raise InvalidInput("A price is not below nothing.", path=("filter", "minPerNightMinorUnits"))
    if most < 0 or 0 < most < least:
        raise InvalidInput("This is below the least price.", path=("filter", "maxPerNightMinorUnits"))
    if any(not 0 <= stars <= 5 for stars in wanted.stars):
        raise InvalidInput("Stars are 0 (not classified) to 5.", path=("filter", "stars"))
    if not 0 <= wanted.min_rating_hundredths <= 500:
        raise InvalidInput("Ratings are at most 5.", path=("filter", "minRating"))
    for name, values in (("stars", wanted.stars), ("amenities", wanted.amenities), ("mealPlans", wanted.meal_plans)):
        if len(values) > MOST_VALUES:
            raise InvalidInput(f"Name at most {MOST_VALUES}.", path=("filter", name))


def _parse_date(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=(field,)) from None
