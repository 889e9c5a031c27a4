"""Restrictions of nights, kept once each: a night of a product holds a number into this table.

What they mean is told in contracts/hotel/v1: stay lengths and days in advance are judged by the night of
arrival, closed to departure by the day of check-out, which is not slept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from grpc_services.search.columns import NO_LIMIT, Bools, Ints

Numbers: TypeAlias = "npt.NDArray[np.unsignedinteger[Any]]"
Row: TypeAlias = tuple[int, int, int, int, int, int, int]

NONE: Row = (0, 0, 0, 0, NO_LIMIT, -1, -1)
_MOST_COMPARED = 8
_CLOSED, _TO_ARRIVAL, _TO_DEPARTURE, _MIN_STAY, _MAX_STAY, _MIN_ADVANCE, _MAX_ADVANCE = range(7)


class RestrictionTable:
    """Number 0 restricts nothing. Days in advance of -1 are left to the rate plan."""

    def __init__(self) -> None:
        self._numbers: dict[Row, int] = {NONE: 0}
        self._rows = np.array([NONE], dtype=np.int64)
        self._known: dict[str | int, Wanted] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number_of(self, restrictions: rate_pb2.NightRestrictions, plan: hotel_pb2.RatePlan) -> int:
        """Days in advance that are only the plan's own are left out: they hold on every night anyway."""
        row: Row = (
            int(restrictions.closed),
            int(restrictions.closed_to_arrival),
            int(restrictions.closed_to_departure),
            restrictions.min_stay,
            restrictions.max_stay or NO_LIMIT,
            _own(restrictions.HasField("min_advance_days"), restrictions.min_advance_days, plan.min_advance_days),
            _own(
                restrictions.HasField("max_advance_days"),
                restrictions.max_advance_days,
                plan.max_advance_days if plan.HasField("max_advance_days") else NO_LIMIT,
            ),
        )
        return self._numbers.setdefault(row, len(self._numbers))

    def keep(self, used: Bools) -> Numbers:
        """Forgets the rows that are not used; answers the new number of every old one."""
        renumbered = np.zeros(len(self._numbers), dtype=np.uint32)
        kept: dict[Row, int] = {NONE: 0}
        for row, number in self._numbers.items():
            if used[number]:
                renumbered[number] = kept.setdefault(row, len(kept))
        self._numbers = kept
        self._rows = self._rows[:0]
        return renumbered

    def closed(self, numbers: Numbers) -> Bools | None:
        return _among(numbers, self._wanted("closed", lambda table: table[:, _CLOSED] > 0))

    def closed_to_departure(self, numbers: Numbers) -> Bools | None:
        return _among(numbers, self._wanted("departure", lambda table: table[:, _TO_DEPARTURE] > 0))

    def closed_to_arrival(self, numbers: Numbers, nights: int) -> Bools | None:
        """Also by the shortest and longest stay."""

        def refuse(table: Ints) -> Bools:
            refused: Bools = (
                (table[:, _TO_ARRIVAL] > 0) | (table[:, _MIN_STAY] > nights) | (table[:, _MAX_STAY] < nights)
            )
            return refused

        return _among(numbers, self._wanted(nights, refuse))

    def advance_days(self, numbers: Numbers, least: Ints, most: Ints) -> tuple[Ints, Ints] | None:
        """The days in advance that hold, where `least` and `most` are the plans' own; None where only those hold."""
        wanted = self._wanted("days", lambda table: (table[:, _MIN_ADVANCE] >= 0) | (table[:, _MAX_ADVANCE] >= 0))
        if _among(numbers, wanted) is None:
            return None
        own_least, own_most = self._rows[:, _MIN_ADVANCE][numbers], self._rows[:, _MAX_ADVANCE][numbers]
        return np.where(own_least >= 0, own_least, least), np.where(own_most >= 0, own_most, most)

    def _wanted(self, what: str | int, test: Callable[[Ints], Bools]) -> Wanted:
        """The rows that pass a test, remembered by what it asks for until there are other rows."""
        if len(self._rows) != len(self._numbers):
            self._rows = np.array(list(self._numbers), dtype=np.int64)
            self._known.clear()
        known = self._known.get(what)
        if known is None:
            passes = test(self._rows)
            known = self._known[what] = Wanted(passes, np.flatnonzero(passes).tolist())
        return known


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of the table: as a mask, and their numbers."""

    mask: Bools
    numbers: Sequence[int]


def _among(numbers: Numbers, wanted: Wanted) -> Bools | None:
    """Which of the numbers are wanted; None when none is. Comparing is many times as fast as looking each number up,
    so a few wanted ones are looked for one by one."""
    if len(wanted.numbers) > _MOST_COMPARED:
        looked_up: Bools = wanted.mask[numbers]
        return looked_up if looked_up.any() else None
    answer: Bools | None = None
    for number in wanted.numbers:
        same = numbers == numbers.dtype.type(number)
        answer = same if answer is None else answer | same
    return answer if answer is not None and answer.any() else None


def _own(is_set: bool, days: int, of_plan: int) -> int:
    return days if is_set and days != of_plan else -1
