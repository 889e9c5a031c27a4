"""Free starts of visits: pure functions over bitsets, in which one bit is five minutes of a master's time.

A visit is one to six services in a row, each done by one master. What lies between two of them:

- nothing, where the masters differ: the second service begins the moment the first ends, and the buffers of both lie
  beside each other, each in its own master's time;
- the first one's buffer after it and the second one's buffer before it, where the same master does both.

A master's time is taken from the buffer before a service to the buffer after it, all of it within working time. A
combination in which a master's own services would overlap (A, then a short one by B, then A, whose buffer after the
first still runs) is no visit.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from grpc_services.salon.working_time import Interval

TICK_MINUTES = 5
MOST_COMBINATIONS = 200
_TICK_SECONDS = TICK_MINUTES * 60
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Doing:
    """How one master does one service: its length and the buffers around it, in minutes, multiples of 5."""

    master_id: uuid.UUID
    before: int
    duration: int
    after: int


Line = Sequence[Doing]
"""One service of a visit: everybody who may do it."""
Order = Callable[[int, dt.date], Line]
"""The line of this number in the order in which its masters are asked on a local day."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    doing: Doing
    starts_at: dt.datetime

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(minutes=self.doing.duration)

    @property
    def taken_from(self) -> dt.datetime:
        return self.starts_at - dt.timedelta(minutes=self.doing.before)

    @property
    def taken_until(self) -> dt.datetime:
        return self.ends_at + dt.timedelta(minutes=self.doing.after)


