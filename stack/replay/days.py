"""What happens when: the moves of every day of a replay, in the order in which a hotel makes them. Pure."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stack.replay.rows import BookedStay, Deposit, Ending

MOST_RATES = 100  # changes that one `ratesUpdate` takes


class Step(enum.Enum):
    """The steps of a day by their time at the hotel. What frees rooms comes before what takes them; a guest who
    cancels, or leaves, on the very day that they booked, or came, does so after it."""

    NO_SHOWS = dt.time(6)  # of the day before
    DEPARTURES = dt.time(10)
    CANCELLATIONS = dt.time(12)
    BOOKINGS = dt.time(13)
    CHANGES = dt.time(15)
    CANCELLATIONS_SAME_DAY = dt.time(16)
    ARRIVALS = dt.time(18)
    DEPARTURES_SAME_DAY = dt.time(22)


@dataclass(frozen=True, slots=True)
class Moment:
    """The bookings that one step of one day is about, in the order of the file; one that is changed twice on a day
    is there twice."""

    day: dt.date
    step: Step
    stays: Sequence[BookedStay]


def moments(stays: Iterable[BookedStay]) -> list[Moment]:
    found: defaultdict[tuple[dt.date, dt.time], list[BookedStay]] = defaultdict(list)
    for stay in stays:
        for day, step in _steps(stay):
            found[day, step.value].append(stay)
    return [Moment(day, Step(time), found[day, time]) for day, time in sorted(found)]


def _steps(stay: BookedStay) -> Iterator[tuple[dt.date, Step]]:
    yield stay.booked, Step.BOOKINGS
    for day in change_days(stay):
        yield day, Step.CHANGES
    match stay.ending:
        case Ending.CANCELLED:
            same_day = stay.ended == stay.booked
            yield stay.ended, Step.CANCELLATIONS_SAME_DAY if same_day else Step.CANCELLATIONS
        case Ending.MISSING:
            yield stay.ended, Step.NO_SHOWS
        case Ending.DEPARTED:
            yield stay.arrival, Step.ARRIVALS
            same_day = stay.ended == stay.arrival
            yield stay.ended, Step.DEPARTURES_SAME_DAY if same_day else Step.DEPARTURES


def change_days(stay: BookedStay) -> list[dt.date]:
    """The file counts changes but tells no days: they are spread evenly until arrival or cancellation."""
    end = stay.ended if stay.ending is Ending.CANCELLED else stay.arrival
    return [
        stay.booked + dt.timedelta(days=(end - stay.booked).days * number // (stay.changes + 1))
        for number in range(1, stay.changes + 1)
    ]


def waves(stays: Iterable[BookedStay]) -> list[list[BookedStay]]:
    """Groups whose prices can stand at the same time: no two ask different prices of one night of a product."""
    found: list[tuple[list[BookedStay], dict[tuple[str, str, Deposit, dt.date], int]]] = []
    for stay in stays:
        wanted = {(stay.reserved, stay.segment, stay.deposit, night): stay.rate for night in _nights(stay)}
        for wave, prices in found:
            if len(wave) < MOST_RATES and all(prices.get(night, stay.rate) == stay.rate for night in wanted):
                wave.append(stay)
                prices |= wanted
                break
        else:
            found.append(([stay], wanted))
    return [wave for wave, _ in found]


def _nights(stay: BookedStay) -> list[dt.date]:
    return [stay.arrival + dt.timedelta(days=number) for number in range(stay.nights)]
