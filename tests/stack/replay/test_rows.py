"""Rows of the bookings' file: what they say, and what cannot be read."""

from __future__ import annotations

import datetime as dt

import pytest

from runtime.errors import InvalidInput
from stack.replay.command import RESORT, read_file
from stack.replay.rows import BookedStay, Deposit, Ending, Unreadable, read_rows
from tests.stack.replay.booking_rows import csv_lines


def only(**changes: str) -> BookedStay:
    stays, unreadable = read_rows(csv_lines(changes))
    assert not unreadable
    return stays[0]


def test_a_row_tells_when_it_was_booked_for_which_nights_and_at_what_price() -> None:
    stay = only(lead_time="30", stays_in_weekend_nights="2", stays_in_week_nights="3", adr="98.5")
    assert (stay.line, stay.booked, stay.arrival, stay.departure) == (
        2,
        dt.date(2015, 7, 1),
        dt.date(2015, 7, 31),
        dt.date(2015, 8, 5),
    )
    assert (stay.rate, stay.nights, stay.lead_days) == (9850, 5, 30)
    assert (stay.ending, stay.deposit) == (Ending.DEPARTED, Deposit.NONE)


@pytest.mark.parametrize("told", ["8/2/2015", "2015-08-02"])
def test_a_status_date_is_read_in_both_forms_that_are_in_use(told: str) -> None:
    assert only(reservation_status_date=told).ended == dt.date(2015, 8, 2)


@pytest.mark.parametrize(
    ("ending", "told", "ended"),
    [
        ("Check-Out", "7/1/2015", dt.date(2015, 7, 31)),  # nobody leaves before they came
        ("Check-Out", "8/1/2015", dt.date(2015, 8, 1)),
        ("Check-Out", "8/9/2015", dt.date(2015, 8, 2)),  # or after the nights that they had
        ("Canceled", "7/1/2014", dt.date(2015, 7, 21)),  # or cancels what is not booked yet
        ("Canceled", "7/25/2015", dt.date(2015, 7, 25)),
        ("No-Show", "4/11/2015", dt.date(2015, 8, 1)),  # known once the day of arrival is over
    ],
)
def test_a_booking_ends_on_a_day_on_which_it_can(ending: str, told: str, ended: dt.date) -> None:
    assert only(reservation_status=ending, reservation_status_date=told).ended == ended


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("children", "NULL", "children: 'NULL' is not a whole number"),
        ("children", "NA", "children: 'NA' is not a whole number"),
        ("lead_time", "-3", "lead_time: '-3' is not a whole number"),
        ("adults", "", "adults: nothing is there"),
        ("adr", "cheap", "adr: 'cheap' is not an amount"),
        ("arrival_date_month", "Juli", "arrival_date_month: 'Juli' is not a month"),
        ("arrival_date_day_of_month", "32", "day is out of range for month"),
        ("reservation_status_date", "13/13/2015", "reservation_status_date: '13/13/2015' is not a date"),
        ("reservation_status", "Gone", "reservation_status: 'Gone' is none of Check-Out, Canceled, No-Show"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_stops_nothing(column: str, text: str, reason: str) -> None:
    stays, unreadable = read_rows(csv_lines({}, {column: text}, {}))
    assert [stay.line for stay in stays] == [2, 4]
    assert unreadable == [Unreadable(3, reason)]


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="The first line names the columns"):
        read_rows(["name,stars\n", "Ritz,5\n"])


def test_the_slice_that_comes_with_the_project_is_one_whole_year_of_arrivals() -> None:
    stays, unreadable = read_file(RESORT)
    assert (len(stays), unreadable) == (6_765, [])
    assert (min(stay.arrival for stay in stays), max(stay.arrival for stay in stays)) == (
        dt.date(2015, 7, 1),
        dt.date(2016, 6, 30),
    )
