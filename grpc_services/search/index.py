"""The read model: NumPy arrays over (room type, night) and (product, night), where a product is a room
type under a rate plan. A search looks at the rows of its place only.

Houses are kept in order of city, so that the rows of a city lie together; `compile` lays the arrays out
anew after houses were added or repriced. Free rooms change in place.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from grpc_services.search.places import folded

_EARTH_RADIUS_METERS = 6_371_008.8

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Layout:
    """Arrays of one compiled state. `h` is the number of houses, `t` of room types, `p` of products."""

    hotels: list[hotel_pb2.Hotel]  # h, ordered by folded city, then id
    hotel_ids: npt.NDArray[np.str_]  # h
    names: list[str]  # h, folded
    latitude: Floats  # h, radians
    longitude: Floats
    stars: Ints  # h
    city_tax: Ints  # h, minor units per taxed person and night
    tax_exempt_below: Ints  # h
    first_product: Ints  # h + 1: products of house i are first_product[i] to first_product[i + 1]
    max_adults: Ints  # t
    max_guests: Ints  # t
    free: npt.NDArray[np.int16]  # t x nights
    price: npt.NDArray[np.int32]  # p x nights
    room_type_of: Ints  # p
    product_ids: list[tuple[str, str]]  # p: (room type id, rate plan id)
    cities: dict[str, slice]  # folded city -> its houses
    row_of: dict[str, int]  # room type id -> t


@dataclass(slots=True)
class House:
    """A house with its products' prices as an array, so that laying out anew only copies."""

    hotel: hotel_pb2.Hotel
    city: str
    product_ids: list[tuple[str, str]]
    price: npt.NDArray[np.int32]  # products x nights


@dataclass(slots=True)
class Index:
    """`first_night` is the first night that columns stand for; there are `nights` of them."""

    first_night: dt.date
    nights: int
    _houses: dict[str, House] = field(default_factory=dict)
    _free: dict[str, npt.NDArray[np.int16]] = field(default_factory=dict)
    _hotel_of: dict[str, str] = field(default_factory=dict)
    _layout: Layout | None = None

    @property
    def end_night(self) -> dt.date:
        return self.first_night + dt.timedelta(days=self.nights)

    @property
    def layout(self) -> Layout:
        if self._layout is None:
            self._layout = self._compile()
        return self._layout

    @property
    def hotels(self) -> int:
        return len(self._houses)

    @property
    def room_types(self) -> int:
        return len(self._hotel_of)

    @property
    def sellable_room_types(self) -> int:
        return len(self._free)

    def put_house(self, entry: hotel_pb2.CatalogueEntry) -> None:
        """Adds a house or replaces what is known of it."""
        price = np.zeros((len(entry.products), self.nights), dtype=np.int32)
        for row, product in enumerate(entry.products):
            price[row] = np.frombuffer(product.nightly_prices, dtype="<i4")
        self._houses[entry.hotel.id] = House(
            entry.hotel,
            folded(entry.hotel.address.city),
            [(product.room_type_id, product.rate_plan_id) for product in entry.products],
            price,
        )
        for room_type in entry.hotel.room_types:
            self._hotel_of[room_type.id] = entry.hotel.id
        self._layout = None

    def put_availability(self, room_types: Iterable[booking_pb2.RoomTypeAvailability]) -> None:
        """Sets the free rooms of every night of these room types."""
        for availability in room_types:
            free = np.full(self.nights, availability.capacity, dtype=np.int16)
            for night in availability.nights:
                column = (dt.date.fromisoformat(night.night) - self.first_night).days
                if 0 <= column < self.nights:
                    free[column] = night.free
            self._free[availability.room_type_id] = free
            if self._layout is not None:
                row = self._layout.row_of.get(availability.room_type_id)
                if row is not None:
                    self._layout.free[row] = free

    def _compile(self) -> Layout:
        ordered = sorted(self._houses.values(), key=lambda house: (house.city, house.hotel.id))
        hotels = [house.hotel for house in ordered]
        row_of: dict[str, int] = {}
        max_adults: list[int] = []
        max_guests: list[int] = []
        first_product = [0]
        product_ids: list[tuple[str, str]] = []
        room_type_of: list[int] = []
        for house in ordered:
            for room_type in house.hotel.room_types:
                row_of[room_type.id] = len(row_of)
                max_adults.append(room_type.max_adults)
                max_guests.append(room_type.max_adults + room_type.max_children)
            product_ids.extend(house.product_ids)
            room_type_of.extend(row_of[room_type_id] for room_type_id, _ in house.product_ids)
            first_product.append(len(product_ids))
        free = np.zeros((len(row_of), self.nights), dtype=np.int16)
        for identifier, row in row_of.items():
            known = self._free.get(identifier)
            if known is not None:
                free[row] = known
        nothing = np.zeros((0, self.nights), dtype=np.int32)
        price = np.concatenate([nothing, *(house.price for house in ordered)])
        return Layout(
            hotels=hotels,
            hotel_ids=np.array([hotel.id for hotel in hotels], dtype=np.str_),
            names=[folded(hotel.name) for hotel in hotels],
            latitude=np.radians([hotel.latitude for hotel in hotels], dtype=np.float64),
            longitude=np.radians([hotel.longitude for hotel in hotels], dtype=np.float64),
            stars=np.array([hotel.stars for hotel in hotels], dtype=np.int64),
            city_tax=np.array([hotel.city_tax_per_person_night.minor_units for hotel in hotels], dtype=np.int64),
            tax_exempt_below=np.array([hotel.city_tax_exempt_below_age for hotel in hotels], dtype=np.int64),
            first_product=np.array(first_product, dtype=np.int64),
            max_adults=np.array(max_adults, dtype=np.int64),
            max_guests=np.array(max_guests, dtype=np.int64),
            free=free,
            price=price,
            room_type_of=np.array(room_type_of, dtype=np.int64),
            product_ids=product_ids,
            cities=_city_slices([house.city for house in ordered]),
            row_of=row_of,
        )


def distances(layout: Layout, houses: Ints, latitude: float, longitude: float) -> Floats:
    """Great-circle metres from a point (degrees) to each house, by the haversine formula."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    d_lat = layout.latitude[houses] - lat
    d_lon = layout.longitude[houses] - lon
    chord = np.sin(d_lat / 2) ** 2 + np.cos(lat) * np.cos(layout.latitude[houses]) * np.sin(d_lon / 2) ** 2
    metres: Floats = 2 * _EARTH_RADIUS_METERS * np.arcsin(np.sqrt(chord))
    return metres


def _city_slices(cities: Sequence[str]) -> dict[str, slice]:
    bounds: dict[str, list[int]] = defaultdict(list)
    for position, city in enumerate(cities):
        bounds[city].append(position)
    return {city: slice(positions[0], positions[-1] + 1) for city, positions in bounds.items()}
