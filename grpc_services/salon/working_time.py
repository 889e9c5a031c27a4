"""When masters work: hours of local days made into moments. Pure functions.

Hours are told on the salon's clock. Where that clock is put forward, the times it skips are nobody's working time;
where it is put back, the times it shows twice count once: the first time. So an hour of the timetable is never more
than an hour of work, and a start is offered once.
"""

from __future__ import annotations

import datetime as dt
import functools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

Interval = tuple[dt.datetime, dt.datetime]
"""Half-open, in UTC."""
Hours = Sequence[tuple[int, int]]
"""Of one day: from and to in minutes after midnight as the clock shows them, half-open, sorted, disjoint."""

END_OF_DAY = 24 * 60
_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The week that repeats, by ISO weekday, and the days that differ from it; a day without an entry is free."""

    week: Mapping[int, Hours]
    special_days: Mapping[dt.date, Hours]

    def of_day(self, day: dt.date) -> Hours:
        special = self.special_days.get(day)
        return self.week.get(day.isoweekday(), ()) if special is None else special


def timetable(
    week: Iterable[Mapping[str, Any]], special_days: Mapping[dt.date, Iterable[Mapping[str, Any]]]
) -> Timetable:
    """Of hours as the tables keep them: {"weekday", "from", "to"}, HH:MM, without a weekday for special days."""
    by_weekday: dict[int, list[tuple[int, int]]] = {}
    for entry in week:
        by_weekday.setdefault(entry["weekday"], []).append(_written(entry))
    return Timetable(
        {weekday: sorted(hours) for weekday, hours in by_weekday.items()},
        {day: sorted(map(_written, hours)) for day, hours in special_days.items()},
    )


def minute_of_day(text: str) -> int:
    """Of HH:MM; 24:00 is the day's end."""
    return int(text[:2]) * 60 + int(text[3:])


def working_time(master: Timetable, salon: Timetable, zone: ZoneInfo, first: dt.date, last: dt.date) -> list[Interval]:
    """When the master works and the salon is open, from the first to the last local day (inclusive): sorted and
    disjoint, time that touches is joined."""
    joined: list[Interval] = []
    for starts_at, ends_at in _moments(_on_the_clock(master, salon, first, last), _segments(zone, first, last)):
        if joined and joined[-1][1] == starts_at:
            joined[-1] = (joined[-1][0], ends_at)
        else:
            joined.append((starts_at, ends_at))
    return joined


def covers(intervals: Sequence[Interval], starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
    """Whether one of the (sorted, disjoint) intervals holds the whole span."""
    number = bisect_right(intervals, starts_at, key=lambda interval: interval[0]) - 1
    return number >= 0 and ends_at <= intervals[number][1]


def in_both(one: Hours, other: Hours) -> Iterator[tuple[int, int]]:
    """The hours that two have in common."""
    for begin, end in one:
        for other_begin, other_end in other:
            common = max(begin, other_begin), min(end, other_end)
            if common[0] < common[1]:
                yield common


@dataclass(frozen=True, slots=True)
class _Segment:
    """Times [begin, end) that the clock shows while it is `offset` ahead of UTC. What the clock shows is kept as if it
    showed UTC, so that a moment is one subtraction away."""

    begin: dt.datetime
    end: dt.datetime
    offset: dt.timedelta


def _on_the_clock(
    master: Timetable, salon: Timetable, first: dt.date, last: dt.date
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    for number in range((last - first).days + 1):
        day = first + number * _DAY
        midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
        for begin, end in in_both(master.of_day(day), salon.of_day(day)):
            yield midnight + dt.timedelta(minutes=begin), midnight + dt.timedelta(minutes=end)


def _moments(
    times: Iterable[tuple[dt.datetime, dt.datetime]], segments: Sequence[_Segment]
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    for begin, end in times:
        for segment in segments:
            shown = max(begin, segment.begin), min(end, segment.end)
            if shown[0] < shown[1]:
                yield shown[0] - segment.offset, shown[1] - segment.offset


@functools.lru_cache(maxsize=256)
def _segments(zone: ZoneInfo, first: dt.date, last: dt.date) -> tuple[_Segment, ...]:
    """The days as the clock of the zone shows them, cut where it changes, every time once."""
    moment = dt.datetime.combine(first - _DAY, dt.time(), dt.UTC)
    end = dt.datetime.combine(last + 3 * _DAY, dt.time(), dt.UTC)
    segments: list[_Segment] = []
    reached = dt.datetime.combine(first - 2 * _DAY, dt.time(), dt.UTC)  # what was shown up to here counts no more
    while moment < end:
        offset = _offset(zone, moment)
        change = _next_change(zone, moment, end)
        shown = moment + offset, change + offset
        segments.append(_Segment(max(shown[0], reached), shown[1], offset))
        reached = max(reached, shown[1])
        moment = change
    return tuple(segments)


def _next_change(zone: ZoneInfo, moment: dt.datetime, end: dt.datetime) -> dt.datetime:
    """When the clock changes after `moment`, or `end` when it does not before."""
    offset = _offset(zone, moment)
    while moment < end:
        later = min(moment + _DAY, end)
        if _offset(zone, later) != offset:
            return _first_second(zone, moment, later, offset)
        moment = later
    return end


def _first_second(zone: ZoneInfo, before: dt.datetime, after: dt.datetime, offset: dt.timedelta) -> dt.datetime:
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after


def _offset(zone: ZoneInfo, moment: dt.datetime) -> dt.timedelta:
    offset = moment.astimezone(zone).utcoffset()
    return offset if offset is not None else dt.timedelta()


def _written(entry: Mapping[str, Any]) -> tuple[int, int]:
    return minute_of_day(entry["from"]), minute_of_day(entry["to"])
