"""The nights of a room type that cannot be had, as a calendar (RFC 5545) for whoever knows its secret address.

It says which nights, never whose. The address is a secret: nothing here writes it anywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from email.utils import format_datetime, parsedate_to_datetime

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.services import Services
from contracts.booking.v1 import calendar_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import NotFound, ServiceError

OWN_EVENT_SUFFIX = "@calendars.innkeeper"
_SUMMARY = "Not available"


class CalendarExport:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, request: Request) -> Response:
        try:
            read = await call(
                self._services.calendars.ReadCalendar,
                calendar_pb2.ReadCalendarRequest(secret=request.path_params["secret"]),
                token="",
            )
        except ServiceError as refusal:
            if refusal.code == NotFound.code:
                return PlainTextResponse("There is no such calendar.\n", status_code=404)
            return PlainTextResponse("Please try again later.\n", status_code=503, headers={"retry-after": "60"})
        changed_at = from_timestamp(read.as_of).replace(microsecond=0)
        headers = {
            "etag": f'W/"{_digest(read)}"',
            "last-modified": format_datetime(changed_at, usegmt=True),
            "cache-control": "private, max-age=60",
        }
        if _is_known(request, headers["etag"], changed_at):
            return Response(status_code=304, headers=headers)
        return Response(calendar(read, changed_at), media_type="text/calendar", headers=headers)


def calendar(read: calendar_pb2.ReadCalendarResponse, changed_at: dt.datetime) -> bytes:
    """Each run of nights without a free room is an event, named after its room type and first night."""
    document = Calendar()
    document.add("prodid", "-//Innkeeper//Calendar//EN")
    document.add("version", "2.0")
    document.add("calscale", "GREGORIAN")
    for period in read.periods:
        event = Event()
        event.add("uid", f"{period.first_night}.{read.room_type_id}{OWN_EVENT_SUFFIX}")
        event.add("dtstamp", changed_at)
        event.add("dtstart", dt.date.fromisoformat(period.first_night))
        event.add("dtend", dt.date.fromisoformat(period.end_night))
        event.add("summary", _SUMMARY)
        event.add("transp", "OPAQUE")
        document.add_component(event)
    written: bytes = document.to_ical()
    return written


def _digest(read: calendar_pb2.ReadCalendarResponse) -> str:
    """Of what the calendar says, not of when it was asked."""
    told = [read.room_type_id, *(f"{period.first_night}/{period.end_night}" for period in read.periods)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _is_known(request: Request, etag: str, changed_at: dt.datetime) -> bool:
    """Whether the reader has it already; by RFC 9110 an ETag counts alone."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag.removeprefix("W/") in {
            one.strip().removeprefix("W/") for one in known.split(",")
        }
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return moment.tzinfo is not None and changed_at <= moment
