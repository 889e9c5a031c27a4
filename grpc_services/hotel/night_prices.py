"""What a night costs before guests are counted: pure arithmetic, for many nights at once and one explained.

A night's price is the room type's base price times every matching price rule and the rate plan's adjustment,
carried in millionths of a minor unit and rounded once, half to even. A derived plan takes its share of the
other plan's night. No rule lifts a night above LARGEST_NIGHT, which keeps every product within 64 bits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grpc_services.hotel.rules import EVERY_DAY, LARGEST_NIGHT
from runtime.shares import WHOLE, share_of

Prices = npt.NDArray[np.int64]

_SCALE = 1_000_000
_HALF = _SCALE // 2


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A price rule; nights are dates, `last_night` included; `kind` is the index of the only room type it is for."""

    first_night: dt.date
    last_night: dt.date
    weekdays: int
    basis_points: int
    kind: int | None = None
    name: str = ""
    id: str = ""

    def matches(self, kind: int, night: dt.date) -> bool:
        return (
            self.kind in (None, kind)
            and self.first_night <= night <= self.last_night
            and bool(self.weekdays >> night.weekday() & 1)
        )


def plan_prices(
    bases: Sequence[int],
    adjustments: Sequence[Adjustment],
    plan_basis_points: Sequence[int],
    first_night: dt.date,
    nights: int,
) -> Prices:
    """The price of each night from `first_night` on, in minor units: [room type, plan, night]."""
    scaled = np.empty((len(bases), nights), dtype=np.int64)
    scaled[:] = np.array(bases, dtype=np.int64)[:, None] * _SCALE
    weekday = (np.arange(nights) + first_night.weekday()) % 7
    for adjustment in adjustments:
        start = max((adjustment.first_night - first_night).days, 0)
        end = min((adjustment.last_night - first_night).days + 1, nights)
        if start >= end:
            continue
        kinds = slice(None) if adjustment.kind is None else slice(adjustment.kind, adjustment.kind + 1)
        part = scaled[kinds, start:end]
        moved = _multiplied(part, WHOLE + adjustment.basis_points)
        if adjustment.weekdays == EVERY_DAY:
            part[:] = moved
        else:
            np.copyto(part, moved, where=(adjustment.weekdays >> weekday[start:end] & 1).astype(bool))
    shares = np.array([WHOLE + points for points in plan_basis_points], dtype=np.int64)
    prices: Prices = _rounded(_multiplied(scaled[:, None, :], shares[:, None]))
    return prices


def derived_prices(prices: Prices, basis_points: int) -> Prices:
    """The prices of a plan that follows another one's."""
    return np.minimum(share_of(prices, WHOLE + basis_points), LARGEST_NIGHT)


def derived_price(price: int, basis_points: int) -> int:
    return min(share_of(price, WHOLE + basis_points), LARGEST_NIGHT)


def explained_price(
    base: int, adjustments: Sequence[Adjustment], plan_basis_points: int, kind: int, night: dt.date
) -> tuple[list[tuple[Adjustment, int]], int]:
    """One night of `plan_prices`: every rule that matches with the price after it, and the price after the plan."""
    scaled = base * _SCALE
    moved = []
    for adjustment in adjustments:
        if adjustment.matches(kind, night):
            scaled = _multiplied(scaled, WHOLE + adjustment.basis_points)
            moved.append((adjustment, int(_rounded(scaled))))
    return moved, int(_rounded(_multiplied(scaled, WHOLE + plan_basis_points)))


def _multiplied(scaled: Any, shares: Any) -> Any:
    return np.minimum(scaled * shares // WHOLE, LARGEST_NIGHT * _SCALE)


def _rounded(scaled: Any) -> Any:
    whole = scaled // _SCALE
    rest = scaled - whole * _SCALE
    return whole + ((rest > _HALF) | ((rest == _HALF) & (whole % 2 == 1)))
