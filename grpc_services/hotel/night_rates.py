"""What was written for single nights, as arrays: the form in which many nights are read, merged and compared.

An array is [field, room type, plan, night] of int32 in the order of FIELDS; UNSET where nothing was written.
Booleans are 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from contracts.hotel.v1 import rate_pb2

NightRates: TypeAlias = npt.NDArray[np.int32]

UNSET = -1
RESTRICTIONS = (
    "closed",
    "closed_to_arrival",
    "closed_to_departure",
    "min_stay",
    "max_stay",
    "min_advance_days",
    "max_advance_days",
)
FIELDS = ("price_minor_units", *RESTRICTIONS)
FIELD_INDEX = {name: index for index, name in enumerate(FIELDS)}
PRICE = FIELD_INDEX["price_minor_units"]
_FLAGS = frozenset(RESTRICTIONS[:3])


class Run(NamedTuple):
    """Nights in a row of one room type and plan that are alike."""

    kind: int
    plan: int
    first_offset: int
    nights: int


def nothing_written(kinds: int, plans: int, nights: int) -> NightRates:
    return np.full((len(FIELDS), kinds, plans, nights), UNSET, dtype=np.int32)


def unpacked(
    products: Sequence[tuple[Any, Any, bytes]], kinds: Mapping[Any, int], plans: Mapping[Any, int], nights: int
) -> NightRates:
    """The rows of rate_queries.packed_rates as one array; of products that are not sold any more nothing is kept."""
    written = nothing_written(len(kinds), len(plans), nights)
    for room_type_id, rate_plan_id, packed in products:
        if room_type_id in kinds and rate_plan_id in plans:
            columns = np.frombuffer(packed, ">i4").reshape(-1, 1 + len(FIELDS)).T
            written[:, kinds[room_type_id], plans[rate_plan_id], columns[0]] = columns[1:]
    return written


def runs(values: npt.NDArray[np.int32], chosen: npt.NDArray[np.bool_]) -> Iterator[Run]:
    """Chosen nights [room type, plan, night] in runs whose values [field, room type, plan, night] are all equal."""
    differs = np.ones(chosen.shape, dtype=np.bool_)
    differs[..., 1:] = (values[..., 1:] != values[..., :-1]).any(axis=0) | (chosen[..., 1:] != chosen[..., :-1])
    kinds, plans, firsts = np.nonzero(differs)
    ends = np.append(firsts[1:], 0)
    ends[ends == 0] = chosen.shape[-1]
    kept = chosen[kinds, plans, firsts]
    for kind, plan, first, end in zip(
        kinds[kept].tolist(), plans[kept].tolist(), firsts[kept].tolist(), ends[kept].tolist(), strict=True
    ):
        yield Run(kind, plan, first, end - first)


def restrictions_message(values: Sequence[int]) -> rate_pb2.NightRestrictions:
    """The seven restrictions of one night."""
    return rate_pb2.NightRestrictions(**_set(RESTRICTIONS, values))


def night_rate_message(values: Sequence[int]) -> rate_pb2.NightRate:
    """All fields of one night."""
    price, *restrictions = values
    message = rate_pb2.NightRate(price_minor_units=None if price == UNSET else price)
    if any(value != UNSET for value in restrictions):
        message.restrictions.CopyFrom(restrictions_message(restrictions))
    return message


def night_rate_document(values: Sequence[int]) -> dict[str, Any]:
    """All fields of one night that are set, for the audit log."""
    return _set(FIELDS, values)


def _set(names: Sequence[str], values: Sequence[int]) -> dict[str, Any]:
    return {
        name: bool(value) if name in _FLAGS else value
        for name, value in zip(names, values, strict=True)
        if value != UNSET
    }