Plan = tuple[PlannedLine, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The time looked at: so many ticks from `first` on, which is counted from 1970."""

    first: int
    ticks: int

    @classmethod
    def of_days(cls, zone: ZoneInfo, first: dt.date, last: dt.date) -> Span:
        """The local days and one more on either side, for what reaches over midnight."""
        begin = _tick(_midnight(zone, first - _DAY))
        return cls(begin, _tick(_midnight(zone, last + 2 * _DAY)) - begin)

    @property
    def begin(self) -> dt.datetime:
        return self.moment(0)

    @property
    def end(self) -> dt.datetime:
        return self.moment(self.ticks)

    def tick(self, moment: dt.datetime) -> int:
        return _tick(moment) - self.first

    def moment(self, tick: int) -> dt.datetime:
        return dt.datetime.fromtimestamp((self.first + tick) * _TICK_SECONDS, dt.UTC)


def free_time(span: Span, working: Iterable[Interval], taken: Iterable[Interval]) -> int:
    """A master's free ticks as a bitset. A tick that is worked in part is none, one that is taken in part is taken."""
    free = 0
    for starts_at, ends_at in working:
        free |= _bits(span, _next_tick(starts_at) - span.first, span.tick(ends_at))
    for starts_at, ends_at in taken:
        free &= ~_bits(span, span.tick(starts_at), _next_tick(ends_at) - span.first)
    return free


def starts_of_day(zone: ZoneInfo, day: dt.date, slot_minutes: int) -> Iterator[dt.datetime]:
    """The salon's starts on a local day, `slot_minutes` apart on its clock from midnight. Times that the clock skips
    are none; of those it shows twice, the first."""
    midnight, next_midnight = _midnight(zone, day), _midnight(zone, day + _DAY)
    if next_midnight - midnight == _DAY:
        for minute in range(0, 24 * 60, slot_minutes):
            yield midnight + dt.timedelta(minutes=minute)
        return
    for minute in range(0, 24 * 60, slot_minutes):
        shown = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), tzinfo=zone)
        moment = shown.astimezone(dt.UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
            yield moment


def ticks_of_day(span: Span, zone: ZoneInfo, day: dt.date, slot_minutes: int) -> Sequence[int]:
    """`starts_of_day` as ticks of the span."""
    midnight = _midnight(zone, day)
    if _midnight(zone, day + _DAY) - midnight == _DAY:
        first = span.tick(midnight)
        return range(first, first + 24 * 60 // TICK_MINUTES, slot_minutes // TICK_MINUTES)
    return [span.tick(moment) for moment in starts_of_day(zone, day, slot_minutes)]


class Possibilities:
    """Where the lines of a visit fit, worked out once for all starts of a span."""

    def __init__(self, span: Span, lines: Sequence[Line], free: Mapping[uuid.UUID, int]) -> None:
        self.span = span
        self._lines = lines
        self._fits: list[dict[Doing, int]] = [{} for _ in lines]
        for number in range(len(lines) - 1, -1, -1):
            for doing in lines[number]:
                fits = _fits(free.get(doing.master_id, 0), doing)
                if fits and number + 1 < len(lines):
                    fits &= self._goes_on(doing, number + 1)
                self._fits[number][doing] = fits
        self._any = 0
        for fits in self._fits[0].values():
            self._any |= fits

    def _goes_on(self, doing: Doing, number: int) -> int:
        """The starts of this one after which line `number` and all that follow fit."""
        after = 0
        for following, fits in self._fits[number].items():
            after |= fits >> _gap(doing, following) // TICK_MINUTES
        return after

    def plan(self, starts_at: dt.datetime, day: dt.date, order: Order) -> Plan | None:
        """Who does what when the visit starts then, or None when it does not fit. Of every line the first in
        `order` with whom the rest fits too; at most so many combinations are tried."""
        tick = self.span.tick(starts_at)
        if not 0 <= tick < self.span.ticks or self.span.moment(tick) != starts_at:
            return None
        return self.plan_at(tick, day, order)

    def plan_at(self, tick: int, day: dt.date, order: Order) -> Plan | None:
        """As `plan`, for a tick of the span."""
        if not self._any >> tick & 1:
            return None
        return self._plan_on((), tick, day, order, [MOST_COMBINATIONS])

    def _plan_on(self, plan: Plan, tick: int, day: dt.date, order: Order, left: list[int]) -> Plan | None:
        number = len(plan)
        if number == len(self._lines):
            return plan
        for doing in order(number, day):
            at = tick
            if plan:
                last = plan[-1]
                at = self.span.tick(last.starts_at) + _gap(last.doing, doing) // TICK_MINUTES
            if not self._fits[number][doing] >> at & 1:
                continue
            planned = PlannedLine(doing, self.span.moment(at))
            if any(one.doing.master_id == doing.master_id and one.taken_until > planned.taken_from for one in plan):
                continue
            left[0] -= 1
            if left[0] < 0:
                return None
            found = self._plan_on((*plan, planned), tick, day, order, left)
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class Load:
    """Minutes of service that masters are booked for: by (master, local day) and (master, Monday of the week)."""

    of_day: Mapping[tuple[uuid.UUID, dt.date], int]
    of_week: Mapping[tuple[uuid.UUID, dt.date], int]


def fair_order(lines: Sequence[Line], load: Load) -> Order:
    """Who has least to do that day comes first, then who has least that week, then as the line names them."""
    known: dict[tuple[int, dt.date], Line] = {}

    def order(number: int, day: dt.date) -> Line:
        if (number, day) not in known:
            monday = day - dt.timedelta(days=day.weekday())

            def minutes(doing: Doing) -> tuple[int, int]:
                return load.of_day.get((doing.master_id, day), 0), load.of_week.get((doing.master_id, monday), 0)

            known[number, day] = sorted(lines[number], key=minutes)
        return known[number, day]

    return order


def _gap(doing: Doing, following: Doing) -> int:
    """Minutes from the start of one service to the start of the next."""
    if doing.master_id == following.master_id:
        return doing.duration + doing.after + following.before
    return doing.duration


def _fits(free: int, doing: Doing) -> int:
    """The ticks at which the service may start, with its buffers in free time."""
    length = (doing.before + doing.duration + doing.after) // TICK_MINUTES
    runs, reached = free, 1
    while reached < length:
        step = min(reached, length - reached)
        runs &= runs >> step
        reached += step
    return runs << doing.before // TICK_MINUTES


def _bits(span: Span, begin: int, end: int) -> int:
    begin, end = max(begin, 0), min(end, span.ticks)
    return ((1 << end - begin) - 1) << begin if begin < end else 0


def _tick(moment: dt.datetime) -> int:
    return int(moment.timestamp() // _TICK_SECONDS)


def _next_tick(moment: dt.datetime) -> int:
    """The first tick that does not begin before the moment."""
    return -int(-moment.timestamp() // _TICK_SECONDS)


def _midnight(zone: ZoneInfo, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
