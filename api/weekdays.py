"""Days of the week in the public schema."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import strawberry


@strawberry.enum(description="A day of the week. The night of a day begins on its evening.")
class Weekday(enum.Enum):
    MONDAY = strawberry.enum_value("MONDAY", description="Monday; as ISO 8601 counts, day 1.")
    TUESDAY = strawberry.enum_value("TUESDAY", description="Tuesday; as ISO 8601 counts, day 2.")
    WEDNESDAY = strawberry.enum_value("WEDNESDAY", description="Wednesday; as ISO 8601 counts, day 3.")
    THURSDAY = strawberry.enum_value("THURSDAY", description="Thursday; as ISO 8601 counts, day 4.")
    FRIDAY = strawberry.enum_value("FRIDAY", description="Friday; as ISO 8601 counts, day 5.")
    SATURDAY = strawberry.enum_value("SATURDAY", description="Saturday; as ISO 8601 counts, day 6.")
    SUNDAY = strawberry.enum_value("SUNDAY", description="Sunday; as ISO 8601 counts, day 7.")


_IN_ORDER = list(Weekday)


def weekday_numbers(weekdays: Iterable[Weekday]) -> list[int]:
    """As ISO 8601 and the contracts number them: 1 is Monday."""
    return [_IN_ORDER.index(weekday) + 1 for weekday in weekdays]


def weekdays(numbers: Sequence[int]) -> list[Weekday]:
    return [_IN_ORDER[number - 1] for number in numbers]
