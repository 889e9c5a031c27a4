"""Why nights cannot be booked, in the public schema."""

from __future__ import annotations

import datetime as dt
import enum

import strawberry

from api.node_ids import encode_id
from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import rate_pb2
from runtime.clock import from_timestamp


@strawberry.enum(description="Why a night cannot be booked.")
class UnavailableReason(enum.Enum):
    SOLD_OUT = strawberry.enum_value("SOLD_OUT", description="No room is left.")
    HELD = strawberry.enum_value("HELD", description="Held for a payment; free again if it does not come.")
    CLOSED = strawberry.enum_value("CLOSED", description="The house does not sell the night.")
    CLOSED_TO_ARRIVAL = strawberry.enum_value("CLOSED_TO_ARRIVAL", description="No stay begins on it.")
    CLOSED_TO_DEPARTURE = strawberry.enum_value("CLOSED_TO_DEPARTURE", description="No stay ends on this day.")
    MIN_STAY = strawberry.enum_value("MIN_STAY", description="Stays that begin on it are longer.")
    MAX_STAY = strawberry.enum_value("MAX_STAY", description="Stays that begin on it are shorter.")
    TOO_LATE = strawberry.enum_value("TOO_LATE", description="It had to be booked earlier.")
    TOO_EARLY = strawberry.enum_value("TOO_EARLY", description="It can be booked later.")
    CALENDAR_STALE = strawberry.enum_value(
        "CALENDAR_STALE", description="Another channel's calendar has not been heard of for too long."
    )


_SENTENCES = {
    UnavailableReason.SOLD_OUT: "This night is sold out.",
    UnavailableReason.CLOSED: "The house does not sell this night.",
    UnavailableReason.CLOSED_TO_ARRIVAL: "No stay begins on this night.",
    UnavailableReason.CLOSED_TO_DEPARTURE: "No stay ends on this day.",
    UnavailableReason.MIN_STAY: "Stays that begin on this night have at least {}.",
    UnavailableReason.MAX_STAY: "Stays that begin on this night have at most {}.",
    UnavailableReason.TOO_LATE: "Stays that begin on this night are booked at least {} ahead.",
    UnavailableReason.TOO_EARLY: "Stays that begin on this night are booked at most {} ahead.",
    UnavailableReason.CALENDAR_STALE: (
        "The calendar of another channel has not been heard of for too long; nothing is sold until it is."
    ),
}
_COUNTED_IN_NIGHTS = (UnavailableReason.MIN_STAY, UnavailableReason.MAX_STAY)


@strawberry.type(description="One reason why a stay cannot be booked.")
class NightUnavailable:
    night: dt.date = strawberry.field(description="The night; the day of departure for CLOSED_TO_DEPARTURE.")
    reason: UnavailableReason = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people, in English.")
    limit: int | None = strawberry.field(
        description="Nights or days, for reasons that have a number; the rooms left, for nights that have too few."
    )
    held_until: dt.datetime | None = strawberry.field(description="For HELD: when the first hold ends if nobody pays.")
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rate_plan_id: strawberry.ID | None = strawberry.field(description="The rate plan; null if it does not matter.")


def night_unavailable(
    night: dt.date,
    reason: UnavailableReason,
    *,
    room_type_id: str,
    rate_plan_id: str = "",
    limit: int | None = None,
    held_until: dt.datetime | None = None,
) -> NightUnavailable:
    return NightUnavailable(
        night=night,
        reason=reason,
        message=_in_words(reason, limit or 0, held_until),
        limit=limit,
        held_until=held_until,
        room_type_id=strawberry.ID(encode_id("RoomType", room_type_id)),
        rate_plan_id=strawberry.ID(encode_id("RatePlan", rate_plan_id)) if rate_plan_id else None,
    )


def refused_nights(text: str, room_type_id: str) -> list[NightUnavailable]:
    """The reasons of a ROOM_UNAVAILABLE refusal: `night|reason|limit or moment;…`."""
    found = []
    for part in filter(None, text.split(";")):
        night, name, rest = part.split("|")
        reason = UnavailableReason(name)
        held = reason is UnavailableReason.HELD and rest != ""
        found.append(
            night_unavailable(
                dt.date.fromisoformat(night),
                reason,
                room_type_id=room_type_id,
                limit=int(rest) if rest and not held else None,
                held_until=dt.datetime.fromisoformat(rest) if held else None,
            )
        )
    return found


def restricted_nights(response: rate_pb2.ListStayRestrictionsResponse) -> list[NightUnavailable]:
    return [
        night_unavailable(
            dt.date.fromisoformat(found.night),
            UnavailableReason(rate_pb2.UnavailableReason.Name(found.reason).removeprefix("UNAVAILABLE_REASON_")),
            room_type_id=found.room_type_id,
            rate_plan_id=found.rate_plan_id,
            limit=found.limit or None,
        )
        for found in response.restrictions
    ]


def full_nights(
    available: inventory_pb2.RoomTypeAvailability, nights: list[dt.date], number_of_rooms: int
) -> list[NightUnavailable]:
    """The nights on which a room type has not so many rooms left."""
    named = {dt.date.fromisoformat(night.night): night for night in available.nights}
    found = []
    for night in nights:
        known = named.get(night)
        free = known.free if known else available.capacity
        if free >= number_of_rooms:
            continue
        held_until = from_timestamp(known.held_until) if known and known.HasField("held_until") else None
        if available.stale:
            reason = UnavailableReason.CALENDAR_STALE
        else:
            reason = UnavailableReason.HELD if held_until else UnavailableReason.SOLD_OUT
        found.append(
            night_unavailable(
                night, reason, room_type_id=available.room_type_id, limit=free or None, held_until=held_until
            )
        )
    return found


def _in_words(reason: UnavailableReason, limit: int, held_until: dt.datetime | None) -> str:
    if reason is UnavailableReason.HELD:
        until = f" until {held_until.astimezone(dt.UTC):%H:%M} UTC" if held_until else ""
        return f"This night is held for somebody else{until}; it is free again if they do not pay."
    if reason is UnavailableReason.SOLD_OUT and limit:
        return f"Only {limit} room{'s are' if limit > 1 else ' is'} left on this night."
    unit = "night" if reason in _COUNTED_IN_NIGHTS else "day"
    return _SENTENCES[reason].format(f"{limit} {unit}{'s' * (limit != 1)}")
