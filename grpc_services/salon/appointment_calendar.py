"""An appointment as a calendar file (RFC 5545): as the clocks show it at the salon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from runtime.database import Record

UID_SUFFIX = "@appointments.innkeeper"
_GONE = frozenset({"CANCELLED", "EXPIRED"})
_SETTLED = frozenset({"CONFIRMED", "COMPLETED", "NO_SHOW"})


def calendar_file(row: Record, services: Sequence[Record], salon: Record | None) -> bytes:
    """One event under the appointment's own id, so that a later version of the file replaces an earlier one."""
    names = [one["service_name"] for one in services]
    masters = list(dict.fromkeys(one["master_name"] for one in services))
    event = Event()
    event.add("uid", f"{row['id']}{UID_SUFFIX}")
    event.add("sequence", row["version"])
    event.add("dtstamp", row["updated_at"].astimezone(dt.UTC).replace(microsecond=0))
    begins, ends = (row[name].astimezone(ZoneInfo(row["time_zone"])) for name in ("starts_at", "ends_at"))
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("summary", f"{row['salon_name']}: {', '.join(names)}")
    event.add("description", f"{row['reference']}\n{', '.join(masters)}")
    if salon is not None:
        event.add("location", _place(salon))
    event.add("status", _status(row["state"]))
    document = Calendar()
    document.add("prodid", "-//Innkeeper//Appointments//EN")
    document.add("version", "2.0")
    document.add("calscale", "GREGORIAN")
    document.add("method", "PUBLISH")
    document.add_component(event)
    year = dt.timedelta(days=366)
    document.add_missing_timezones(first_date=begins.date() - year, last_date=ends.date() + year)
    written: bytes = document.to_ical()
    return written


def _place(salon: Record) -> str:
    town = f"{salon['postal_code']} {salon['city']}".strip()
    return ", ".join(part for part in (salon["name"], salon["street"], town, salon["country"]) if part)


def _status(state: str) -> str:
    if state in _GONE:
        return "CANCELLED"
    return "CONFIRMED" if state in _SETTLED else "TENTATIVE"
