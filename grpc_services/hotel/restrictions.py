"""Which nights are sold to whom: what holds for a night, and whether it allows a stay. Pure functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.night_rates import FIELDS, RESTRICTIONS, UNSET, NightRates
from grpc_services.hotel.rules import Stay

_FIRST_RESTRICTION = len(FIELDS) - len(RESTRICTIONS)
_CLOSED, _NO_ARRIVAL, _NO_DEPARTURE, _MIN_STAY, _MAX_STAY, MIN_ADVANCE, MAX_ADVANCE = range(len(RESTRICTIONS))

# Of a room type and plan: [restriction, night], in the order of RESTRICTIONS.
Held = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PlanRestrictions:
    """What a plan says of itself; `derived_from` is the index of the plan it follows."""

    derived_from: int | None
    min_advance_days: int | None
    max_advance_days: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a stay is not sold; `limit` is in nights or days, 0 where the reason has no number."""

    night: dt.date
    kind: rate_pb2.UnavailableReason.ValueType
    limit: int = 0


def effective(written: NightRates, plans: Sequence[PlanRestrictions]) -> NightRates:
    """What holds, inherited restrictions included: [restriction, room type, plan, night]."""
    own = written[_FIRST_RESTRICTION:]
    held = own.copy()
    for index, plan in enumerate(plans):
        here = held[:, :, index]
        if plan.derived_from is not None:
            np.copyto(here, own[:, :, plan.derived_from], where=here == UNSET)
        for field, days in ((MIN_ADVANCE, plan.min_advance_days), (MAX_ADVANCE, plan.max_advance_days)):
            if days is not None:
                np.copyto(here[field], days, where=here[field] == UNSET)
    return held


def reasons_against(held: Held, stay: Stay, today: dt.date) -> list[Reason]:
    """Empty when the stay is sold. The first night of `held` is the night of arrival; it reaches to the day of
    departure at least."""
    arrival = held[:, 0].tolist()
    ahead = (stay.check_in - today).days
    found = [
        Reason(stay.check_in + dt.timedelta(days=int(offset)), rate_pb2.UNAVAILABLE_REASON_CLOSED)
        for offset in np.flatnonzero(held[_CLOSED, : stay.nights] == 1)
    ]
    for forbids, kind, limit in (
        (arrival[_NO_ARRIVAL] == 1, rate_pb2.UNAVAILABLE_REASON_CLOSED_TO_ARRIVAL, 0),
        (arrival[_MIN_STAY] > stay.nights, rate_pb2.UNAVAILABLE_REASON_MIN_STAY, arrival[_MIN_STAY]),
        (UNSET < arrival[_MAX_STAY] < stay.nights, rate_pb2.UNAVAILABLE_REASON_MAX_STAY, arrival[_MAX_STAY]),
        (arrival[MIN_ADVANCE] > ahead, rate_pb2.UNAVAILABLE_REASON_TOO_LATE, arrival[MIN_ADVANCE]),
        (UNSET < arrival[MAX_ADVANCE] < ahead, rate_pb2.UNAVAILABLE_REASON_TOO_EARLY, arrival[MAX_ADVANCE]),
    ):
        if forbids:
            found.append(Reason(stay.check_in, kind, limit))
    if held[_NO_DEPARTURE, stay.nights] == 1:
        found.append(Reason(stay.check_out, rate_pb2.UNAVAILABLE_REASON_CLOSED_TO_DEPARTURE))
    return found
