"""Which stays can be asked for and who fits in a room: pure functions. What a stay costs is decided in
night_prices and charges, whether it is sold in restrictions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from runtime.errors import InvalidInput

LONGEST_STAY_NIGHTS = 60
BOOKABLE_NIGHTS = 500
MOST_CATALOGUE_NIGHTS = 1000
MOST_CALENDAR_NIGHTS = 62
MOST_ROOMS = 9
OLDEST_CHILD = 17
EVERY_DAY = 0b1111111
LARGEST_NIGHT = 300_000_000  # minor units; three times the largest base price


@dataclass(frozen=True, slots=True)
class Guests:
    adults: int
    children_ages: tuple[int, ...]

    def counted(self, oldest_child_age: int) -> Guests:
        """As a room type counts them: who is older than its children is an adult there."""
        children = tuple(age for age in self.children_ages if age <= oldest_child_age)
        return Guests(self.adults + len(self.children_ages) - len(children), children)


@dataclass(frozen=True, slots=True)
class Occupancy:
    max_adults: int
    max_children: int
    oldest_child_age: int

    def fits(self, guests: Guests) -> bool:
        """Children may take adults' places, never the other way round."""
        guests = guests.counted(self.oldest_child_age)
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
    stay = Stay(parse_date(check_in, "checkIn"), parse_date(check_out, "checkOut"))
    if stay.nights < 1:
        raise InvalidInput("Check-out must be after check-in.", path=("checkOut",))
    if stay.nights > LONGEST_STAY_NIGHTS:
        raise InvalidInput(f"A stay has at most {LONGEST_STAY_NIGHTS} nights.", path=("checkOut",))
    return stay


def parse_catalogue_window(first_night: str, nights: int) -> tuple[dt.date, dt.date]:
    """Which nights a catalogue shows, half-open: one at least, some more than can be booked at most."""
    if not 1 <= nights <= MOST_CATALOGUE_NIGHTS:
        raise InvalidInput(f"Ask for 1 to {MOST_CATALOGUE_NIGHTS} nights.", path=("nights",))
    first = parse_date(first_night, "firstNight")
    if first > dt.date.max - dt.timedelta(days=nights):
        raise InvalidInput("There is no calendar for these nights.", path=("firstNight",))
    return first, first + dt.timedelta(days=nights)


def parse_calendar(first_night: str, end_night: str) -> tuple[dt.date, dt.date]:
    """Which nights a calendar shows, half-open."""
    first, end = parse_date(first_night, "from"), parse_date(end_night, "to")
    if not 1 <= (end - first).days <= MOST_CALENDAR_NIGHTS:
        raise InvalidInput(f"A calendar shows 1 to {MOST_CALENDAR_NIGHTS} nights.", path=("to",))
    return first, end


def today_at(time_zone: str, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def check_bookable_dates(stay: Stay, today: dt.date) -> None:
    """A stay begins today at the hotel or later, and ends within the bookable nights."""
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


def per_night(total_minor_units: int, nights: int) -> int:
    """The average night, rounded half to even: for display only, never added up."""
    whole, rest = divmod(total_minor_units, nights)
    return whole + (2 * rest > nights or (2 * rest == nights and whole % 2 == 1))


def parse_date(text: str, *path: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=path) from None


def parse_weekdays(values: Sequence[int], path: Sequence[str]) -> int:
    """ISO 8601 weekdays as a mask whose bit 0 is Monday; none stand for every day."""
    mask = 0
    for number, value in enumerate(values):
        if not 1 <= value <= 7 or mask >> (value - 1) & 1:
            raise InvalidInput("Weekdays are 1 to 7, each once.", path=(*path, str(number)))
        mask |= 1 << (value - 1)
    return mask or EVERY_DAY


def weekday_numbers(mask: int) -> list[int]:
    """What `parse_weekdays` reads; empty for every day."""
    return [] if mask == EVERY_DAY else [number + 1 for number in range(7) if mask >> number & 1]
