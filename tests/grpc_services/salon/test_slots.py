"""Free starts: what fits, where the clock changes, and who is chosen. A brute-force model says what is right."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from grpc_services.salon.slots import (
    Doing,
    Line,
    Load,
    Plan,
    Possibilities,
    Span,
    fair_order,
    free_time,
    starts_of_day,
)
from grpc_services.salon.working_time import Interval

PARIS = ZoneInfo("Europe/Paris")
DAY = dt.date(2027, 3, 10)
ANNA, BEN, CLEO = (uuid.UUID(int=number) for number in (1, 2, 3))
NO_LOAD = Load({}, {})


def at(time: str, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=PARIS).astimezone(dt.UTC)


def possibilities(
    lines: Sequence[Line],
    working: Mapping[uuid.UUID, Sequence[Interval]],
    taken: Mapping[uuid.UUID, Sequence[Interval]] | None = None,
    span: Span | None = None,
) -> Possibilities:
    span = span or Span.of_days(PARIS, DAY, DAY)
    free = {master: free_time(span, times, (taken or {}).get(master, ())) for master, times in working.items()}
    return Possibilities(span, lines, free)


def clock_times(
    lines: Sequence[Line],
    working: Mapping[uuid.UUID, Sequence[Interval]],
    taken: Mapping[uuid.UUID, Sequence[Interval]] | None = None,
    slot_minutes: int = 15,
) -> list[str]:
    """Local times of the day at which the visit may start."""
    found = possibilities(lines, working, taken)
    order = fair_order(lines, NO_LOAD)
    return [
        f"{start.astimezone(PARIS):%H:%M}"
        for start in starts_of_day(PARIS, DAY, slot_minutes)
        if found.plan(start, DAY, order)
    ]


def test_a_service_and_its_buffers_fit_into_working_time() -> None:
    line = [Doing(ANNA, 5, 45, 10)]
    assert clock_times([line], {ANNA: [(at("09:00"), at("10:30"))]}) == ["09:15", "09:30"]


def test_taken_time_is_not_offered_and_touching_it_is() -> None:
    line = [Doing(ANNA, 0, 30, 0)]
    working = {ANNA: [(at("09:00"), at("11:00"))]}
    assert clock_times([line], working, {ANNA: [(at("09:30"), at("10:00"))]}) == ["09:00", "10:00", "10:15", "10:30"]


def test_a_block_of_odd_minutes_takes_every_tick_that_it_touches() -> None:
    working = {ANNA: [(at("09:00"), at("10:00"))]}
    taken = {ANNA: [(at("09:33"), at("09:41"))]}
    assert clock_times([[Doing(ANNA, 0, 15, 0)]], working, taken, 5) == ["09:00", "09:05", "09:10", "09:15", "09:45"]


def test_the_same_master_takes_their_buffers_between_two_services() -> None:
    lines = [[Doing(ANNA, 0, 30, 10)], [Doing(ANNA, 5, 20, 0)]]
    found = possibilities(lines, {ANNA: [(at("09:00"), at("12:00"))]})
    plan = found.plan(at("09:00"), DAY, fair_order(lines, NO_LOAD))
    assert plan is not None
    assert [(line.starts_at, line.ends_at) for line in plan] == [
        (at("09:00"), at("09:30")),
        (at("09:45"), at("10:05")),
    ]
    assert plan[0].taken_until == plan[1].taken_from == at("09:40")


def test_another_master_goes_on_at_once() -> None:
    lines = [[Doing(ANNA, 0, 30, 10)], [Doing(BEN, 5, 20, 0)]]
    hours = [(at("09:00"), at("12:00"))]
    plan = possibilities(lines, {ANNA: hours, BEN: hours}).plan(at("09:00"), DAY, fair_order(lines, NO_LOAD))
    assert plan is not None
    assert plan[1].starts_at == at("09:30")
    assert plan[1].taken_from == at("09:25"), "the second master makes ready while the first still works"


def test_a_master_who_is_not_through_with_their_buffer_cannot_go_on_after_a_short_service_of_another() -> None:
    hours = [(at("09:00"), at("12:00"))]
    short = [[Doing(ANNA, 0, 30, 30)], [Doing(BEN, 0, 15, 0)], [Doing(ANNA, 0, 30, 0)]]
    long = [[Doing(ANNA, 0, 30, 30)], [Doing(BEN, 0, 30, 0)], [Doing(ANNA, 0, 30, 0)]]
    assert clock_times(short, {ANNA: hours, BEN: hours}) == []
    assert clock_times(long, {ANNA: hours, BEN: hours})[-1] == "10:30"


def test_skipped_times_are_no_starts_and_repeated_ones_are_offered_once() -> None:
    spring, autumn = dt.date(2027, 3, 28), dt.date(2027, 10, 31)
    shown = [f"{start.astimezone(PARIS):%H:%M}" for start in starts_of_day(PARIS, spring, 30)]
    assert (len(shown), shown[3:6]) == (46, ["01:30", "03:00", "03:30"])
    starts = list(starts_of_day(PARIS, autumn, 30))
    assert len(starts) == len(set(starts)) == 48
    assert starts == sorted(starts)
    assert [f"{start.astimezone(PARIS):%H:%M %Z}" for start in starts[4:7]] == ["02:00 CEST", "02:30 CEST", "03:00 CET"]


def test_who_has_least_to_do_that_day_then_that_week_then_the_first_named_is_chosen() -> None:
    lines = [[Doing(master, 0, 30, 0) for master in (ANNA, BEN, CLEO)]]
    hours = [(at("09:00"), at("12:00"))]
    found = possibilities(lines, {ANNA: hours, BEN: hours, CLEO: hours})
    monday = DAY - dt.timedelta(days=DAY.weekday())

    def chosen(day_minutes: dict[uuid.UUID, int], week_minutes: dict[uuid.UUID, int]) -> uuid.UUID:
        load = Load(
            {(master, DAY): minutes for master, minutes in day_minutes.items()},
            {(master, monday): minutes for master, minutes in week_minutes.items()},
        )
        plan = found.plan(at("09:00"), DAY, fair_order(lines, load))
        assert plan is not None
        return plan[0].doing.master_id

    assert chosen({}, {}) == ANNA
    assert chosen({ANNA: 30}, {}) == BEN
    assert chosen({ANNA: 30, BEN: 30, CLEO: 30}, {ANNA: 90, BEN: 90, CLEO: 60}) == CLEO
    assert chosen({ANNA: 30, BEN: 60}, {CLEO: 600}) == CLEO, "the day counts before the week"


def test_a_hundred_bookings_are_spread_evenly() -> None:
    masters = [uuid.UUID(int=number) for number in range(1, 8)]
    lines = [[Doing(master, 5, 30, 5) for master in masters]]
    week = [DAY + dt.timedelta(days=number) for number in range(5)]
    span = Span.of_days(PARIS, week[0], week[-1])
    working = [(at("09:00", day), at("18:00", day)) for day in week]
    taken: dict[uuid.UUID, list[Interval]] = {master: [] for master in masters}
    of_day: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    of_week: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    for number in range(100):
        day = week[number % len(week)]
        free = {master: free_time(span, working, taken[master]) for master in masters}
        found, order = Possibilities(span, lines, free), fair_order(lines, Load(of_day, of_week))
        plans = (found.plan(start, day, order) for start in starts_of_day(PARIS, day, 15))
        (line,) = next(plan for plan in plans if plan is not None)
        master = line.doing.master_id
        taken[master].append((line.taken_from, line.taken_until))
        of_day[master, day] += 30
        of_week[master, day - dt.timedelta(days=day.weekday())] += 30
    appointments = [len(taken[master]) for master in masters]
    assert sum(appointments) == 100
    assert max(appointments) - min(appointments) <= 1
    for day in week:
        assert {of_day[master, day] for master in masters} <= {60, 90}


_MASTERS = (ANNA, BEN, CLEO)
_minutes = st.integers(0, 4).map(lambda number: number * 5)
_moment = st.integers(0, 48).map(lambda number: at("08:00") + number * dt.timedelta(minutes=5))
_intervals = st.lists(st.tuples(_moment, _moment).filter(lambda pair: pair[0] < pair[1]), max_size=3)


@st.composite
def _lines(draw: st.DrawFn) -> list[list[Doing]]:
    return [
        [
            Doing(master, draw(_minutes), draw(st.integers(1, 6)) * 5, draw(_minutes))
            for master in draw(st.lists(st.sampled_from(_MASTERS), unique=True, min_size=1, max_size=3))
        ]
        for _ in range(draw(st.integers(1, 3)))
    ]


def fits(plan: Sequence[tuple[Doing, dt.datetime]], working: Sequence[Interval], taken: Sequence[Interval]) -> bool:
    """Whether the time of one master in a plan is worked, free, and not wanted twice: minute by minute."""
    wanted: Counter[dt.datetime] = Counter()
    for doing, start in plan:
        for minute in range(-doing.before, doing.duration + doing.after):
            wanted[start + dt.timedelta(minutes=minute)] += 1
    return all(
        number == 1
        and any(begin <= minute < end for begin, end in working)
        and not any(begin <= minute < end for begin, end in taken)
        for minute, number in wanted.items()
    )


def by_brute_force(
    lines: Sequence[Line],
    start: dt.datetime,
    working: Mapping[uuid.UUID, Sequence[Interval]],
    taken: Mapping[uuid.UUID, Sequence[Interval]],
) -> list[tuple[tuple[Doing, dt.datetime], ...]]:
    """Every way to do the visit from then on."""
    found = []
    for doings in itertools.product(*lines):
        plan = [(doings[0], start)]
        for before, after in itertools.pairwise(doings):
            between = before.after + after.before if before.master_id == after.master_id else 0
            plan.append((after, plan[-1][1] + dt.timedelta(minutes=before.duration + between)))
        if all(
            fits([one for one in plan if one[0].master_id == master], working[master], taken[master])
            for master in _MASTERS
        ):
            found.append(tuple(plan))
    return found


@settings(max_examples=60, deadline=None)
@given(
    _lines(),
    st.fixed_dictionaries(dict.fromkeys(_MASTERS, _intervals)),
    st.fixed_dictionaries(dict.fromkeys(_MASTERS, _intervals)),
)
def test_every_start_that_can_be_done_is_offered_and_no_other(
    lines: list[list[Doing]],
    working: dict[uuid.UUID, list[Interval]],
    taken: dict[uuid.UUID, list[Interval]],
) -> None:
    found, order = possibilities(lines, working, taken), fair_order(lines, NO_LOAD)
    for number in range(0, 60, 3):
        start = at("07:30") + number * dt.timedelta(minutes=5)
        plan: Plan | None = found.plan(start, DAY, order)
        right = by_brute_force(lines, start, working, taken)
        if plan is None:
            assert right == []
        else:
            assert tuple((line.doing, line.starts_at) for line in plan) == right[0], "the first in order"
