"""Months begin and end at midnight of the place, whatever its clocks do meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest

from runtime.errors import InvalidInput
from runtime.months import month_bounds, month_of


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("month", "zone", "begins", "ends"),
    [
        ("2027-05", "Europe/Paris", "2027-04-30T22:00", "2027-05-31T22:00"),
        ("2027-03", "Europe/Paris", "2027-02-28T23:00", "2027-03-31T22:00"),
        ("2027-12", "Asia/Tokyo", "2027-11-30T15:00", "2027-12-31T15:00"),
        ("2028-02", "America/Los_Angeles", "2028-02-01T08:00", "2028-03-01T08:00"),
    ],
)
def test_a_month_is_that_of_the_places_own_clocks(month: str, zone: str, begins: str, ends: str) -> None:
    since, until = month_bounds(month, zone)
    assert (since, until) == (utc(begins), utc(ends))
    moment = dt.timedelta(microseconds=1)
    assert [month_of(at, zone) == month for at in (since - moment, since, until - moment, until)] == [
        *(False, True),
        *(True, False),
    ]


@pytest.mark.parametrize("text", ["", "2027-5", "2027-13", "1999-01", "2027-05-01", "２０２７-05"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        month_bounds(text, "UTC")
    assert refusal.value.path == ("month",)
