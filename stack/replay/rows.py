"""The bookings of one real hotel, as the "hotel booking demand" data sets tell them: read row by row.

Source: N. Antonio, A. de Almeida, L. Nunes, "Hotel booking demand datasets", Data in Brief 22 (2019).
"""

from __future__ import annotations

import calendar
import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

from runtime.csv_rows import csv_rows

COLUMNS = (
    "lead_time",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_day_of_month",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "babies",
    "market_segment",
    "distribution_channel",
    "reserved_room_type",
    "assigned_room_type",
    "booking_changes",
    "deposit_type",
    "adr",
    "reservation_status",
    "reservation_status_date",
)
Word = TypeVar("Word", bound=enum.StrEnum)
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}


class Ending(enum.StrEnum):
    """What became of a booking, in the words of the file."""

    DEPARTED = "Check-Out"
    CANCELLED = "Canceled"
    MISSING = "No-Show"


class Deposit(enum.StrEnum):
    NONE = "No Deposit"
    KEPT = "Non Refund"
    GIVEN_BACK = "Refundable"


@dataclass(frozen=True, slots=True)
class BookedStay:
    """One row: one booking of one room. `rate` is the price of a night in cents."""

    line: int  # in the file
    booked: dt.date
    arrival: dt.date
    nights: int
    ended: dt.date  # the day of departure or cancellation, as far as the row tells one that can be
    ending: Ending
    adults: int
    children: int
    babies: int
    segment: str
    channel: str
    deposit: Deposit
    reserved: str  # room types are letters
    assigned: str
    changes: int
    rate: int

    @property
    def departure(self) -> dt.date:
        """The day of departure that was booked."""
        return self.arrival + dt.timedelta(days=self.nights)

    @property
    def lead_days(self) -> int:
        return (self.arrival - self.booked).days


@dataclass(frozen=True, slots=True)
class Unreadable:
    line: int
    reason: str


def read_rows(lines: Iterable[str]) -> tuple[list[BookedStay], list[Unreadable]]:
    """Every row is one or the other. Raises InvalidInput for a text that is no such list."""
    stays: list[BookedStay] = []
    unreadable: list[Unreadable] = []
    for line, row in csv_rows(lines, COLUMNS, path=("file",)):
        try:
            stays.append(_stay(line, row))
        except ValueError as fault:
            unreadable.append(Unreadable(line, str(fault)))
    return stays, unreadable


def _stay(line: int, row: Mapping[str, str]) -> BookedStay:
    arrival = _arrival(row)
    booked = arrival - dt.timedelta(days=_count(row, "lead_time"))
    nights = _count(row, "stays_in_weekend_nights") + _count(row, "stays_in_week_nights")
    ending = _one_of(Ending, row, "reservation_status")
    return BookedStay(
        line=line,
        booked=booked,
        arrival=arrival,
        nights=nights,
        ended=_end(ending, _status_date(row), booked, arrival, nights),
        ending=ending,
        adults=_count(row, "adults"),
        children=_count(row, "children"),
        babies=_count(row, "babies"),
        segment=_word(row, "market_segment"),
        channel=_word(row, "distribution_channel"),
        deposit=_one_of(Deposit, row, "deposit_type"),
        reserved=_word(row, "reserved_room_type"),
        assigned=_word(row, "assigned_room_type"),
        changes=_count(row, "booking_changes"),
        rate=_cents(row, "adr"),
    )


def _end(ending: Ending, told: dt.date, booked: dt.date, arrival: dt.date, nights: int) -> dt.date:
    """Nobody leaves before they came or after they booked to, or cancels what is not booked. That somebody did not
    come is known once the day of arrival is over."""
    match ending:
        case Ending.DEPARTED:
            return min(max(told, arrival), arrival + dt.timedelta(days=nights))
        case Ending.CANCELLED:
            return max(told, booked)
        case Ending.MISSING:
            return arrival + dt.timedelta(days=1)


def _arrival(row: Mapping[str, str]) -> dt.date:
    name = _word(row, "arrival_date_month")
    if name not in _MONTHS:
        raise ValueError(f"arrival_date_month: {name!r} is not a month")
    return dt.date(_count(row, "arrival_date_year"), _MONTHS[name], _count(row, "arrival_date_day_of_month"))


def _status_date(row: Mapping[str, str]) -> dt.date:
    """Month/day/year, or ISO 8601: both are in use among copies of the file."""
    text = _word(row, "reservation_status_date")
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    try:
        return dt.date(int(year), int(month), int(day)) if rest else dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"reservation_status_date: {text!r} is not a date") from None


def _word(row: Mapping[str, str], column: str) -> str:
    text = row[column].strip()
    if not text:
        raise ValueError(f"{column}: nothing is there")
    return text


def _count(row: Mapping[str, str], column: str) -> int:
    text = _word(row, column)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column}: {text!r} is not a whole number")
    return int(text)


def _cents(row: Mapping[str, str], column: str) -> int:
    text = _word(row, column)
    try:
        return int((Decimal(text) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation:
        raise ValueError(f"{column}: {text!r} is not an amount") from None


def _one_of(words: type[Word], row: Mapping[str, str], column: str) -> Word:
    text = _word(row, column)
    try:
        return words(text)
    except ValueError:
        raise ValueError(f"{column}: {text!r} is none of {', '.join(words)}") from None
