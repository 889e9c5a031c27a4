"""Hours of weekdays and of single days in the public schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import strawberry

from api.weekdays import Weekday, weekday_numbers, weekdays
from contracts.salon.v1 import salon_pb2


@strawberry.type(description="Hours of one weekday, local. Several a day leave breaks between them.")
class DayHours:
    weekday: Weekday = strawberry.field(description="The day of the week.")
    begin: str = strawberry.field(name="from", description="HH:MM.")
    end: str = strawberry.field(name="to", description="HH:MM; 24:00 is midnight at the day's end.")


@strawberry.input(description="Hours of one weekday, local. Hours of a day may touch but not overlap.")
class DayHoursInput:
    weekday: Weekday = strawberry.field(description="The day of the week.")
    begin: str = strawberry.field(name="from", description="HH:MM.")
    end: str = strawberry.field(name="to", description="HH:MM; 24:00 is midnight at the day's end.")


@strawberry.input(description="Hours of one day, local. They may touch but not overlap.")
class HoursInput:
    begin: str = strawberry.field(name="from", description="HH:MM.")
    end: str = strawberry.field(name="to", description="HH:MM; 24:00 is midnight at the day's end.")


def day_hours(messages: Iterable[salon_pb2.DayHours]) -> list[DayHours]:
    return [
        DayHours(weekday=weekdays([message.weekday])[0], begin=getattr(message, "from"), end=message.to)
        for message in messages
    ]


def day_hours_messages(given: Iterable[DayHoursInput]) -> list[salon_pb2.DayHours]:
    return [_message(weekday_numbers([hours.weekday])[0], hours.begin, hours.end) for hours in given]


def hours_messages(given: Sequence[HoursInput]) -> list[salon_pb2.DayHours]:
    return [_message(0, hours.begin, hours.end) for hours in given]


def _message(weekday: int, begin: str, end: str) -> salon_pb2.DayHours:
    facts: dict[str, Any] = {"weekday": weekday, "from": begin, "to": end}
    return salon_pb2.DayHours(**facts)
