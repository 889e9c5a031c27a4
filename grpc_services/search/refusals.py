"""Which products may not be sold for a stay, whether or not rooms are free: a restriction of one of its nights, or
of the rate plan, keeps them from it. What restrictions mean is told in restrictions.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from grpc_services.search.columns import Bools
from grpc_services.search.index import Index
from grpc_services.search.restrictions import Numbers
from grpc_services.search.selection import Selection


def refused_products(index: Index, selection: Selection, first: int, nights: int, ahead: Sequence[int]) -> Bools | None:
    """A mask over the selection's products; None when nothing is refused. `first` is the place of the night of
    arrival, `ahead` are the days from today to it by number of the time zone."""
    refused: Bools | None = None
    if not len(selection.houses):
        return None
    for one in _refusals(index, selection, first, nights, ahead):
        refused = one if refused is None else refused | one
    return refused


def _refusals(index: Index, selection: Selection, first: int, nights: int, ahead: Sequence[int]) -> Iterator[Bools]:
    """Each restriction by itself, those left out that refuse nothing here."""
    table = index.restriction_table
    arrival, departure = _numbers(index, selection, first), _numbers(index, selection, first + nights)
    found = [_too_soon_or_late(index, selection, arrival, ahead)]
    if arrival is not None:
        found.append(table.closed_to_arrival(arrival, nights))
    for night in range(first, first + nights):
        numbers = _numbers(index, selection, night)
        if numbers is not None:
            found.append(table.closed(numbers))
    if departure is not None:
        found.append(table.closed_to_departure(departure))
    return (refused for refused in found if refused is not None)


def _numbers(index: Index, selection: Selection, night: int) -> Numbers | None:
    """The restrictions of a night, by product, as numbers into the table."""
    numbers = index.restricted[night]
    return None if numbers is None else numbers[selection.product_rows]


def _too_soon_or_late(
    index: Index, selection: Selection, arrival: Numbers | None, ahead: Sequence[int]
) -> Bools | None:
    """Products that can only be booked earlier or later before arrival. The night of arrival says so, else the plan."""
    rows = selection.product_rows
    ahead_here = [ahead[zone] for zone in selection.zones_here]
    soonest, latest = min(ahead_here), max(ahead_here)
    by_plan = soonest < selection.least_days or latest > selection.most_days
    least, most = index.products.min_advance[rows], index.products.max_advance[rows]
    by_night = None if arrival is None else index.restriction_table.advance_days(arrival, least, most)
    if by_night is not None:
        least, most = by_night
    elif not by_plan:
        return None
    days = soonest if soonest == latest else np.array(ahead)[selection.zones][selection.house_of]
    refused: Bools = (days < least) | (days > most)
    return refused
