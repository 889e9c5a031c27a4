"""Written hours: of a week that repeats, or of one day."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence

from contracts.salon.v1 import salon_pb2
from grpc_services.salon.working_time import END_OF_DAY, minute_of_day
from runtime.errors import InvalidInput
from runtime.field_checks import Path, Values, check_count, checked_number

MOST_INTERVALS_A_WEEK = 28
MOST_INTERVALS_A_DAY = 6
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def checked_week(hours: Sequence[salon_pb2.DayHours], path: Path) -> list[Values]:
    """Sorted, as the tables keep them; raises InvalidInput where they overlap."""
    check_count(hours, path, most=MOST_INTERVALS_A_WEEK)
    for number, entry in enumerate(hours):
        checked_number(entry.weekday, (*path, str(number), "weekday"), least=1, most=7)
    return _checked(hours, path)


def checked_day(hours: Sequence[salon_pb2.DayHours], day: dt.date, path: Path) -> list[Values]:
    """As the tables keep hours of one day; a weekday that is named is the day's own."""
    check_count(hours, path, most=MOST_INTERVALS_A_DAY)
    for number, entry in enumerate(hours):
        if entry.weekday not in (0, day.isoweekday()):
            raise InvalidInput("This is not the weekday of that day.", path=(*path, str(number), "weekday"))
    return [{"from": entry["from"], "to": entry["to"]} for entry in _checked(hours, path)]


def _checked(hours: Sequence[salon_pb2.DayHours], path: Path) -> list[Values]:
    spans = [(entry.weekday, *_span(entry, (*path, str(number))), number) for number, entry in enumerate(hours)]
    ordered = sorted(spans)
    for before, after in itertools.pairwise(ordered):
        if before[0] == after[0] and after[1] < before[2]:
            later = max(before[3], after[3])
            raise InvalidInput("These hours overlap with others of that day.", path=(*path, str(later), "from"))
    return [{"weekday": weekday, "from": _shown(begin), "to": _shown(end)} for weekday, begin, end, _ in ordered]


def _span(entry: salon_pb2.DayHours, path: Path) -> tuple[int, int]:
    begin, end = _minute(getattr(entry, "from"), (*path, "from")), _minute(entry.to, (*path, "to"))
    if begin == END_OF_DAY:
        raise InvalidInput("Hours begin before the day's end.", path=(*path, "from"))
    if end <= begin:
        raise InvalidInput("This is not later than where the hours begin.", path=(*path, "to"))
    return begin, end


def _minute(text: str, path: Path) -> int:
    if not _TIME.fullmatch(text):
        raise InvalidInput("This is not a time of day (HH:MM, 24:00 for midnight at its end).", path=path)
    return minute_of_day(text)


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
