"""Shares of whole amounts, rounded half to even: the one rounding rule of the platform."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt

WHOLE = 10_000  # basis points


@overload
def share_of(amount: int, basis_points: int) -> int: ...


@overload
def share_of(amount: npt.NDArray[np.int64], basis_points: int | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]: ...


def share_of(amount: Any, basis_points: Any) -> Any:
    """`basis_points` ten-thousandths of each amount. Amounts and shares together stay within 64 bits."""
    product = amount * basis_points
    whole = product // WHOLE  # with its rest reckoned from it, several times as fast on arrays as divmod
    rest = product - whole * WHOLE
    return whole + ((2 * rest > WHOLE) | ((2 * rest == WHOLE) & (whole % 2 == 1)))
