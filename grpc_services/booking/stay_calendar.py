"""A booking as a calendar file (RFC 5545): arrival and departure as the clocks show them at the hotel."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import messages
from grpc_services.booking.rules import HOLDING, State
from runtime.database import Record

UID_SUFFIX = "@bookings.innkeeper"
_GONE = frozenset({State.CANCELLED, State.EXPIRED})


def calendar_file(row: Record) -> bytes:
    """One event under the booking's own id, so that a later version of the file replaces an earlier one."""
    stay = messages.priced_stay(row)
    event = Event()
    event.add("uid", f"{row['id']}{UID_SUFFIX}")
    event.add("sequence", row["version"])
    event.add("dtstamp", row["updated_at"].astimezone(dt.UTC).replace(microsecond=0))
    begins, ends = _period(row, stay)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("summary", stay.hotel_name)
    event.add("description", f"{row['reference']}\n{', '.join(room.room_type_name for room in stay.rooms)}")
    if place := _place(stay):
        event.add("location", place)
    event.add("status", _status(State(row["state"])))
    event.add("transp", "TRANSPARENT")
    document = Calendar()
    document.add("prodid", "-//Innkeeper//Bookings//EN")
    document.add("version", "2.0")
    document.add("calscale", "GREGORIAN")
    document.add("method", "PUBLISH")
    document.add_component(event)
    document.add_missing_timezones(
        first_date=row["check_in"] - dt.timedelta(days=366), last_date=row["check_out"] + dt.timedelta(days=366)
    )
    written: bytes = document.to_ical()
    return written


def _period(row: Record, stay: rate_pb2.PriceStayResponse) -> tuple[dt.date, dt.date]:
    """Moments in the hotel's zone; whole days for a stay that was priced without a time of departure."""
    if not stay.check_out_time:
        return row["check_in"], row["check_out"]
    zone = ZoneInfo(stay.time_zone)
    arrival, departure = (dt.time.fromisoformat(time) for time in (stay.check_in_time, stay.check_out_time))
    return (
        dt.datetime.combine(row["check_in"], arrival, tzinfo=zone),
        dt.datetime.combine(row["check_out"], departure, tzinfo=zone),
    )


def _place(stay: rate_pb2.PriceStayResponse) -> str:
    known = stay.address
    town = f"{known.postal_code} {known.city}".strip()
    parts = [part for part in (known.street, town, known.country) if part]
    return ", ".join([stay.hotel_name, *parts]) if parts else ""


def _status(state: State) -> str:
    if state in _GONE:
        return "CANCELLED"
    return "TENTATIVE" if state in HOLDING else "CONFIRMED"
