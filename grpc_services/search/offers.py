"""The cheapest rooms of each house, chosen from what pricing found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grpc_services.search.columns import Bools, Ints
from grpc_services.search.dealing import dealt_out
from grpc_services.search.pricing import Keys, Priced
from runtime.shares import share_of


@dataclass(slots=True)
class Offers:
    """The cheapest rooms of each house that has any, by rising position in the selection."""

    position: Ints
    total: Ints  # all rooms, taxes included
    products: Ints  # rooms by houses: the product of each room, counted within the selection
    amounts: Ints  # rooms by houses: what each room costs, taxes included


def choose(priced: Priced, allowed: Bools | None = None) -> Offers:
    """The cheapest rooms of each house, of the products that are allowed. Every party gets the cheapest product
    that takes it; where that asks for more rooms of a type than are left, the parties are dealt out anew."""
    selection, rooms = priced.selection, len(priced.party_of)
    if not len(selection.houses):
        return no_offers(rooms)
    keys = priced.keys if allowed is None else [np.where(allowed, one, priced.no_key) for one in priced.keys]
    least = [np.minimum.reduceat(one, selection.first_product) for one in keys]
    possible = least[0] < priced.no_key
    for of_party in least[1:]:
        possible &= of_party < priced.no_key
    position = np.flatnonzero(possible)
    chosen = [of_party[position] for of_party in least]
    if rooms > 1:
        position, chosen = dealt_out(priced, keys, position, chosen)
    amounts = [
        _with_taxes(priced, party, of_room, position) for party, of_room in zip(priced.party_of, chosen, strict=True)
    ]
    products = [priced.products(of_room, position) for of_room in chosen]
    return Offers(position, sum(amounts[1:], amounts[0]), np.array(products), np.array(amounts))


def no_offers(rooms: int) -> Offers:
    nothing = np.zeros(0, dtype=np.int64)
    return Offers(nothing, nothing, np.zeros((rooms, 0), dtype=np.int64), np.zeros((rooms, 0), dtype=np.int64))


def rooms_left(priced: Priced, offers: Offers) -> Ints:
    """Free rooms of the first room's type, of each offer."""
    left: Ints = priced.free[priced.selection.type_of[offers.products[0]]].astype(np.int64)
    return left


def _with_taxes(priced: Priced, party: int, keys: Keys, position: Ints) -> Ints:
    net = priced.amounts(keys)
    if priced.selection.adds_vat:
        net = net + share_of(net, priced.selection.vat[position])
    total: Ints = net + priced.taxes[party][position]
    return total
