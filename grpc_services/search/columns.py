"""Facts of houses, room types and products as columns of arrays. A row never moves until the index is put in
order, so its number can be kept; rows beyond the used ones are spare room.

A product is a room type under a rate plan. Amounts are minor units of the house's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = "npt.NDArray[np.int64]"
Floats: TypeAlias = "npt.NDArray[np.float64]"
Bools: TypeAlias = "npt.NDArray[np.bool_]"
Rows: TypeAlias = "slice | Ints"  # either picks rows of a column

NO_LIMIT = 2**31 - 1
SMALLEST_GROWTH = 64


def _whole() -> Ints:
    return np.zeros(0, dtype=np.int64)


def _real() -> Floats:
    return np.zeros(0, dtype=np.float64)


def _half_id() -> npt.NDArray[np.uint64]:
    return np.zeros(0, dtype=np.uint64)


@dataclass(slots=True)
class Columns:
    """`used` rows are taken, `room` rows are there."""

    used: int = 0
    room: int = 0

    def append(self, rows: int) -> int:
        """Takes so many rows at the end and answers the first one's number."""
        first = self.used
        self.used += rows
        if self.used > self.room:
            self.room = max(self.used, self.room + self.room // 4, SMALLEST_GROWTH)
            for name in self._arrays():
                setattr(self, name, grown(getattr(self, name), self.room))
        return first

    def reorder(self, order: Ints) -> None:
        """Only these rows stay, in this order."""
        for name in self._arrays():
            setattr(self, name, getattr(self, name)[order])
        self.used = self.room = len(order)

    def _arrays(self) -> list[str]:
        return [column.name for column in fields(self) if column.name not in ("used", "room")]


@dataclass(slots=True)
class HouseColumns(Columns):
    latitude: Floats = field(default_factory=_real)  # radians
    longitude: Floats = field(default_factory=_real)
    id_high: npt.NDArray[np.uint64] = field(default_factory=_half_id)  # together they order as the id's text does
    id_low: npt.NDArray[np.uint64] = field(default_factory=_half_id)
    stars: Ints = field(default_factory=_whole)  # 0: not classified
    rating: Ints = field(default_factory=_whole)  # mean in hundredths, 0: nobody rated
    rank: Ints = field(default_factory=_whole)  # Bayesian mean in ten-thousandths
    amenities: Ints = field(default_factory=_whole)  # a bit an amenity
    city_tax: Ints = field(default_factory=_whole)  # per taxed person and night
    tax_exempt_below: Ints = field(default_factory=_whole)
    tax_nights: Ints = field(default_factory=_whole)  # at most so many are taxed
    vat: Ints = field(default_factory=_whole)  # basis points to be added; 0: prices contain it
    zone: Ints = field(default_factory=_whole)  # number of the time zone
    clock: Ints = field(default_factory=_whole)  # number of the pair (time zone, check-in time)
    currency: Ints = field(default_factory=_whole)  # number of the currency
    first_type: Ints = field(default_factory=_whole)
    types: Ints = field(default_factory=_whole)
    first_product: Ints = field(default_factory=_whole)
    products: Ints = field(default_factory=_whole)


@dataclass(slots=True)
class TypeColumns(Columns):
    max_adults: Ints = field(default_factory=_whole)
    max_guests: Ints = field(default_factory=_whole)
    oldest_child_age: Ints = field(default_factory=_whole)  # who is older counts as an adult
    included_adults: Ints = field(default_factory=_whole)
    extra_adult: Ints = field(default_factory=_whole)
    fewer_adult: Ints = field(default_factory=_whole)  # taken off for every adult fewer than included
    child_bands: Ints = field(default_factory=_whole)  # number of the list of child prices
    sellable: Ints = field(default_factory=_whole)  # 1 once booking has told of it


@dataclass(slots=True)
class ProductColumns(Columns):
    type: Ints = field(default_factory=_whole)
    meal_plan: Ints = field(default_factory=_whole)  # number of hotel.v1.MealPlan
    adult_meals: Ints = field(default_factory=_whole)  # per adult and night
    child_meals: Ints = field(default_factory=_whole)
    discounts: Ints = field(default_factory=_whole)  # number of the list of stay discounts
    min_advance: Ints = field(default_factory=_whole)  # days, of the plan; 0: none
    max_advance: Ints = field(default_factory=_whole)  # days, of the plan; NO_LIMIT: none
    free_until: Ints = field(default_factory=_whole)  # free to cancel until so many hours before check-in


def grown(array: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """The array with room for more rows at its end, which are zero."""
    larger = np.zeros(rows, dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def as_rows(first: Ints, counts: Ints) -> Rows:
    """The rows of runs that begin at `first`: a slice where they follow each other, else their numbers."""
    if not len(first):
        return slice(0, 0)
    if bool((first[1:] == (first + counts)[:-1]).all()):
        return slice(int(first[0]), int(first[-1] + counts[-1]))
    starts = np.cumsum(counts) - counts
    return np.repeat(first - starts, counts) + np.arange(int(counts.sum()))
