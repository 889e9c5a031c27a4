"""What a salon's days came to: pure sums of schedules, blocks and appointments."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grpc_services.salon.working_time import Interval
from runtime.database import Record
from runtime.shares import WHOLE

_BOOKED = ("CONFIRMED", "COMPLETED")


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes, minor units and counts; `rebooked_clients` came more than once, or had come before."""

    working_minutes: int
    booked_minutes: int
    revenue: int
    appointments: int
    cancelled: int
    no_shows: int
    clients: int
    rebooked_clients: int

    @property
    def utilisation_basis_points(self) -> int:
        """Of the working time; more than the whole where appointments lie outside of it."""
        return self.booked_minutes * WHOLE // self.working_minutes if self.working_minutes else 0


def figures(rows: Sequence[Record], working_minutes: int, *, of_master: bool) -> Figures:
    """Of services as `figures_queries.services_between` answers them, of one master or of all."""
    booked = [row for row in rows if row["state"] in _BOOKED]
    visits: Counter[uuid.UUID] = Counter()
    for _, client in {(row["id"], row["client_account_id"]) for row in booked}:
        visits[client] += 1
    before = "came_to_them_before" if of_master else "came_before"
    known = {row["client_account_id"] for row in booked if row[before]}
    return Figures(
        working_minutes=working_minutes,
        booked_minutes=sum(row["minutes"] for row in booked),
        revenue=sum(row["price"] for row in booked if row["state"] == "COMPLETED"),
        appointments=_number(booked, *_BOOKED),
        cancelled=_number(rows, "CANCELLED"),
        no_shows=_number(rows, "NO_SHOW"),
        clients=len(visits),
        rebooked_clients=sum(number > 1 or client in known for client, number in visits.items()),
    )


def minutes_within(working: Iterable[Interval], blocks: Sequence[Interval]) -> int:
    """Of working time without blocked time; blocks of one master do not overlap."""
    total = dt.timedelta()
    for begin, end in working:
        total += end - begin
        for from_, until in blocks:
            total -= max(min(end, until) - max(begin, from_), dt.timedelta())
    return int(total.total_seconds()) // 60


def _number(rows: Sequence[Record], *states: str) -> int:
    return len({row["id"] for row in rows if row["state"] in states})
