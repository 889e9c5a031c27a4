"""What cancelling costs: one pure function of the policy's snapshot, the hotel's zone and the moment.

Preview and cancellation both ask here, so what a guest was shown is what happens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from grpc_services.booking.price_parts import city_tax, price_of_nights
from runtime.shares import share_of

_HOURS_A_DAY = 24
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """From `begins` (None: always so far) until `ends` (None: for ever) cancelling costs `penalty` minor units."""

    begins: dt.datetime | None
    ends: dt.datetime | None
    penalty: int


def stages(rooms: Sequence[rate_pb2.PricedRoom], stay: rate_pb2.PriceStayResponse, check_in: dt.date) -> list[Stage]:
    """What cancelling these rooms together costs, from the beginning of time to its end, without gaps."""
    arrival = arrival_moment(stay, check_in)
    steps = [_steps(room, arrival) for room in rooms]
    moments = sorted({ends for one in steps for ends, _ in one if ends != _NEVER})
    found: list[Stage] = []
    for begins, ends in zip([None, *moments], [*moments, None], strict=True):
        penalty = sum(_penalty_at(one, begins) for one in steps)
        if found and found[-1].penalty == penalty:
            found[-1] = Stage(found[-1].begins, ends, penalty)
        else:
            found.append(Stage(begins, ends, penalty))
    return found


def penalty_at(known: Iterable[Stage], moment: dt.datetime) -> int:
    return next(stage.penalty for stage in known if stage.ends is None or moment < stage.ends)


def arrival_moment(stay: rate_pb2.PriceStayResponse, check_in: dt.date) -> dt.datetime:
    """Check-in time on the day of arrival, in the hotel's zone."""
    time_of_day = dt.time.fromisoformat(stay.check_in_time or "00:00")
    return dt.datetime.combine(check_in, time_of_day, tzinfo=ZoneInfo(stay.time_zone))


def deadline(arrival: dt.datetime, hours: int) -> dt.datetime:
    """So many hours before arrival. Whole days keep the time of day, also where the clocks change between."""
    days, rest = divmod(hours, _HOURS_A_DAY)
    wall_clock = arrival - dt.timedelta(days=days)
    return wall_clock.astimezone(dt.UTC) - dt.timedelta(hours=rest)


def refundable_price(room: rate_pb2.PricedRoom) -> int:
    """What a penalty is a share of: city tax is only due from who stays."""
    return room.total.minor_units - city_tax(room)


def penalty_of(room: rate_pb2.PricedRoom, tier: hotel_pb2.CancellationTier) -> int:
    """In minor units, at most the price of the room. A penalty in nights leaves extras alone."""
    if not tier.penalty_nights:
        return share_of(refundable_price(room), tier.penalty_percent * 100)
    nights = [line.amount.minor_units for line in room.lines if line.kind == rate_pb2.PRICE_LINE_KIND_NIGHT]
    whole = sum(nights)
    return round(Fraction(price_of_nights(room) * sum(nights[: tier.penalty_nights]), whole)) if whole else 0


def _steps(room: rate_pb2.PricedRoom, arrival: dt.datetime) -> list[tuple[dt.datetime, int]]:
    """(until, penalty) by rising moment; the last one holds for ever."""
    tiers = room.cancellation_policy.tiers
    if not tiers:
        return [(_NEVER, 0)]
    steps = [(deadline(arrival, tier.hours_before_check_in), penalty_of(room, tier)) for tier in tiers[:-1]]
    return [*steps, (_NEVER, penalty_of(room, tiers[-1]))]


def _penalty_at(steps: Sequence[tuple[dt.datetime, int]], moment: dt.datetime | None) -> int:
    """At the moment and just after it."""
    if moment is None:
        return steps[0][1]
    return next(penalty for until, penalty in steps if moment < until)
