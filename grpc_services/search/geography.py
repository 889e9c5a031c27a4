"""Where houses are: distances, and the houses of a place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contracts.search.v1 import search_pb2
from grpc_services.search.columns import Floats, Ints
from grpc_services.search.index import Index
from grpc_services.search.places import Cities, HotelNames, folded
from runtime.errors import InvalidInput

_EARTH_RADIUS_METERS = 6_371_008.8


@dataclass(slots=True)
class Point:
    """Degrees."""

    latitude: float
    longitude: float


@dataclass(slots=True)
class Ground:
    """The houses of a place. `city` names them when they are all of a city, `point` is what a place on the map was
    measured from."""

    rows: Ints
    point: Point | None = None
    city: str = ""

    def middle(self, index: Index) -> Point | None:
        """The point, else the median house's position, so that one far away does not move it; None without houses."""
        if self.point or not len(self.rows):
            return self.point
        latitude, longitude = np.median(index.houses.latitude[self.rows]), np.median(index.houses.longitude[self.rows])
        return Point(float(np.degrees(latitude)), float(np.degrees(longitude)))


class PlaceNames:
    """Names of cities and houses as the index has them; made anew when they changed."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._naming = -1
        self._cities = Cities({})
        self._hotels = HotelNames({})

    @property
    def cities(self) -> Cities:
        self._refresh()
        return self._cities

    @property
    def hotels(self) -> HotelNames:
        self._refresh()
        return self._hotels

    def _refresh(self) -> None:
        index = self._index
        if self._naming != index.naming:
            self._naming = index.naming
            self._cities = Cities({city: len(rows) for city, rows in index.cities.items()})
            self._hotels = HotelNames({row: index.house(row).folded_name for row in index.row_of.values()})


def distances(index: Index, houses: Ints, point: Point) -> Floats:
    """Great-circle metres from a point to each house, by the haversine formula."""
    latitude, longitude = np.radians(point.latitude), np.radians(point.longitude)
    latitudes = index.houses.latitude[houses]
    by_latitude = np.sin((latitudes - latitude) / 2) ** 2
    by_longitude = np.sin((index.houses.longitude[houses] - longitude) / 2) ** 2
    chord = np.clip(by_latitude + np.cos(latitude) * np.cos(latitudes) * by_longitude, 0.0, 1.0)
    metres: Floats = 2 * _EARTH_RADIUS_METERS * np.arcsin(np.sqrt(chord))
    return metres


def within(index: Index, point: Point, meters: float) -> Ints:
    """Houses at most so far from a point."""
    everything = index.published()
    return everything[distances(index, everything, point) <= meters]


def houses_at(index: Index, names: PlaceNames, place: search_pb2.Place) -> Ground:
    match place.WhichOneof("place"):
        case "city":
            city = names.cities.find(place.city)
            if city is None:
                raise InvalidInput("We know no city of this name.", path=("place", "city"))
            return Ground(index.city_rows(city), city=city)
        case "text":
            return Ground(np.array(names.hotels.find(folded(place.text)), dtype=np.int64))
        case "box":
            return _in_box(index, place.box)
        case _:
            point = Point(place.around.latitude, place.around.longitude)
            return Ground(within(index, point, place.around.radius_meters), point)


def _in_box(index: Index, box: search_pb2.BoundingBox) -> Ground:
    everything = index.published()
    south, north, west, east = np.radians([box.south, box.north, box.west, box.east])
    latitude, longitude = index.houses.latitude[everything], index.houses.longitude[everything]
    after_west, before_east = longitude >= west, longitude <= east
    inside = (after_west & before_east) if west <= east else (after_west | before_east)
    inside &= (latitude >= south) & (latitude <= north)
    width = (box.east - box.west) % 360
    middle = (box.west + width / 2 + 180) % 360 - 180
    return Ground(everything[inside], Point((box.south + box.north) / 2, middle))
