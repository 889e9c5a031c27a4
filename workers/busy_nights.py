"""Reading another channel's calendar (RFC 5545): which nights of ours it says it sold.

Each event blocks one room from the day it begins to the day it ends, by the clock that the event itself uses,
and one night at least. What cannot be read for certain is refused as a whole: a night read too few would be
sold twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from icalendar import Calendar, Event

MOST_EVENTS = 5000
OWN_EVENT_SUFFIX = (
    "@calendars.innkeeper"  # as in api/calendar_export.py; a channel that gives our own nights back sold none
)
_NOT_READ = ("RRULE", "RDATE", "EXRULE")
_DAY = dt.timedelta(days=1)


class UnreadableCalendar(Exception):
    """The message is for the hotelier."""


def busy_nights(raw: bytes, first_night: dt.date, end_night: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Half-open periods, one an event, as far as they touch [first_night, end_night). Raises UnreadableCalendar."""
    if raw.count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise UnreadableCalendar(f"The calendar has more than {MOST_EVENTS:,} events.")
    periods = [_period(event) for event in _events(raw) if _takes_a_room(event)]
    return [(start, end) for start, end in periods if start < end_night and end > first_night]


def _events(raw: bytes) -> Sequence[Event]:
    try:
        # Dates are ASCII, whatever a summary is written in.
        calendars = Calendar.from_ical(raw.decode("utf-8", errors="replace"), multiple=True)
    except (ValueError, IndexError, KeyError, RecursionError):
        raise UnreadableCalendar("This is not a calendar that can be read.") from None
    if not calendars or not all(calendar.name == "VCALENDAR" for calendar in calendars):
        raise UnreadableCalendar("This is not a whole calendar.")
    return [event for calendar in calendars for event in calendar.events]


def _takes_a_room(event: Event) -> bool:
    if event.errors:
        raise UnreadableCalendar(f"An event cannot be read ({event.errors[0][0] or 'a broken line'}).")
    return (
        str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
        and not str(event.get("UID", "")).endswith(OWN_EVENT_SUFFIX)
    )


def _period(event: Event) -> tuple[dt.date, dt.date]:
    if any(name in event for name in _NOT_READ):
        raise UnreadableCalendar("An event repeats itself; only single events can be read.")
    start = _moment(event, "DTSTART")
    if start is None:
        raise UnreadableCalendar("An event has no beginning.")
    end = _moment(event, "DTEND")
    duration = event.get("DURATION")
    if end is None:
        length = getattr(duration, "dt", None) or dt.timedelta()
        if not isinstance(length, dt.timedelta) or length < dt.timedelta():
            raise UnreadableCalendar("An event has a duration that is none.")
        try:
            end = start + length
        except OverflowError:
            end = dt.date.max
    first, last = _date(start), _date(end)
    if last < first:
        raise UnreadableCalendar("An event ends before it begins.")
    return first, max(last, first + _DAY)


def _moment(event: Event, name: str) -> dt.date | None:
    value = event.get(name)
    if value is None:
        return None
    moment = getattr(value, "dt", None)
    if not isinstance(moment, dt.date):  # a datetime is a date
        raise UnreadableCalendar(f"An event has a {name} that is no date.")
    if moment.year >= dt.MAXYEAR:
        raise UnreadableCalendar(f"An event has a {name} too far away.")
    return moment


def _date(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment
