"""The order of found houses, and pages of it that stay whole while prices move.

A page's cursor carries the sort value, id and place of its house. The order of a first page is remembered for
the pages after it: as long as it is, a house is shown once and none is lost however prices move meanwhile;
every page shows what houses cost by then, and leaves out those that no longer fit. When it is not remembered
(a restart, another replica, a great many searches since), the list goes on after the sort value and id of the
last house, which is all that a key can promise: whatever did not move is shown exactly once.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from contracts.search.v1 import search_pb2
from grpc_services.search.columns import Floats, Ints
from grpc_services.search.house_entry import halves
from grpc_services.search.index import Index
from runtime.cursors import decode_cursor, encode_cursor
from runtime.errors import InvalidInput

_MOST_REMEMBERED_BYTES = 16 * 1024 * 1024
_RECOMMENDED_SCALE = 100_000_000


@dataclass(slots=True)
class Remembered:
    question: bytes
    order: int  # of the index: its rows have moved when it differs
    rows: Ints
    values: Ints | None  # until they are sorted


@dataclass(slots=True)
class Page:
    """`shown` are positions in the list that was given; cursors belong to them."""

    shown: Ints
    cursors: list[str]
    has_next_page: bool


def sort_values(
    index: Index,
    houses: Ints,
    total: Ints,
    distance: Floats | None,
    sort: search_pb2.HotelSort.ValueType,
    nights: int,
) -> Ints:
    """Ascending whole numbers; equal ones are ordered by hotel id.

    RECOMMENDED is value for money: the price of an average night, divided by the stars plus one (a house that is
    not classified counts as one star) and by the Bayesian mean rating. RATING is that mean alone (see
    house_facts.bayesian_mean). Prices in different currencies are compared as they stand.
    """
    columns = index.houses
    match sort:
        case search_pb2.HOTEL_SORT_PRICE:
            return total
        case search_pb2.HOTEL_SORT_STARS:
            return -columns.stars[houses]
        case search_pb2.HOTEL_SORT_RATING:
            return -columns.rank[houses]
        case search_pb2.HOTEL_SORT_DISTANCE if distance is not None:
            return distance.astype(np.int64)
        case _:
            worth = nights * (1 + np.maximum(columns.stars[houses], 1)) * columns.rank[houses]
            value: Ints = np.asarray(total / worth * _RECOMMENDED_SCALE).astype(np.int64)
            return value


def first_of(index: Index, houses: Ints, values: Ints, count: int) -> Ints:
    """Positions of the first `count` houses by (value, id), in order."""
    if 0 < count < len(values):
        candidates = np.flatnonzero(values <= np.partition(values, count - 1)[count - 1])
    else:
        candidates = np.arange(len(values))
    chosen = houses[candidates]
    order = np.lexsort((index.houses.id_low[chosen], index.houses.id_high[chosen], values[candidates]))
    return candidates[order][:count]


class Pages:
    """Cuts lists into pages and remembers the order of those that have more than one."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._mark = secrets.token_urlsafe(6)  # no other process or index gives out the same tokens
        self._tokens = itertools.count()
        self._remembered: OrderedDict[str, Remembered] = OrderedDict()
        self._bytes = 0

    def cut(self, houses: Ints, values: Ints, *, question: bytes, first: int, after: str) -> Page:
        """One page of the houses (rows); `question` is what was asked, without the page."""
        digest = hashlib.blake2b(question, digest_size=16).digest()
        if not after:
            return self._first(houses, values, digest, first)
        value, identifier, token, place = decode_cursor(after, (int, str, str, int))
        known = self._remembered.get(str(token))
        if known is not None and known.question == digest and known.order == self._index.order:
            self._remembered.move_to_end(str(token))
            return self._next(known, houses, values, str(token), int(place), first)
        return self._keyed(houses, values, int(value), str(identifier), first)

    def _first(self, houses: Ints, values: Ints, digest: bytes, first: int) -> Page:
        shown = first_of(self._index, houses, values, first)
        more = len(houses) > first
        token = self._remember(digest, houses, values) if more else ""
        return self._page(houses, values, shown, token, np.arange(len(shown)), more)

    def _next(self, known: Remembered, houses: Ints, values: Ints, token: str, place: int, first: int) -> Page:
        if known.values is not None:
            known.rows = known.rows[first_of(self._index, known.rows, known.values, len(known.rows))]
            known.values = None
        position_of = np.full(self._index.houses.used, -1, dtype=np.int64)
        position_of[houses] = np.arange(len(houses))
        positions = position_of[known.rows[max(place, 0) + 1 :]]
        places = np.flatnonzero(positions >= 0)[: first + 1]
        shown = positions[places[:first]]
        return self._page(houses, values, shown, token, places[:first] + max(place, 0) + 1, len(places) > first)

    def _keyed(self, houses: Ints, values: Ints, value: int, identifier: str, first: int) -> Page:
        try:
            high, low = halves(identifier)
        except ValueError:
            raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None
        columns = self._index.houses
        id_high, id_low = columns.id_high[houses], columns.id_low[houses]
        by_id = (id_high > np.uint64(high)) | ((id_high == np.uint64(high)) & (id_low > np.uint64(low)))
        later = np.flatnonzero((values > value) | ((values == value) & by_id))
        shown = later[first_of(self._index, houses[later], values[later], first)]
        return self._page(houses, values, shown, "", np.arange(len(shown)), len(later) > first)

    def _page(self, houses: Ints, values: Ints, shown: Ints, token: str, places: Ints, more: bool) -> Page:
        ids = [self._index.house(row).id for row in houses[shown].tolist()]
        return Page(
            shown=shown,
            cursors=[
                encode_cursor(value, identifier, token, place)
                for value, identifier, place in zip(values[shown].tolist(), ids, places.tolist(), strict=True)
            ],
            has_next_page=more,
        )

    def _remember(self, question: bytes, houses: Ints, values: Ints) -> str:
        token = f"{self._mark}{next(self._tokens):x}"
        self._remembered[token] = Remembered(question, self._index.order, houses, values)
        self._bytes += 2 * houses.nbytes
        while self._bytes > _MOST_REMEMBERED_BYTES:
            _, oldest = self._remembered.popitem(last=False)
            self._bytes -= 2 * oldest.rows.nbytes
        return token
