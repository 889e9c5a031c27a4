"""Working time as moments: the week and its exceptions, clocks that change, and what holds for all of them."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grpc_services.salon.working_time import Hours, Timetable, covers, timetable, working_time

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = dt.date(2027, 3, 28), dt.date(2027, 10, 31)
MINUTE = dt.timedelta(minutes=1)
ALWAYS = Timetable({key: [(0, 1440)] for key in range(1, 8)}, {})
ZONES = (
    "Europe/Paris",
    "America/Sao_Paulo",  # its clocks changed at midnight until 2019
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # by half an hour
    "America/New_York",
    "Pacific/Apia",  # without 2011-12-30
    "Pacific/Kiritimati",
    "Etc/GMT+12",
)


def on(day: dt.date, *hours: tuple[int, int]) -> Timetable:
    return Timetable({}, {day: hours})


def shown(day: dt.date, *hours: tuple[int, int], zone: ZoneInfo = PARIS) -> list[tuple[str, str]]:
    """The working time of one day in UTC, as HH:MM."""
    return [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in working_time(on(day, *hours), ALWAYS, zone, day, day)]


def clock(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


def test_hours_repeat_by_weekday_and_a_special_day_replaces_them() -> None:
    master = timetable(
        [
            {"weekday": 1, "from": "14:00", "to": "18:00"},
            {"weekday": 1, "from": "09:00", "to": "12:00"},
            {"weekday": 2, "from": "09:00", "to": "12:00"},
        ],
        {dt.date(2027, 6, 8): [], dt.date(2027, 6, 9): [{"from": "10:00", "to": "11:00"}]},
    )
    found = working_time(master, ALWAYS, ZoneInfo("UTC"), dt.date(2027, 6, 7), dt.date(2027, 6, 14))
    assert [f"{begin:%d %H}-{end:%H}" for begin, end in found] == [
        *("07 09-12", "07 14-18"),  # Monday; Tuesday is off
        "09 10-11",
        *("14 09-12", "14 14-18"),
    ]


def test_nobody_works_while_the_salon_is_closed() -> None:
    day = dt.date(2027, 6, 7)
    salon = timetable(
        [{"weekday": 1, "from": "10:00", "to": "13:00"}, {"weekday": 1, "from": "14:00", "to": "24:00"}], {}
    )
    master = on(day, (clock(9), clock(15)), (clock(20), clock(24)))
    found = working_time(master, salon, ZoneInfo("UTC"), day, day)
    assert [f"{begin:%H:%M}-{end:%H:%M}" for begin, end in found] == ["10:00-13:00", "14:00-15:00", "20:00-00:00"]


def test_a_holiday_of_the_salon_is_one_for_its_masters() -> None:
    day = dt.date(2027, 12, 25)
    assert working_time(on(day, (540, 1080)), Timetable(ALWAYS.week, {day: []}), PARIS, day, day) == []


def test_a_night_shift_goes_on_over_midnight() -> None:
    first = dt.date(2027, 6, 7)
    master = Timetable({1: [(clock(20), clock(24))], 2: [(0, clock(2))]}, {})
    ((begin, end),) = working_time(master, ALWAYS, PARIS, first, first + dt.timedelta(days=1))
    assert end - begin == dt.timedelta(hours=6)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0, clock(5)), [("23:00", "03:00")]),  # four hours of work
        ((clock(1), clock(2)), [("00:00", "01:00")]),
        ((clock(2), clock(3)), []),  # all of it is skipped
        ((clock(2, 10), clock(2, 50)), []),
        ((clock(2, 30), clock(4)), [("01:00", "02:00")]),  # begins when the skipped hour ends
        ((clock(1), clock(2, 30)), [("00:00", "01:00")]),  # ends when it begins
    ],
)
def test_times_that_the_clock_skips_are_not_worked(hours: tuple[int, int], expected: list[tuple[str, str]]) -> None:
    assert shown(SPRING, hours) == expected


def test_breaks_in_the_skipped_hour_vanish_with_it() -> None:
    assert shown(SPRING, (clock(1), clock(2)), (clock(3), clock(4))) == [("00:00", "02:00")]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0, clock(5)), [("22:00", "01:00"), ("02:00", "04:00")]),  # five hours, not six
        ((clock(2), clock(3)), [("00:00", "01:00")]),
        ((clock(2, 30), clock(4)), [("00:30", "01:00"), ("02:00", "03:00")]),
        ((clock(1), clock(2, 30)), [("23:00", "00:30")]),
        ((clock(3), clock(4)), [("02:00", "03:00")]),
    ],
)
def test_times_that_the_clock_shows_twice_count_the_first_time(
    hours: tuple[int, int], expected: list[tuple[str, str]]
) -> None:
    assert shown(AUTUMN, hours) == expected


def test_clocks_may_change_at_midnight_or_never() -> None:
    sao_paulo, kolkata = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kolkata")
    assert shown(dt.date(2018, 11, 4), (0, clock(2)), zone=sao_paulo) == [("03:00", "04:00")]  # 00:00 was 01:00
    assert shown(dt.date(2018, 2, 17), (clock(22), clock(24)), zone=sao_paulo) == [("00:00", "02:00")]
    assert shown(dt.date(2027, 3, 28), (clock(9), clock(18)), zone=kolkata) == [("03:30", "12:30")]


@st.composite
def day_hours(draw: st.DrawFn) -> Hours:
    edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    first=st.dates(dt.date(2011, 1, 1), dt.date(2030, 1, 1)) | st.sampled_from([SPRING, AUTUMN, dt.date(2011, 12, 30)]),
    days=st.integers(0, 3),
    master=st.dictionaries(st.integers(1, 7), day_hours()),
    salon=st.dictionaries(st.integers(1, 7), day_hours()),
)
def test_working_time_is_sorted_disjoint_and_every_shown_minute_once(
    zone: ZoneInfo, first: dt.date, days: int, master: dict[int, Hours], salon: dict[int, Hours]
) -> None:
    last = first + dt.timedelta(days=days)
    found = working_time(Timetable(master, {}), Timetable(salon, {}), zone, first, last)
    assert all(begin < end for begin, end in found)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    worked = [
        moment.astimezone(zone)
        for begin, end in found
        for moment in (begin + number * MINUTE for number in range((end - begin) // MINUTE))
    ]
    assert all(first <= moment.date() <= last for moment in worked)
    minutes = {(moment.date(), moment.hour * 60 + moment.minute) for moment in worked}
    assert len(minutes) == len(worked)
    assert minutes == set(_expected(zone, first, days, master, salon))


def _expected(
    zone: ZoneInfo, first: dt.date, days: int, master: dict[int, Hours], salon: dict[int, Hours]
) -> list[tuple[dt.date, int]]:
    """Minute by minute: those of both timetables that the clock shows at all."""
    found = []
    for day in (first + dt.timedelta(days=number) for number in range(days + 1)):
        for minute in range(1440):
            if _within(master.get(day.isoweekday(), ()), minute) and _within(salon.get(day.isoweekday(), ()), minute):
                local = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), zone)
                if local.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    found.append((day, minute))
    return found


def _within(hours: Hours, minute: int) -> bool:
    return any(begin <= minute < end for begin, end in hours)


def test_a_span_is_covered_by_one_interval_or_not_at_all() -> None:
    noon = dt.datetime(2027, 6, 7, 12, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    intervals = [(noon, noon + 2 * hour), (noon + 3 * hour, noon + 4 * hour)]
    assert covers(intervals, noon, noon + 2 * hour)
    assert covers(intervals, noon + 3 * hour, noon + 4 * hour)
    assert not covers(intervals, noon - MINUTE, noon + hour)
    assert not covers(intervals, noon + hour, noon + 3 * hour + MINUTE)
    assert not covers(intervals, noon + 2 * hour, noon + 3 * hour)
    assert not covers([], noon, noon + hour)
