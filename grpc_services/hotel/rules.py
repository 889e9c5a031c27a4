"""What a stay costs and who fits in a room: pure functions, the only place where prices are made.

Prices are whole minor units. A night's price is the room type's base price times every matching rule and
the rate plan's adjustment, carried in millionths of a minor unit and rounded once, half to even. A stay's
lines are such whole amounts, so they always sum exactly to its total. No rule lifts a night above
LARGEST_NIGHT, which keeps every product within 64 bits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from runtime.errors import InvalidInput

LONGEST_STAY_NIGHTS = 60
BOOKABLE_NIGHTS = 500
MOST_CATALOGUE_NIGHTS = 1000
MOST_ROOMS = 9
OLDEST_CHILD = 17
EVERY_DAY = 0b1111111
LARGEST_NIGHT = 300_000_000  # minor units; three times the largest base price

_SCALE = 1_000_000
_WHOLE = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A price rule; nights are dates, `last_night` included."""

    first_night: dt.date
    last_night: dt.date
    weekdays: int
    basis_points: int


@dataclass(frozen=True, slots=True)
class Guests:
    adults: int
    children_ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Occupancy:
    max_adults: int
    max_children: int

    def fits(self, guests: Guests) -> bool:
        """Children may take adults' places, never the other way round."""
        everyone = guests.adults + len(guests.children_ages)
        return guests.adults <= self.max_adults and everyone <= self.max_adults + self.max_children


@dataclass(frozen=True, slots=True)
class Stay:
    """Half-open: the night of `check_out` is not slept."""

    check_in: dt.date
    check_out: dt.date

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    def dates(self) -> list[dt.date]:
        return [self.check_in + dt.timedelta(days=number) for number in range(self.nights)]


def parse_stay(check_in: str, check_out: str) -> Stay:
    """Reads and checks what can be checked without knowing the house."""
    stay = Stay(_parse_date(check_in, "checkIn"), _parse_date(check_out, "checkOut"))
    if stay.nights < 1:
        raise InvalidInput("Check-out must be after check-in.", path=("checkOut",))
    if stay.nights > LONGEST_STAY_NIGHTS:
        raise InvalidInput(f"A stay has at most {LONGEST_STAY_NIGHTS} nights.", path=("checkOut",))
    return stay


def parse_catalogue_window(first_night: str, nights: int) -> dt.date:
    """Which nights a catalogue shows prices of: one at least, some more than can be booked at most."""
    if not 1 <= nights <= MOST_CATALOGUE_NIGHTS:
        raise InvalidInput(f"Ask for 1 to {MOST_CATALOGUE_NIGHTS} nights.", path=("nights",))
    return _parse_date(first_night, "firstNight")


def check_bookable_dates(stay: Stay, time_zone: str, now: dt.datetime) -> None:
    """A stay begins today at the hotel or later, and ends within the bookable nights."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if stay.check_in < today:
        raise InvalidInput("Check-in is in the past.", path=("checkIn",))
    if stay.check_out > today + dt.timedelta(days=BOOKABLE_NIGHTS):
        raise InvalidInput(f"Nights can be booked {BOOKABLE_NIGHTS} days ahead.", path=("checkOut",))


def check_guests(guests: Guests, path: Sequence[str]) -> None:
    if not 1 <= guests.adults <= 20:
        raise InvalidInput("A room needs 1 to 20 adults.", path=(*path, "adults"))
    if any(not 0 <= age <= OLDEST_CHILD for age in guests.children_ages):
        raise InvalidInput(f"Children are 0 to {OLDEST_CHILD} years old.", path=(*path, "childrenAges"))


def check_number_of_rooms(number: int) -> None:
    if not 1 <= number <= MOST_ROOMS:
        raise InvalidInput(f"Ask for 1 to {MOST_ROOMS} rooms.", path=("rooms",))


def nightly_prices(
    base_minor_units: int,
    adjustments: Sequence[Adjustment],
    plan_basis_points: int,
    first_night: dt.date,
    nights: int,
) -> npt.NDArray[np.int64]:
    """The price of each night from `first_night` on, in minor units."""
    scaled = np.full(nights, base_minor_units * _SCALE, dtype=np.int64)
    weekday = (np.arange(nights) + first_night.weekday()) % 7
    for adjustment in adjustments:
        start = max((adjustment.first_night - first_night).days, 0)
        end = min((adjustment.last_night - first_night).days + 1, nights)
        if start >= end:
            continue
        share = _WHOLE + adjustment.basis_points
        if adjustment.weekdays == EVERY_DAY:
            scaled[start:end] = _multiplied(scaled[start:end], share)
        else:
            chosen = np.flatnonzero((adjustment.weekdays >> weekday[start:end]) & 1) + start
            scaled[chosen] = _multiplied(scaled[chosen], share)
    scaled = _multiplied(scaled, _WHOLE + plan_basis_points)
    whole, rest = np.divmod(scaled, _SCALE)
    half = _SCALE // 2
    rounded: npt.NDArray[np.int64] = whole + ((rest > half) | ((rest == half) & (whole % 2 == 1)))
    return rounded


def _multiplied(scaled: npt.NDArray[np.int64], share: int) -> npt.NDArray[np.int64]:
    return np.minimum(scaled * share // _WHOLE, LARGEST_NIGHT * _SCALE)


def city_tax(minor_units_per_person_night: int, exempt_below_age: int, guests: Guests, nights: int) -> int:
    """Adults and children from the age on pay for every night."""
    taxed = guests.adults + sum(age >= exempt_below_age for age in guests.children_ages)
    return minor_units_per_person_night * taxed * nights


def per_night(total_minor_units: int, nights: int) -> int:
    """The average night, rounded half to even: for display only, never added up."""
    whole, rest = divmod(total_minor_units, nights)
    return whole + (2 * rest > nights or (2 * rest == nights and whole % 2 == 1))


def _parse_date(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=(field,)) from None
