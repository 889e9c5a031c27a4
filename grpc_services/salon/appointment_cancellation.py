"""What calling an appointment off costs: one pure function of the policy's snapshot, the salon's zone and the moment.

Preview and cancellation both ask here, so what a client was shown is what happens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.salon.appointment_rules import State
from grpc_services.salon.errors import RefundChanged
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.shares import share_of

_HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Stage:
    """Until `ends` (None: for ever) cancelling costs `penalty` minor units."""

    ends: dt.datetime | None
    penalty: int


def stages(row: Record) -> list[Stage]:
    """What cancelling costs the client, by rising moment and without gaps; nothing before the appointment is
    confirmed. Every tier holds until its deadline, the last one for ever."""
    tiers = row["cancellation_tiers"]
    if State(row["state"]) is not State.CONFIRMED or not tiers:
        return [Stage(None, 0)]
    starts_at = row["starts_at"].astimezone(ZoneInfo(row["time_zone"]))
    found: list[Stage] = []
    for tier in tiers:
        ends = None if tier is tiers[-1] else deadline(starts_at, tier["hours_before_check_in"])
        penalty = share_of(row["total_minor_units"], tier["penalty_percent"] * 100)
        if found and found[-1].penalty == penalty:
            found.pop()
        found.append(Stage(ends, penalty))
    return found


def stage_message(row: Record, stage: Stage, sent_back: int = 0) -> appointment_pb2.AppointmentCancellationStage:
    return appointment_pb2.AppointmentCancellationStage(
        until=to_timestamp(stage.ends) if stage.ends else None,
        penalty=money_pb2.Money(minor_units=stage.penalty, currency=row["currency"]),
        refund=money_pb2.Money(
            minor_units=refund_of(row, penalty=stage.penalty, sent_back=sent_back), currency=row["currency"]
        ),
    )


def penalty_at(known: Iterable[Stage], moment: dt.datetime) -> int:
    return next(stage.penalty for stage in known if stage.ends is None or moment < stage.ends)


def strictest_penalty(row: Record) -> int:
    """Of who does not come."""
    tiers = row["cancellation_tiers"]
    return share_of(row["total_minor_units"], tiers[-1]["penalty_percent"] * 100) if tiers else 0


def deadline(starts_at: dt.datetime, hours: int) -> dt.datetime:
    """So many hours before a local moment. Whole days keep the time of day, also where the clocks change between."""
    days, rest = divmod(hours, _HOURS_A_DAY)
    wall_clock = starts_at - dt.timedelta(days=days)
    return wall_clock.astimezone(dt.UTC) - dt.timedelta(hours=rest)


def refund_of(row: Record, *, penalty: int, sent_back: int) -> int:
    """What goes back of what was paid when so much is kept."""
    return max(0, int(row["paid_minor_units"]) - sent_back - penalty)


def check_refund(row: Record, expected: money_pb2.Money, actual: int) -> None:
    """Raises RefundChanged. No expectation at all stands for none to be sent back."""
    currency = expected.currency or row["currency"]
    if (expected.minor_units, currency) != (actual, row["currency"]):
        raise RefundChanged(expected, actual, row["currency"])
