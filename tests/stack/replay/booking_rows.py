"""Rows as the bookings' file has them, for tests to change."""

from __future__ import annotations

from collections.abc import Mapping

from stack.replay.rows import BookedStay, read_rows

_ROW = {
    "lead_time": "10",
    "arrival_date_year": "2015",
    "arrival_date_month": "July",
    "arrival_date_day_of_month": "31",
    "stays_in_weekend_nights": "2",
    "stays_in_week_nights": "0",
    "adults": "2",
    "children": "0",
    "babies": "0",
    "market_segment": "Online TA",
    "distribution_channel": "TA/TO",
    "reserved_room_type": "A",
    "assigned_room_type": "A",
    "booking_changes": "0",
    "deposit_type": "No Deposit",
    "adr": "80",
    "reservation_status": "Check-Out",
    "reservation_status_date": "8/2/2015",
}


def csv_lines(*rows: Mapping[str, str]) -> list[str]:
    """A header, and a row for every set of changes to an ordinary one: two nights from 31 July 2015, booked ten
    days before."""
    return [",".join(_ROW) + "\n", *(",".join((_ROW | dict(row)).values()) + "\n" for row in rows)]


def stays_of(*rows: Mapping[str, str]) -> list[BookedStay]:
    stays, unreadable = read_rows(csv_lines(*rows))
    assert not unreadable
    return stays
