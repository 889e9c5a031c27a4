"""Which nights another channel's calendar says it sold, and which calendars cannot be read for certain."""

from __future__ import annotations

import datetime as dt

import pytest

from api import calendar_export
from contracts.booking.v1 import calendar_pb2
from workers import busy_nights as reading
from workers.busy_nights import UnreadableCalendar, busy_nights

FIRST, END = dt.date(2027, 5, 1), dt.date(2027, 7, 1)


def calendar(*events: str) -> bytes:
    written = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{written}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def nights(*events: str) -> list[tuple[str, str]]:
    return [(str(start), str(end)) for start, end in busy_nights(calendar(*events), FIRST, END)]


@pytest.mark.parametrize(
    ("event", "period"),
    [
        ("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270512", ("2027-05-10", "2027-05-12")),
        ("DTSTART;VALUE=DATE:20270510", ("2027-05-10", "2027-05-11")),
        ("DTSTART;VALUE=DATE:20270510\nDURATION:P3D", ("2027-05-10", "2027-05-13")),
        ("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270510", ("2027-05-10", "2027-05-11")),
        ("DTSTART:20270510T150000Z\nDTEND:20270512T100000Z", ("2027-05-10", "2027-05-12")),
        ("DTSTART:20270510T150000\nDTEND:20270510T170000", ("2027-05-10", "2027-05-11")),
        (
            "DTSTART;TZID=Europe/Paris:20270510T003000\nDTEND;TZID=Europe/Paris:20270511T100000",
            ("2027-05-10", "2027-05-11"),
        ),
        ("DTSTART;TZID=No/Where:20270510T150000\nDTEND;TZID=No/Where:20270511T100000", ("2027-05-10", "2027-05-11")),
        ("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=\n DATE:202705\n 12\nSUMMARY:Folded", ("2027-05-10", "2027-05-12")),
        ("DTSTART;VALUE=DATE:20200101\nDTEND;VALUE=DATE:20400101", ("2020-01-01", "2040-01-01")),
        ("DTSTART;VALUE=DATE:20270510\nSTATUS:TENTATIVE", ("2027-05-10", "2027-05-11")),
    ],
)
def test_an_event_takes_a_room_from_its_first_day_to_its_last(event: str, period: tuple[str, str]) -> None:
    assert nights(event) == [period]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART;VALUE=DATE:20270510\nSTATUS:CANCELLED",
        "DTSTART;VALUE=DATE:20270510\nTRANSP:TRANSPARENT",
        "DTSTART;VALUE=DATE:20270401\nDTEND;VALUE=DATE:20270501",
        "DTSTART;VALUE=DATE:20270701",
        f"UID:2027-05-10.x{calendar_export.OWN_EVENT_SUFFIX}\nDTSTART;VALUE=DATE:20270510",
    ],
)
def test_what_takes_no_room_of_ours(event: str) -> None:
    assert nights(event) == []


def test_a_summary_in_another_encoding_hides_no_night() -> None:
    raw = calendar("DTSTART;VALUE=DATE:20270510\nSUMMARY:Réservé").decode().encode("latin-1")
    assert len(busy_nights(raw, FIRST, END)) == 1


def test_events_that_are_alike_take_a_room_each() -> None:
    event = "UID:the same\nDTSTART;VALUE=DATE:20270510"
    assert nights(event, event) == [("2027-05-10", "2027-05-11")] * 2


def test_several_calendars_in_a_row_are_all_read() -> None:
    both = calendar("DTSTART;VALUE=DATE:20270510") + calendar("DTSTART;VALUE=DATE:20270512")
    assert len(busy_nights(both, FIRST, END)) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html><body>Please sign in</body></html>",
        bytes(range(256)) * 20,
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR".encode("utf-16"),
        calendar("DTSTART;VALUE=DATE:20270510").removesuffix(b"END:VCALENDAR\r\n"),
        calendar("DTSTART;VALUE=DATE:20270510")[:-40],
        b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270510\r\nEND:VEVENT\r\n",
        calendar("SUMMARY:No beginning"),
        calendar("DTSTART;VALUE=DATE:2027051"),
        calendar("DTSTART:noon"),
        calendar("DTSTART;VALUE=DATE:20270510\nDTSTART;VALUE=DATE:20270511"),
        calendar("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270501"),
        calendar("DTSTART;VALUE=DATE:20270510\nDURATION:-P3D"),
        calendar("DTSTART;VALUE=DATE:20270510\nDURATION:soon"),
        calendar("DTSTART;VALUE=DATE:20270510\nRRULE:FREQ=DAILY"),
        calendar("DTSTART;VALUE=DATE:20270510\nRDATE;VALUE=DATE:20270601"),
        calendar("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE\n 20270512 unfolded"),
        calendar("DTSTART;VALUE=DATE:20270510\nSUMMARY:a\nline that was not folded"),
        calendar("DTSTART;VALUE=DATE:99991231"),
        calendar(*["DTSTART;VALUE=DATE:20270510"] * (reading.MOST_EVENTS + 1)),
        b"BEGIN:VCALENDAR\r\n" * 5000,
    ],
)
def test_a_calendar_that_cannot_be_read_for_certain_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(UnreadableCalendar) as refusal:
        busy_nights(raw, FIRST, END)
    assert str(refusal.value).endswith((".", ")."))


def test_our_own_calendar_is_known_again() -> None:
    """A channel that only gives back what we told it has sold nothing of ours."""
    assert reading.OWN_EVENT_SUFFIX == calendar_export.OWN_EVENT_SUFFIX
    read = calendar_pb2.ReadCalendarResponse(
        room_type_id="a", periods=[calendar_pb2.BusyPeriod(first_night="2027-05-10", end_night="2027-05-12")]
    )
    ours = calendar_export.calendar(read, dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    assert b"2027" in ours
    assert busy_nights(ours, FIRST, END) == []
