"""Rooms for several parties at the least cost."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from grpc_services.search.assignment import cheapest_assignment

COST = st.one_of(st.none(), st.integers(0, 50))


@given(st.data())
def test_it_finds_what_trying_everything_finds(data: st.DataObject) -> None:
    parties, kinds = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    costs = data.draw(st.lists(st.lists(COST, min_size=kinds, max_size=kinds), min_size=parties, max_size=parties))
    left = data.draw(st.lists(st.integers(0, 3), min_size=kinds, max_size=kinds))
    sums = []
    for chosen in itertools.product(range(kinds), repeat=parties):
        amounts = [row[kind] for row, kind in zip(costs, chosen, strict=True)]
        if None not in amounts and all(left[kind] >= rooms for kind, rooms in Counter(chosen).items()):
            sums.append(sum(amount for amount in amounts if amount is not None))
    found = cheapest_assignment(costs, left)
    if found is None:
        assert sums == []
        return
    assert all(left[kind] >= rooms for kind, rooms in Counter(found).items())
    assert sum(row[kind] or 0 for row, kind in zip(costs, found, strict=True)) == min(sums)
    assert None not in [row[kind] for row, kind in zip(costs, found, strict=True)]
