"""The facts of a house that decide about offers, written into columns. What repeats from house to house, such as
time zones and lists of discounts, is kept once and stands in the columns as a number."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contracts.hotel.v1 import hotel_pb2
from grpc_services.search.columns import NO_LIMIT, HouseColumns, ProductColumns, TypeColumns

PRIOR_RATINGS = 10
PRIOR_MEAN = 350  # hundredths
NEVER_FREE = NO_LIMIT
ALWAYS_FREE = -NO_LIMIT
_MOST_AMENITIES = 63

Value = TypeVar("Value", bound=Hashable)


class Numbered(Generic[Value]):
    """Different values in the order in which they were met."""

    def __init__(self) -> None:
        self._numbers: dict[Value, int] = {}
        self.values: list[Value] = []

    def number_of(self, value: Value) -> int:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number


@dataclass(slots=True)
class Distinct:
    zones: Numbered[str] = field(default_factory=Numbered)
    clocks: Numbered[tuple[str, str]] = field(default_factory=Numbered)  # (time zone, check-in time)
    currencies: Numbered[str] = field(default_factory=Numbered)
    amenities: Numbered[str] = field(default_factory=Numbered)
    child_bands: Numbered[tuple[tuple[int, int], ...]] = field(default_factory=Numbered)  # (to age, amount)
    discounts: Numbered[tuple[tuple[int, int], ...]] = field(default_factory=Numbered)  # (nights, basis points)

    def amenity_bits(self, names: Iterable[str]) -> int:
        """A mask of bits; amenities beyond the 63rd name, far more than a house can choose from, have none."""
        numbers = (self.amenities.number_of(name) for name in names)
        return sum(1 << number for number in set(numbers) if number < _MOST_AMENITIES)

    def wanted_bits(self, names: Sequence[str]) -> int | None:
        """The mask of amenities that are looked for; None when no house has one of them."""
        if not set(names) <= set(self.amenities.values[:_MOST_AMENITIES]):
            return None
        return self.amenity_bits(names)


def put_house_facts(columns: HouseColumns, row: int, hotel: hotel_pb2.Hotel, distinct: Distinct) -> None:
    columns.latitude[row] = math.radians(hotel.latitude)
    columns.longitude[row] = math.radians(hotel.longitude)
    columns.stars[row] = hotel.stars
    columns.rating[row] = hotel.rating.mean_hundredths if hotel.rating.count else 0
    columns.rank[row] = bayesian_mean(hotel.rating.count, hotel.rating.mean_hundredths)
    columns.amenities[row] = distinct.amenity_bits(hotel.amenities)
    columns.city_tax[row] = hotel.city_tax_per_person_night.minor_units
    columns.tax_exempt_below[row] = hotel.city_tax_exempt_below_age
    columns.tax_nights[row] = hotel.city_tax_max_nights or NO_LIMIT
    columns.vat[row] = 0 if hotel.vat_included else hotel.vat_basis_points
    columns.zone[row] = distinct.zones.number_of(hotel.time_zone)
    columns.clock[row] = distinct.clocks.number_of((hotel.time_zone, hotel.check_in_time))
    columns.currency[row] = distinct.currencies.number_of(hotel.currency)


def put_type_facts(columns: TypeColumns, row: int, kind: hotel_pb2.RoomType, distinct: Distinct) -> None:
    pricing = kind.occupancy_pricing
    columns.max_adults[row] = kind.max_adults
    columns.max_guests[row] = kind.max_adults + kind.max_children
    columns.oldest_child_age[row] = kind.oldest_child_age
    columns.included_adults[row] = pricing.included_adults
    columns.extra_adult[row] = pricing.extra_adult_minor_units
    columns.fewer_adult[row] = pricing.fewer_adult_discount_minor_units
    bands = tuple((price.to_age, price.minor_units) for price in pricing.child_prices)
    columns.child_bands[row] = distinct.child_bands.number_of(bands)


def put_product_facts(columns: ProductColumns, row: int, plan: hotel_pb2.RatePlan, distinct: Distinct) -> None:
    columns.meal_plan[row] = plan.meal_plan
    columns.adult_meals[row] = plan.adult_supplement_minor_units
    columns.child_meals[row] = plan.child_supplement_minor_units
    discounts = tuple((discount.min_nights, discount.basis_points) for discount in plan.stay_discounts)
    columns.discounts[row] = distinct.discounts.number_of(discounts)
    columns.min_advance[row] = plan.min_advance_days
    columns.max_advance[row] = plan.max_advance_days if plan.HasField("max_advance_days") else NO_LIMIT
    columns.free_until[row] = free_until(plan.cancellation_policy)


def bayesian_mean(count: int, mean_hundredths: int) -> int:
    """The mean rating in ten-thousandths as if ten guests had rated 3.5 before the first one came, so that one
    enthusiast does not outrank hundreds of content guests."""
    return 100 * (PRIOR_RATINGS * PRIOR_MEAN + count * mean_hundredths) // (PRIOR_RATINGS + count)


def free_until(policy: hotel_pb2.CancellationPolicy) -> int:
    """Until how many hours before check-in cancelling costs nothing; tiers run from generous to strict."""
    free = ALWAYS_FREE
    for number, tier in enumerate(policy.tiers):
        if tier.penalty_percent or tier.penalty_nights:
            return free if number else NEVER_FREE
        free = tier.hours_before_check_in
    return ALWAYS_FREE
