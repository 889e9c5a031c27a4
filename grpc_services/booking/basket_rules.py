"""What visits of a booking cost, and which fall away with its rooms: pure decisions. Amounts are minor units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.salon.v1 import appointment_pb2, basket_pb2
from grpc_services.booking.cancellation import Stage
from grpc_services.booking.rules import HOLDING, State
from runtime.clock import from_timestamp
from runtime.database import Record

STANDING = frozenset({"HELD", "CONFIRMED"})
ENDED_AT_A_PRICE = frozenset({"CANCELLED", "NO_SHOW"})
Steps = Sequence[tuple[dt.datetime | None, int]]
"""(until, penalty) by rising moment; the last one, until None, holds for ever."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A visit as salon tells it."""

    state: str
    version: int
    starts_at: dt.datetime
    penalty: int
    steps: Steps


def heard(message: basket_pb2.BasketVisit) -> Heard:
    one = message.appointment
    return Heard(
        appointment_pb2.AppointmentState.Name(one.state).removeprefix("APPOINTMENT_STATE_"),
        one.version,
        from_timestamp(one.starts_at),
        one.penalty.minor_units,
        [
            (from_timestamp(stage.until) if stage.HasField("until") else None, stage.penalty.minor_units)
            for stage in message.stages
        ],
    )


def quoted_total(visits: Iterable[basket_pb2.QuotedVisit]) -> int:
    return sum(one.total.minor_units for one in visits)


def wanted_again(one: basket_pb2.QuotedVisit) -> basket_pb2.WantedVisit:
    """The same visit by the same masters, to be priced anew."""
    return basket_pb2.WantedVisit(
        salon_id=one.salon_id,
        starts_at=one.starts_at,
        services=[
            appointment_pb2.WantedService(service_id=line.visited.service_id, master_id=line.visited.master_id)
            for line in one.services
        ],
    )


def penalties(visits: Iterable[Record]) -> int:
    """What calling visits off, or not coming to them, cost."""
    return sum(one["cost_minor_units"] for one in visits if one["state"] in ENDED_AT_A_PRICE)


def cost(price: int, news: Heard, booking: State) -> int:
    """What a visit costs by now. One that ran out with its hold costs what it was held for, should the money come
    after all; an expired booking owes nothing."""
    if news.state in ENDED_AT_A_PRICE:
        return min(price, news.penalty)
    if news.state == "EXPIRED":
        return price if booking is State.EXPIRED else 0
    return price


def is_news(visit: Record, news: Heard) -> bool:
    """Whether salon knows more than booking. What salon says of a visit that was called off here, before it heard of
    that, is none."""
    if not visit["told"]:
        return news.state not in STANDING
    return bool(news.version >= visit["version"]) and (news.state, news.version, news.starts_at) != (
        visit["state"],
        visit["version"],
        visit["starts_at"],
    )


def falling_away(visits: Iterable[Record], now: dt.datetime) -> list[Record]:
    """The visits that go when all rooms are cancelled. What has begun is the salon's affair."""
    return [one for one in visits if one["state"] in STANDING and one["starts_at"] > now]


def penalty_at(visit: Record, steps: Steps, moment: dt.datetime | None, booking: State) -> int:
    """What calling a visit off costs the guest from a moment on (None: since ever)."""
    if booking in HOLDING:
        return 0
    if moment is not None and moment >= visit["starts_at"]:
        return int(visit["price_minor_units"])
    found = next(penalty for until, penalty in steps if until is None or moment is None or moment < until)
    return min(found, int(visit["price_minor_units"]))


def combined(
    rooms: Sequence[Stage], visits: Sequence[Record], steps: Mapping[int, Steps], booking: State
) -> list[Stage]:
    """The stages of rooms and of the visits (steps by position) that fall away with them, as one timeline."""
    moments = {stage.ends for stage in rooms if stage.ends}
    if booking not in HOLDING:
        for one in visits:
            moments |= {until for until, _ in steps[one["position"]] if until and until < one["starts_at"]}
            moments.add(one["starts_at"])
    found: list[Stage] = []
    for begins, ends in zip([None, *sorted(moments)], [*sorted(moments), None], strict=True):
        penalty = next(
            stage.penalty
            for stage in rooms
            if stage.ends is None or (begins or dt.datetime.min.replace(tzinfo=dt.UTC)) < stage.ends
        ) + sum(penalty_at(one, steps[one["position"]], begins, booking) for one in visits)
        if found and found[-1].penalty == penalty:
            found[-1] = Stage(found[-1].begins, ends, penalty)
        else:
            found.append(Stage(begins, ends, penalty))
    return found
