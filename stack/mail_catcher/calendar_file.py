"""An attached calendar file, as far as a person wants to know what is in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from icalendar import Calendar

_MOST_EVENTS = 20


@dataclass(frozen=True)
class CalendarEntry:
    summary: str
    begins: str
    ends: str
    place: str
    status: str


@dataclass(frozen=True)
class CalendarFile:
    method: str
    entries: tuple[CalendarEntry, ...]


def read_calendar(content: bytes) -> CalendarFile | None:
    """None for what is no calendar; a broken one too, whatever is wrong with it."""
    if not content.lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        return None
    try:
        document = Calendar.from_ical(content)
        entries = tuple(
            CalendarEntry(
                summary=str(event.get("summary", "")),
                begins=_moment(event.decoded("dtstart", None)),
                ends=_moment(event.decoded("dtend", None)),
                place=str(event.get("location", "")),
                status=str(event.get("status", "")),
            )
            for event in document.events[:_MOST_EVENTS]
        )
        return CalendarFile(str(document.get("method", "")), entries)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):  # it says little about what it stumbles over
        return None


def _moment(value: dt.datetime | dt.date | None) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%a %d %b %Y, %H:%M} {value.tzname() or ''}".rstrip()
    return f"{value:%a %d %b %Y}" if value else ""
