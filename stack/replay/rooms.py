"""How many rooms of each type the hotel must have had: derived from its bookings. Pure.

Nobody published the real hotel's size. A type has as many rooms as guests of the file ever had at once; what was
booked beyond that at any time (hotels overbook, for many will cancel, and upgrade who does come) is its allowance
for overbooking.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stack.replay.days import Moment, Step
from stack.replay.rows import BookedStay

MOST_GUESTS = 20  # adults that a room may be for
MOST_CHILDREN = 10


@dataclass(frozen=True, slots=True)
class RoomKind:
    letter: str
    rooms: int
    oversell: int
    adults: int
    children: int


@dataclass(slots=True)
class _Counts:
    booked: Counter[tuple[str, dt.date]] = field(default_factory=Counter)
    most_booked: Counter[str] = field(default_factory=Counter)
    in_house: Counter[str] = field(default_factory=Counter)
    most_in_house: Counter[str] = field(default_factory=Counter)

    def book(self, kind: str, first_night: dt.date, end_night: dt.date, rooms: int = 1) -> None:
        for number in range((end_night - first_night).days):
            night = first_night + dt.timedelta(days=number)
            self.booked[kind, night] += rooms
            self.most_booked[kind] = max(self.most_booked[kind], self.booked[kind, night])

    def enter(self, kind: str) -> None:
        self.in_house[kind] += 1
        self.most_in_house[kind] = max(self.most_in_house[kind], self.in_house[kind])


def room_kinds(stays: Sequence[BookedStay], moments: Iterable[Moment]) -> list[RoomKind]:
    """By letter. Every type that was booked or slept in is there, also one that nobody ever slept in."""
    counts = _Counts()
    for moment in moments:
        _count(counts, moment)
    adults: defaultdict[str, int] = defaultdict(lambda: 1)
    children: Counter[str] = Counter()
    for stay in stays:
        adults[stay.reserved] = max(adults[stay.reserved], min(stay.adults, MOST_GUESTS))
        children[stay.reserved] = max(children[stay.reserved], min(stay.children + stay.babies, MOST_CHILDREN))
    return [
        RoomKind(
            letter,
            counts.most_in_house[letter],
            max(0, counts.most_booked[letter] - counts.most_in_house[letter]),
            adults[letter],
            children[letter],
        )
        for letter in sorted({stay.reserved for stay in stays} | {stay.assigned for stay in stays})
    ]


def _count(counts: _Counts, moment: Moment) -> None:
    """In whatever order the moves of a step come: first all take their rooms, then all give theirs back."""
    stays = [stay for stay in moment.stays if stay.nights]
    for stay in stays:
        if moment.step is Step.BOOKINGS:
            counts.book(stay.reserved, stay.arrival, stay.departure)
        elif moment.step is Step.ARRIVALS:
            counts.enter(stay.assigned)
            if stay.assigned != stay.reserved:
                counts.book(stay.assigned, stay.arrival, stay.departure)
        elif moment.step in (Step.DEPARTURES, Step.DEPARTURES_SAME_DAY):
            counts.in_house[stay.assigned] -= 1
    for stay in stays:
        freed = _freed(stay, moment.step)
        if freed is not None:
            kind, first_night = freed
            counts.book(kind, first_night, stay.departure, -1)


def _freed(stay: BookedStay, step: Step) -> tuple[str, dt.date] | None:
    """Of which type a booking gives nights back, and from which night on."""
    match step:
        case Step.CANCELLATIONS | Step.CANCELLATIONS_SAME_DAY:
            return stay.reserved, stay.arrival
        case Step.ARRIVALS:
            return (stay.reserved, stay.arrival) if stay.assigned != stay.reserved else None
        case Step.NO_SHOWS:
            return stay.reserved, stay.ended
        case Step.DEPARTURES | Step.DEPARTURES_SAME_DAY:
            return stay.assigned, stay.ended
        case Step.BOOKINGS | Step.CHANGES:
            return None
