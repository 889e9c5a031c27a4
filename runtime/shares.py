"""Shares of whole amounts: one share is rounded half to even, several get the largest remainders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:  # most processes share amounts one by one, and start faster without numpy
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


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Shares of an amount by weights, whole and summing to it: the largest remainders get what is left over. Where
    nothing weighs anything all weigh the same. No share is larger than its weight while the amount is not larger
    than all of them."""
    if not weights:
        return []
    total = sum(weights)
    if total <= 0:
        weights, total = [1] * len(weights), len(weights)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda number: (-(amount * weights[number] % total), number))
    for number in by_remainder[: amount - sum(shares)]:
        shares[number] += 1
    return shares
