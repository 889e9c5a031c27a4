"""Several rooms of one house: when the first choices of the parties ask for more rooms of a type than are left, the
parties are dealt out anew, at the least total."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grpc_services.search.assignment import cheapest_assignment
from grpc_services.search.columns import Ints, as_rows
from grpc_services.search.pricing import Keys, Priced
from runtime.shares import share_of


def dealt_out(priced: Priced, keys: Sequence[Keys], position: Ints, least: Sequence[Keys]) -> tuple[Ints, list[Keys]]:
    """The houses of `position` that have rooms for all, and for each room the keys in these houses. `least` are the
    parties' least keys in the houses of `position`."""
    types = np.array([priced.selection.type_of[priced.products(of_party, position)] for of_party in least])
    rooms_of_party = np.bincount(priced.party_of)
    asked = sum(rooms * (types == of_party) for rooms, of_party in zip(rooms_of_party.tolist(), types, strict=True))
    short = np.flatnonzero((asked > priced.free[types]).any(axis=0))
    chosen = np.array([least[party] for party in priced.party_of])
    if len(short):
        deal = _alike if len(keys) == 1 else _different
        chosen[:, short] = deal(priced, keys, position[short])
    whole = chosen[-1] < priced.no_key
    return (position, list(chosen)) if whole.all() else (position[whole], list(chosen[:, whole]))


def _alike(priced: Priced, keys: Sequence[Keys], houses: Ints) -> Keys:
    """For parties that are all alike: room after room the cheapest that is left; no key where none is."""
    selection = priced.selection
    products_of = selection.products[houses]
    rows = as_rows(selection.first_product[houses], products_of)
    first = np.cumsum(products_of) - products_of
    types, of_products = selection.type_of[rows], keys[0][rows]
    left = priced.free.astype(np.int64)
    dealt: Keys = np.zeros((len(priced.party_of), len(houses)), dtype=keys[0].dtype)
    for room in range(len(dealt)):
        dealt[room] = np.minimum.reduceat(np.where(left[types] > 0, of_products, priced.no_key), first)
        found = dealt[room] < priced.no_key
        left[selection.type_of[priced.products(dealt[room], houses)[found]]] -= 1
    return dealt


def _different(priced: Priced, keys: Sequence[Keys], houses: Ints) -> Keys:
    """House by house; no keys where there are too few rooms."""
    dealt: Keys = np.full((len(priced.party_of), len(houses)), priced.no_key, dtype=keys[0].dtype)
    for number, house in enumerate(houses.tolist()):
        rooms = _rooms_of(priced, keys, house)
        if rooms is not None:
            dealt[:, number] = rooms
    return dealt


def _rooms_of(priced: Priced, keys: Sequence[Keys], house: int) -> list[int] | None:
    """Keys for all rooms of one house; None when there are too few."""
    selection = priced.selection
    begin = int(selection.first_product[house])
    end = begin + int(selection.products[house])
    types = selection.type_of[begin:end].tolist()
    kinds = sorted(set(types))
    vat = int(selection.vat[house])
    best: list[dict[int, int]] = []  # a party: type -> least key
    for of_party in keys:
        of_type: dict[int, int] = {}
        for kind, key in zip(types, of_party[begin:end].tolist(), strict=True):
            if key < of_type.get(kind, priced.no_key):
                of_type[kind] = key
        best.append(of_type)
    prices = [{kind: _with_vat(key >> selection.number_bits, vat) for kind, key in one.items()} for one in best]
    costs = [[prices[party].get(kind) for kind in kinds] for party in priced.party_of]
    chosen = cheapest_assignment(costs, [int(priced.free[kind]) for kind in kinds])
    if chosen is None:
        return None
    return [best[party][kinds[kind]] for party, kind in zip(priced.party_of, chosen, strict=True)]


def _with_vat(amount: int, vat: int) -> int:
    return amount + share_of(amount, vat)
