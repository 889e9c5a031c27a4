"""What a search asks for, checked; and the order of its answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.hotel.v1 import hotel_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.places import folded
from runtime.errors import InvalidInput

LONGEST_STAY_NIGHTS = 60
MOST_ROOMS = 9
LARGEST_RADIUS_METERS = 100_000.0
SHORTEST_TEXT = 2


@dataclass(frozen=True, slots=True)
class Party:
    adults: int
    children_ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StayQuery:
    check_in: dt.date
    check_out: dt.date
    parties: tuple[Party, ...]

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days


def parse_stay_query(
    check_in: str, check_out: str, rooms: Sequence[hotel_pb2.Occupancy], *, first_night: dt.date, end_night: dt.date
) -> StayQuery:
    """Checks dates and guests; `first_night` to `end_night` (exclusive) are the nights that the index knows."""
    arrival, departure = _parse_date(check_in, "checkIn"), _parse_date(check_out, "checkOut")
    if departure <= arrival:
        raise InvalidInput("Check-out must be after check-in.", path=("checkOut",))
    if (departure - arrival).days > LONGEST_STAY_NIGHTS:
        raise InvalidInput(f"A stay has at most {LONGEST_STAY_NIGHTS} nights.", path=("checkOut",))
    if arrival < first_night:
        raise InvalidInput("Check-in is in the past.", path=("checkIn",))
    if departure > end_night:
        raise InvalidInput(f"Nights can be booked until {end_night.isoformat()}.", path=("checkOut",))
    if not 1 <= len(rooms) <= MOST_ROOMS:
        raise InvalidInput(f"Ask for 1 to {MOST_ROOMS} rooms.", path=("rooms",))
    parties = []
    for number, room in enumerate(rooms):
        if not 1 <= room.adults <= 20:
            raise InvalidInput("A room needs 1 to 20 adults.", path=("rooms", str(number), "adults"))
        if any(not 0 <= age <= 17 for age in room.children_ages):
            raise InvalidInput("Children are 0 to 17 years old.", path=("rooms", str(number), "childrenAges"))
        parties.append(Party(room.adults, tuple(room.children_ages)))
    return StayQuery(arrival, departure, tuple(parties))


def check_place(place: search_pb2.Place) -> None:
    kind = place.WhichOneof("place")
    if kind is None:
        raise InvalidInput("Say where: a city, a name, a box or a point.", path=("place",))
    if kind == "text" and len(folded(place.text)) < SHORTEST_TEXT:
        raise InvalidInput(f"Type at least {SHORTEST_TEXT} letters.", path=("place", "text"))
    if kind == "box":
        box = place.box
        if not (-90 <= box.south <= box.north <= 90 and -180 <= box.west <= 180 and -180 <= box.east <= 180):
            raise InvalidInput("This is not a box on the map.", path=("place", "box"))
    if kind == "around":
        around = place.around
        if not (-90 <= around.latitude <= 90 and -180 <= around.longitude <= 180):
            raise InvalidInput("This is not a point on the map.", path=("place", "around"))
        if not 0 < around.radius_meters <= LARGEST_RADIUS_METERS:
            raise InvalidInput(
                f"The radius is 1 to {LARGEST_RADIUS_METERS:.0f} metres.", path=("place", "around", "radiusMeters")
            )


def _parse_date(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=(field,)) from None
