"""The decisions about capacity: pure functions of nights, no I/O.

`Night` is what one room type has on one night. Whoever changes nights holds their locks, so that what these
functions decide is still true when it is written; the table's CHECK stands behind them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.booking.v1 import inventory_pb2
from runtime.errors import InvalidInput

BOOKABLE_NIGHTS = 500
LONGEST_LOOK = 62
MOST_CHANGES = 100
MOST_ROOMS = 10_000
LONGEST_REASON = 200
THE_BEGINNING = dt.date(1970, 1, 1)  # before every night that was ever sold
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """Rooms of one type on one night, counted as in the table `room_type_night`."""

    night: dt.date
    capacity: int
    overridden: bool = False
    oversell: int = 0
    out_of_order: int = 0
    blocked: int = 0
    held: int = 0
    sold: int = 0

    @property
    def left(self) -> int:
        """Rooms that can still be held; below zero when more are taken than there are."""
        return self.capacity - self.out_of_order + self.oversell - self.blocked - self.held - self.sold

    @property
    def says_something(self) -> bool:
        """Whether it differs from a night on which nothing happened, but for its capacity."""
        return self.overridden or any((self.oversell, self.out_of_order, self.blocked, self.held, self.sold))


@dataclass(frozen=True, slots=True)
class Change:
    """What to write on the nights of a range, both ends included. `capacity` is None where it stays."""

    first_night: dt.date
    last_night: dt.date
    weekdays: frozenset[int]  # ISO 8601: 1 is Monday
    capacity: int | None
    oversell: int | None
    reset_capacity: bool

    def covers(self, night: dt.date) -> bool:
        return self.first_night <= night <= self.last_night and night.isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Run:
    """Nights in a row that were alike and are alike; `before` and `after` are those of the first."""

    before: Night
    after: Night
    last_night: dt.date


def first_open_night(now: dt.datetime) -> dt.date:
    """The first night that may still be sold anywhere on earth: booking does not know a house's time zone,
    and there the date is the one in UTC or the one before or after it."""
    return now.astimezone(dt.UTC).date() - _DAY


def end_of_horizon(now: dt.datetime) -> dt.date:
    """The first night, by any house's clock, that cannot be sold yet."""
    return now.astimezone(dt.UTC).date() + (BOOKABLE_NIGHTS + 1) * _DAY


def days(first_night: dt.date, end_night: dt.date) -> list[dt.date]:
    """Every date of a half-open period."""
    return [first_night + number * _DAY for number in range((end_night - first_night).days)]


def check_period(first_night: dt.date, end_night: dt.date, *, longest: int) -> None:
    """Of a half-open period, named as firstNight and endNight."""
    if first_night >= end_night:
        raise InvalidInput("The last night comes before the first.", path=("endNight",))
    if (end_night - first_night).days > longest:
        raise InvalidInput(f"Ask for at most {longest} nights at a time.", path=("endNight",))


def check_open_period(first_night: dt.date, last_night: dt.date, now: dt.datetime, path: Sequence[str] = ()) -> None:
    """Of nights to change, both ends included: neither over nor too far ahead."""
    if first_night > last_night:
        raise InvalidInput("The last night comes before the first.", path=(*path, "lastNight"))
    if first_night < first_open_night(now):
        raise InvalidInput("Nights that are over cannot be changed.", path=(*path, "firstNight"))
    if last_night >= end_of_horizon(now):
        raise InvalidInput(f"This is more than {BOOKABLE_NIGHTS} nights ahead.", path=(*path, "lastNight"))


def check_text(text: str, longest: int, path: Sequence[str], *, required: bool) -> None:
    if len(text) > longest or (required and not text.strip()):
        raise InvalidInput(f"This has {int(required)} to {longest} characters.", path=path)
    if _CONTROL.search(text):
        raise InvalidInput("This has characters that cannot be shown.", path=path)


def check_number_of_rooms(number: int, path: Sequence[str]) -> None:
    if not 0 <= number <= MOST_ROOMS:
        raise InvalidInput(f"There are 0 to {MOST_ROOMS:,} rooms.", path=path)


def parse_changes(changes: Sequence[inventory_pb2.InventoryChange], now: dt.datetime) -> list[Change]:
    """Raises InvalidInput naming the change and its field."""
    if len(changes) > MOST_CHANGES:
        raise InvalidInput(f"Send at most {MOST_CHANGES} changes at a time.", path=("changes",))
    return [_parse_change(change, now, ("changes", str(position))) for position, change in enumerate(changes)]


