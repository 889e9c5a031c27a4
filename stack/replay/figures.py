"""A hotel's figures: as its system answers them, and counted from the rows of the file. Pure.

    occupancy                    sold room nights / available room nights
    average daily rate (ADR)     revenue / sold room nights
    RevPAR                       revenue / available room nights
    cancellation rate            cancelled bookings / bookings that were to arrive

The system's definition of a sold night is taken for the rows too: every night until the guest left, and the first
night of who never came. Quotients are rounded half up, as the system does. Amounts are cents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stack.replay.rows import BookedStay, Ending

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Period:
    """Nights, half-open."""

    first_night: dt.date
    end_night: dt.date

    @property
    def nights(self) -> int:
        return (self.end_night - self.first_night).days

    def months(self) -> list[Period]:
        found: list[Period] = []
        start = self.first_night
        while start < self.end_night:
            end = min(first_of_next_month(start), self.end_night)
            found.append(Period(start, end))
            start = end
        return found


@dataclass(frozen=True, slots=True)
class Figures:
    available: int
    sold: int
    revenue: int
    bookings: int
    cancelled: int
    no_shows: int
    occupancy: int  # basis points
    average_daily_rate: int
    revenue_per_available_room: int
    mean_lead_days: float

    @property
    def cancellation_rate(self) -> int:
        """In basis points."""
        return quotient(BASIS_POINTS * self.cancelled, self.bookings)


def year_of(stays: Sequence[BookedStay]) -> Period:
    """Twelve months from the one in which the first guest was to arrive."""
    first = min(stay.arrival for stay in stays).replace(day=1)
    return Period(first, first.replace(year=first.year + 1))


def figures_of_rows(stays: Iterable[BookedStay], rooms: int, period: Period) -> Figures:
    available = rooms * period.nights
    sold = revenue = lead_days = 0
    endings = dict.fromkeys(Ending, 0)
    for stay in stays:
        nights = nights_sold(stay, period)
        sold += nights
        revenue += nights * stay.rate
        if period.first_night <= stay.arrival < period.end_night:
            endings[stay.ending] += 1
            lead_days += stay.lead_days
    bookings = sum(endings.values())
    return Figures(
        available=available,
        sold=sold,
        revenue=revenue,
        bookings=bookings,
        cancelled=endings[Ending.CANCELLED],
        no_shows=endings[Ending.MISSING],
        occupancy=quotient(BASIS_POINTS * sold, available),
        average_daily_rate=quotient(revenue, sold),
        revenue_per_available_room=quotient(revenue, available),
        mean_lead_days=lead_days / bookings if bookings else 0.0,
    )


def figures_of_system(answer: Mapping[str, Any]) -> Figures:
    """`answer` is `PeriodFigures` of the public schema."""
    return Figures(
        available=answer["availableRoomNights"],
        sold=answer["soldRoomNights"],
        revenue=answer["revenue"]["minorUnits"],
        bookings=answer["bookings"],
        cancelled=answer["cancelledBookings"],
        no_shows=answer["noShowBookings"],
        occupancy=answer["occupancyBasisPoints"],
        average_daily_rate=answer["averageDailyRate"]["minorUnits"],
        revenue_per_available_room=answer["revenuePerAvailableRoom"]["minorUnits"],
        mean_lead_days=answer["meanLeadDays"],
    )


def nights_sold(stay: BookedStay, period: Period) -> int:
    """Nights of the period that a row stands for."""
    if stay.ending is Ending.CANCELLED:
        return 0
    end = min(stay.ended, stay.departure)
    return max(0, (min(end, period.end_night) - max(stay.arrival, period.first_night)).days)


def quotient(amount: int, divisor: int) -> int:
    """Rounded half up; 0 where there is nothing to divide by."""
    return (2 * amount + divisor) // (2 * divisor) if divisor else 0


def first_of_next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
