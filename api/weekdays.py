"""Days of the week in the public schema."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import strawberry


@strawberry.enum(description="A day of the week. The night of a day begins on its evening.")
class Weekday(enum.Enum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


_IN_ORDER = list(Weekday)


def weekday_numbers(weekdays: Iterable[Weekday]) -> list[int]:
    """As ISO 8601 and the contracts number them: 1 is Monday."""
    return [_IN_ORDER.index(weekday) + 1 for weekday in weekdays]


def weekdays(numbers: Sequence[int]) -> list[Weekday]:
    return [_IN_ORDER[number - 1] for number in numbers]