def _parse_change(change: inventory_pb2.InventoryChange, now: dt.datetime, path: tuple[str, str]) -> Change:
    first_night = parse_date(change.first_night, (*path, "firstNight"))
    last_night = parse_date(change.last_night, (*path, "lastNight"))
    check_open_period(first_night, last_night, now, path)
    if not all(1 <= weekday <= 7 for weekday in change.weekdays):
        raise InvalidInput("Weekdays are 1 (Monday) to 7 (Sunday).", path=(*path, "weekdays"))
    capacity = change.capacity if change.HasField("capacity") else None
    oversell = change.oversell if change.HasField("oversell") else None
    for field, number in (("capacity", capacity), ("oversell", oversell)):
        if number is not None:
            check_number_of_rooms(number, (*path, field))
    if capacity is not None and change.reset_capacity:
        raise InvalidInput("Give a capacity or reset it, not both.", path=(*path, "resetCapacity"))
    if capacity is None and oversell is None and not change.reset_capacity:
        raise InvalidInput("Say what to write on these nights.", path=path)
    return Change(
        first_night=first_night,
        last_night=last_night,
        weekdays=frozenset(change.weekdays or range(1, 8)),
        capacity=capacity,
        oversell=oversell,
        reset_capacity=change.reset_capacity,
    )


def parse_date(text: str, path: Sequence[str]) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=path) from None


def every_night(known: Iterable[Night], first_night: dt.date, end_night: dt.date, usual_capacity: int) -> list[Night]:
    """The nights of a period in order: those known, and the others as they are while nothing happened."""
    by_date = {night.night: night for night in known}
    return [by_date.get(day) or Night(day, usual_capacity) for day in days(first_night, end_night)]


def apply_changes(nights: Iterable[Night], usual_capacity: int, changes: Sequence[Change]) -> list[Night]:
    """The nights after the usual capacity became this one and the changes were written, in their order."""
    return [_changed(night, usual_capacity, changes) for night in nights]


def _changed(night: Night, usual_capacity: int, changes: Sequence[Change]) -> Night:
    capacity, overridden, oversell = night.capacity, night.overridden, night.oversell
    for change in changes:
        if not change.covers(night.night):
            continue
        if change.capacity is not None:
            capacity, overridden = change.capacity, True
        if change.reset_capacity:
            overridden = False
        if change.oversell is not None:
            oversell = change.oversell
    return dataclasses.replace(
        night, capacity=capacity if overridden else usual_capacity, overridden=overridden, oversell=oversell
    )


def put_out_of_order(nights: Iterable[Night], rooms: int) -> list[Night]:
    """One room more (1) or less (-1) that cannot be sold."""
    return [dataclasses.replace(night, out_of_order=night.out_of_order + rooms) for night in nights]


def short_of_rooms(nights: Iterable[Night]) -> list[Night]:
    return [night for night in nights if night.left < 0]


def block(nights: Iterable[Night], wanted: Mapping[dt.date, int]) -> list[Night]:
    """Blocks what other channels sold, as far as rooms are left; what goes beyond is a conflict."""
    return [
        dataclasses.replace(night, blocked=min(wanted.get(night.night, 0), max(0, night.left + night.blocked)))
        for night in nights
    ]


def conflicts(nights: Iterable[Night], wanted: Mapping[dt.date, int]) -> dict[dt.date, int]:
    """Rooms that other channels sold beyond what we had left, by night."""
    blocked = {night.night: night.blocked for night in nights}
    beyond = {day: rooms - blocked.get(day, 0) for day, rooms in sorted(wanted.items())}
    return {day: rooms for day, rooms in beyond.items() if rooms > 0}


def what_changed(before: Sequence[Night], after: Sequence[Night]) -> list[tuple[Night, Night]]:
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


def runs(changed: Sequence[tuple[Night, Night]]) -> list[Run]:
    """Nights in a row that changed alike, as one."""
    found: list[Run] = []
    for before, after in changed:
        last = found[-1] if found else None
        if (
            last is not None
            and last.last_night + _DAY == before.night
            and dataclasses.replace(last.before, night=before.night) == before
            and dataclasses.replace(last.after, night=after.night) == after
        ):
            found[-1] = dataclasses.replace(last, last_night=before.night)
        else:
            found.append(Run(before, after, before.night))
    return found
