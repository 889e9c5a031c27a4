"""What guests, long stays, extras and taxes make of the prices of nights: pure functions, whole minor units.

A stay's lines are whole amounts, so they always sum exactly to its total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grpc_services.hotel.rules import Guests, Stay
from runtime.shares import share_of


@dataclass(frozen=True, slots=True)
class OccupancyPrices:
    """What guests beyond or below the included ones change of a night; bands are (to age, minor units)."""

    included_adults: int
    extra_adult: int
    fewer_adult_discount: int
    child_bands: tuple[tuple[int, int], ...]

    def surcharge(self, guests: Guests) -> int:
        """Negative when fewer adults come than are included."""
        extra = max(0, guests.adults - self.included_adults) * self.extra_adult
        fewer = max(0, self.included_adults - guests.adults) * self.fewer_adult_discount
        return extra - fewer + sum(self._child(age) for age in guests.children_ages)

    def _child(self, age: int) -> int:
        return next((price for to_age, price in self.child_bands if age <= to_age), 0)


@dataclass(frozen=True, slots=True)
class MealPrices:
    """Per person and night."""

    adult: int
    child: int

    def supplement(self, guests: Guests) -> int:
        return guests.adults * self.adult + len(guests.children_ages) * self.child


@dataclass(frozen=True, slots=True)
class StayDiscount:
    min_nights: int
    basis_points: int


@dataclass(frozen=True, slots=True)
class Taxes:
    """`vat_basis_points` are 0 where prices contain it; `city_tax` is per person and night."""

    vat_basis_points: int
    city_tax: int
    exempt_below_age: int
    city_tax_max_nights: int

    def taxed(self, guests: Guests) -> int:
        """Everybody from the age on; guests given as adults are."""
        return guests.adults + sum(age >= self.exempt_below_age for age in guests.children_ages)

    def taxed_nights(self, stay: Stay) -> int:
        return min(stay.nights, self.city_tax_max_nights or stay.nights)


@dataclass(frozen=True, slots=True)
class RoomCharges:
    """All of one room; `discount` is what is taken off the nights."""

    nights: int
    discount: int
    extras: int
    vat: int
    city_tax: int

    @property
    def total(self) -> int:
        return self.nights - self.discount + self.extras + self.vat + self.city_tax


def night_charge(price: int, surcharge: int, meals: int) -> int:
    """A night never costs less than nothing."""
    return max(0, price + surcharge + meals)


def stay_discount(discounts: Sequence[StayDiscount], nights: int) -> StayDiscount | None:
    """The longest that the stay reaches."""
    reached = [discount for discount in discounts if discount.min_nights <= nights]
    return max(reached, key=lambda discount: discount.min_nights, default=None)


def room_charges(
    nights_total: int, discount: StayDiscount | None, taxes: Taxes, guests: Guests, stay: Stay, *, extras: int = 0
) -> RoomCharges:
    """`guests` as they were given: city tax asks for ages alone. `extras` bear VAT as nights do, and no discount."""
    off = share_of(nights_total, discount.basis_points) if discount else 0
    return RoomCharges(
        nights=nights_total,
        discount=off,
        extras=extras,
        vat=share_of(nights_total - off + extras, taxes.vat_basis_points),
        city_tax=taxes.city_tax * taxes.taxed(guests) * taxes.taxed_nights(stay),
    )
