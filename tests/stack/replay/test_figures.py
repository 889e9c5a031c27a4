"""The figures that are counted from the file, and what a replay reports."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter

from stack.replay.client import Refused
from stack.replay.days import Step
from stack.replay.figures import Figures, Period, figures_of_rows, figures_of_system, nights_sold, year_of
from stack.replay.player import Refusal
from stack.replay.report import Replayed, report
from stack.replay.rooms import RoomKind
from stack.replay.rows import Unreadable
from tests.stack.replay.booking_rows import stays_of

AUGUST = Period(dt.date(2015, 8, 1), dt.date(2015, 9, 1))
CANCELLED = {"reservation_status": "Canceled", "reservation_status_date": "7/30/2015"}
NO_SHOW = {"reservation_status": "No-Show"}
SYSTEM = {
    "availableRoomNights": 31,
    "soldRoomNights": 1,
    "revenue": {"minorUnits": 8000},
    "averageDailyRate": {"minorUnits": 8000},
    "revenuePerAvailableRoom": {"minorUnits": 258},
    "occupancyBasisPoints": 323,
    "bookings": 0,
    "cancelledBookings": 0,
    "noShowBookings": 0,
    "meanLeadDays": 0.0,
}


def test_nights_count_until_the_guest_left_and_one_for_who_never_came() -> None:
    always = Period(dt.date(2015, 1, 1), dt.date(2016, 1, 1))
    stayed, early, gone_at_once, cancelled, missing = stays_of(
        {}, {"reservation_status_date": "8/1/2015"}, {"reservation_status_date": "7/31/2015"}, CANCELLED, NO_SHOW
    )
    assert [nights_sold(stay, always) for stay in (stayed, early, gone_at_once, cancelled, missing)] == [2, 1, 0, 0, 1]
    assert nights_sold(stayed, AUGUST) == 1


def test_figures_of_rows_are_those_of_their_nights_and_of_their_arrivals() -> None:
    stays = stays_of({}, {"adr": "100.50"}, CANCELLED, NO_SHOW | {"lead_time": "13"})
    july = Period(dt.date(2015, 7, 1), dt.date(2015, 8, 1))
    assert figures_of_rows(stays, 2, july) == Figures(
        available=62,
        sold=3,
        revenue=26_050,
        bookings=4,
        cancelled=1,
        no_shows=1,
        occupancy=484,
        average_daily_rate=8683,
        revenue_per_available_room=420,
        mean_lead_days=10.75,
    )
    assert figures_of_rows(stays, 2, july).cancellation_rate == 2500


def test_the_system_and_the_rows_give_the_same_figures_for_the_same_nights() -> None:
    assert figures_of_system(SYSTEM) == figures_of_rows(stays_of({}), 1, AUGUST)


def test_a_year_is_twelve_calendar_months_from_the_first_arrival() -> None:
    year = year_of(stays_of({}))
    assert (year, year.nights) == (Period(dt.date(2015, 7, 1), dt.date(2016, 7, 1)), 366)
    assert [month.first_night.month for month in year.months()] == [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]


def replayed() -> Replayed:
    (stay, odd) = stays_of({}, {"adults": "26"})
    figures = figures_of_rows([stay], 1, AUGUST)
    return Replayed(
        period=AUGUST,
        kinds=[RoomKind("A", 1, 2, 2, 0)],
        booked=[stay],
        system=figures,
        same_rows=figures,
        every_row=figures_of_rows([stay, odd], 1, AUGUST),
        months=[(figures, figures)],
        played=Counter({Step.BOOKINGS: 1, Step.DEPARTURES: 1, Step.DEPARTURES_SAME_DAY: 1}),
        refusals=[Refusal(odd, Step.BOOKINGS, Refused("INVALID_INPUT", "A room needs 1 to 20 adults."))],
        unreadable=[Unreadable(9, "adr: 'NULL' is not an amount")],
        outside=3,
        discrepancies=0,
        seconds=1.5,
    )


def test_the_report_tells_every_row_that_was_not_played_and_why() -> None:
    told = report(replayed())
    assert "1 × booking: INVALID_INPUT, A room needs 1 to 20 adults." in told
    assert "line 3: 2 nights, 26 adults, booked 10 days ahead, 80.00 a night" in told
    assert "line 9: adr: 'NULL' is not an amount" in told
    assert "Not of this year, and not played: 3" in told


def test_the_report_stands_system_and_file_side_by_side() -> None:
    lines = report(replayed()).splitlines()
    assert any(line.split() == ["average", "daily", "rate,", "EUR", "80.00", "80.00", "80.00"] for line in lines)
    assert "Played: 1 bookings, 2 check-outs." in lines
    assert lines[-1].startswith("System and file agree.")


def test_a_difference_or_a_discrepancy_is_not_passed_over() -> None:
    good = replayed()
    sold_more = dataclasses.replace(good, system=dataclasses.replace(good.system, sold=2))
    in_a_month = dataclasses.replace(good, months=[(dataclasses.replace(good.system, revenue=1), good.system)])
    books_wrong = dataclasses.replace(good, discrepancies=1)
    assert [result.adds_up for result in (good, sold_more, in_a_month, books_wrong)] == [True, False, False, False]
    assert "differs" in report(sold_more)
    assert "Months in which all of these are equal: 0 of 1" in report(in_a_month)
