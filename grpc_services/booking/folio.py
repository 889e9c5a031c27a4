"""What a booking takes, costs and still owes: pure functions of its rows. Amounts are minor units of its currency."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grpc_services.booking.rules import State
from runtime.database import Record

Nights = Mapping[tuple[uuid.UUID, dt.date], int]


@dataclass(frozen=True, slots=True)
class Folio:
    """The rows that belong to one booking: rooms and visits by position, doors by position and night,
    the bill by time."""

    rooms: Sequence[Record]
    doors: Sequence[Record] = field(default=())
    charges: Sequence[Record] = field(default=())
    desk_payments: Sequence[Record] = field(default=())
    visits: Sequence[Record] = field(default=())


def total(row: Record) -> int:
    """The price of rooms and visits."""
    return int(row["total_minor_units"] + row["visits_minor_units"])


def owed(row: Record) -> int:
    """What the booking costs by now, visits and charges included."""
    match State(row["state"]):
        case State.EXPIRED:
            price = 0
        case State.CANCELLED | State.NO_SHOW:
            price = row["penalty_minor_units"] + row["visits_minor_units"]
        case _:
            price = total(row)
    return int(price + row["charges_minor_units"])


def due(row: Record, *, sent_back: int | None = None) -> int:
    """What is still to be paid. `sent_back` counts refunds that are asked for but not yet made."""
    back = row["refunded_minor_units"] if sent_back is None else sent_back
    return max(0, int(owed(row) - (row["paid_minor_units"] - back + row["desk_paid_minor_units"])))


def standing(rooms: Iterable[Record]) -> list[Record]:
    return [room for room in rooms if not room["cancelled"]]


def nights_taken(rooms: Iterable[Record]) -> Counter[tuple[uuid.UUID, dt.date]]:
    """How many rooms of each type are taken on each night."""
    taken: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    for room in standing(rooms):
        for number in range((room["end_night"] - room["first_night"]).days):
            taken[room["room_type_id"], room["first_night"] + dt.timedelta(days=number)] += 1
    return taken


def night_changes(before: Iterable[Record], after: Iterable[Record]) -> dict[tuple[uuid.UUID, dt.date], int]:
    """What has to change on which nights, and nothing else."""
    change = nights_taken(after)
    change.subtract(nights_taken(before))
    return {night: rooms for night, rooms in sorted(change.items()) if rooms}
