"""A calendar file as a mail carries it (RFC 5546): a request that is already accepted, or its cancellation, so that a
calendar that took the first one follows every later one by its UID and SEQUENCE."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from icalendar import Calendar, vCalAddress, vText

from contracts.auth.v1 import auth_pb2


@dataclass(frozen=True, slots=True)
class Invitation:
    content: bytes
    method: str  # also of the part of the mail that carries it


def invitation(calendar: bytes, *, organizer: str, attendee: auth_pb2.Contact) -> Invitation:
    """`calendar` is the owner's file; `organizer` is whom mails come from."""
    document = Calendar.from_ical(calendar)
    (event,) = document.events
    method = "CANCEL" if event.get("status") == "CANCELLED" else "REQUEST"
    document["method"] = vText(method)
    name, address = parseaddr(organizer)
    event["organizer"] = _address(address, name)
    guest = _address(attendee.email, attendee.name)
    guest.params["partstat"] = vText("ACCEPTED")
    guest.params["rsvp"] = vText("FALSE")
    event["attendee"] = guest
    return Invitation(document.to_ical(), method)


def _address(address: str, name: str) -> vCalAddress:
    written = vCalAddress(f"mailto:{address}")
    if name:
        written.params["cn"] = vText(name)
    return written
