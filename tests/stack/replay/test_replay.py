"""A week of the real hotel and rows that are odd in every way, replayed from end to end."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from stack.replay.command import RESORT, read_file, replay, replay_rows
from stack.replay.days import Step, moments
from stack.replay.report import Replayed, report
from stack.replay.rows import BookedStay, Ending
from tests.stack.replay.booking_rows import stays_of

_REAL_ROWS = 40
_AROUND = (dt.date(2015, 10, 5), dt.date(2015, 10, 8))
_LEAD_DAYS = 90
_LINES_OF_ODD_ROWS = 10_000
_IN_OCTOBER = {
    "arrival_date_month": "October",
    "arrival_date_day_of_month": "6",
    "stays_in_week_nights": "1",
    "reservation_status_date": "10/9/2015",
}
_CANCELLED = {"reservation_status": "Canceled", "reservation_status_date": "10/1/2015"}
PLAYED = (
    {"adr": "0"},
    {"reservation_status": "No-Show"},
    {"booking_changes": "2"},
    {"children": "2", "babies": "1"},
    {"assigned_room_type": "D"},
    {"reservation_status_date": "10/7/2015"},  # left early
    {"reservation_status_date": "10/6/2015"},  # left on the day of arrival
    {"lead_time": "0", "market_segment": "Direct"},
    {"deposit_type": "Non Refund"},
    _CANCELLED,
    _CANCELLED | {"reservation_status_date": "9/26/2015", "booking_changes": "1"},  # on the day of booking
    _CANCELLED | {"deposit_type": "Non Refund"},
    _CANCELLED | {"deposit_type": "Refundable"},
)
REFUSED = {
    "Check-out must be after check-in.": {"stays_in_weekend_nights": "0", "stays_in_week_nights": "0"},
    "A room needs 1 to 20 adults.": {"adults": "26"},
    "Nights can be booked 500 days ahead.": {"lead_time": "510"},
    "Rates are kept for 531 days ahead.": {"lead_time": "709"},
    "This is a number from 0 to 300000000.": {"adr": "-6.38"},
}


def chosen_rows() -> list[BookedStay]:
    """Real guests of the days around the odd ones, who compete with them for rooms."""
    real = [
        stay
        for stay in read_file(RESORT)[0]
        if _AROUND[0] <= stay.arrival <= _AROUND[1] and stay.adults and stay.nights and stay.lead_days < _LEAD_DAYS
    ]
    odd = stays_of(*(_IN_OCTOBER | changes for changes in (*PLAYED, *REFUSED.values())))
    return real[:_REAL_ROWS] + [dataclasses.replace(stay, line=_LINES_OF_ODD_ROWS + stay.line) for stay in odd]


@pytest.fixture(scope="module")
async def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
async def replayed(directory: Path) -> Replayed:
    return await replay_rows(chosen_rows(), [], directory, progress=False)


async def test_the_system_and_the_file_give_the_same_figures_in_every_month(replayed: Replayed) -> None:
    assert replayed.system.sold > 100
    assert replayed.system.revenue == replayed.same_rows.revenue
    assert (replayed.equal_months, len(replayed.months)) == (12, 12)
    assert replayed.adds_up, report(replayed)


async def test_the_books_are_right_at_the_end(replayed: Replayed) -> None:
    assert replayed.discrepancies == 0


async def test_every_row_is_played_to_its_end_or_refused_for_a_reason_that_is_told(replayed: Replayed) -> None:
    assert Counter(refusal.reason.message for refusal in replayed.refusals) == dict.fromkeys(REFUSED, 1)
    assert len(replayed.booked) == _REAL_ROWS + len(PLAYED)
    wanted = Counter[Step]()
    for moment in moments(replayed.booked):
        wanted[moment.step] += len(moment.stays)
    assert replayed.played == wanted
    assert set(wanted) == set(Step)


async def test_bookings_were_made_on_the_days_of_the_file(replayed: Replayed) -> None:
    leads = [stay.lead_days for stay in replayed.booked]
    assert replayed.system.mean_lead_days == pytest.approx(sum(leads) / len(leads))


async def test_rows_that_were_refused_are_missing_among_the_same_rows_only(replayed: Replayed) -> None:
    departed = sum(stay.ending is Ending.DEPARTED for stay in replayed.booked)
    assert replayed.same_rows.bookings - replayed.same_rows.cancelled - replayed.same_rows.no_shows == departed
    assert replayed.every_row.bookings == replayed.same_rows.bookings + len(REFUSED)


async def test_nothing_runs_on_when_a_replay_is_over(replayed: Replayed, directory: Path) -> None:
    assert replayed.seconds > 0
    assert not (directory / "postgres" / "postmaster.pid").exists()


def test_a_file_that_is_no_list_of_bookings_ends_the_command_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hotels.csv"
    file.write_text("name,stars\nRitz,5\n")
    assert replay(file) == 2
    told = capsys.readouterr().err
    assert told.startswith("replay: The first line names the columns")
    assert told.count("\n") == 1
