"""What a stay costs in every house of a selection, and whether it can be had: the same decisions as hotel and
booking make for a quote, made for thousands of products at once.

Prices follow the formulas of grpc_services/hotel/charges.py, to the minor unit; all amounts are minor units of the
house's currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from grpc_services.search.columns import Ints
from grpc_services.search.index import Index
from grpc_services.search.refusals import refused_products
from grpc_services.search.rules import Party, StayQuery
from grpc_services.search.selection import Discounts, Selection, Terms
from grpc_services.search.terms import discounts_of, terms_of
from runtime.shares import WHOLE

NO_OFFER = 2**45  # more than any stay costs
_NO_SMALL_KEY = 2**29  # adding a key to it stays within 32 bits
Kind: TypeAlias = "type[np.int32] | type[np.int64]"
Keys: TypeAlias = "npt.NDArray[np.signedinteger[Any]]"  # 32 or 64 bits


@dataclass(slots=True)
class Priced:
    """A selection under a stay. Parties that are alike are reckoned once: `parties` are the different ones,
    `party_of` says which of them each room is for.

    The key of a product is its price of all nights, discount taken off, before VAT and city tax, shifted left, with
    the product's number within its house in the low bits. So the least key of a house tells both what is cheapest
    there and which product it is, of equal ones the first. Keys from `no_key` on are of products that do not fit.
    Keys take 32 bits where prices allow it, which is twice as fast.
    """

    selection: Selection
    stay: StayQuery
    parties: list[Party]
    party_of: list[int]
    in_time: bool  # whether the dates can be booked today in any house
    free: npt.NDArray[np.int16]  # a room type: rooms left on every night
    keys: list[Keys]  # a party: every product's key
    no_key: int
    taxes: list[Ints]  # a party: a house's city tax

    def amounts(self, keys: Keys) -> Ints:
        return (keys >> self.selection.number_bits).astype(np.int64)

    def products(self, keys: Keys, houses: Ints) -> Ints:
        """The products that keys of these houses are of."""
        products: Ints = self.selection.first_product[houses] + (keys & ((1 << self.selection.number_bits) - 1))
        return products


def price(index: Index, selection: Selection, stay: StayQuery, now: dt.datetime) -> Priced:
    """Judges dates, restrictions, guests and free rooms, and prices every product for every party."""
    ahead = days_ahead(index, stay.check_in, now)
    in_time = [0 <= days <= index.bookable_nights - stay.nights for days in ahead]
    first = (stay.check_in - index.first_night).days
    nights = range(first, first + stay.nights)
    free = index.free[first][selection.type_rows]
    for night in nights[1:]:
        free = np.minimum(free, index.free[night][selection.type_rows])
    refused = refused_products(index, selection, first, stay.nights, ahead)
    if not all(in_time[zone] for zone in selection.zones_here):
        too_late = ~np.array(in_time)[selection.zones][selection.house_of]
        refused = too_late if refused is None else refused | too_late
    parties = list(dict.fromkeys(stay.parties))
    terms = [terms_of(index, selection, party, stay.nights) for party in parties]
    kind, no_key = _kind_of_keys(index, selection, stay.nights, terms)
    prices = [index.price[night][selection.product_rows] for night in nights]
    lowest = min(index.lowest_price[first : first + stay.nights])
    discounts = discounts_of(index, selection, stay.nights)
    sold_out = free <= 0
    keys = []
    for of_party in terms:
        charge = _charge(prices, lowest, of_party, kind)
        take_off(charge, discounts)
        charge <<= selection.number_bits
        charge |= selection.number
        charge += (kind(no_key) * (sold_out | of_party.too_small))[selection.type_of]
        if refused is not None:
            charge[refused] = no_key
        keys.append(charge)
    return Priced(
        selection=selection,
        stay=stay,
        parties=parties,
        party_of=[parties.index(party) for party in stay.parties],
        in_time=any(in_time[zone] for zone in selection.zones_here),
        free=free,
        keys=keys,
        no_key=no_key,
        taxes=[of_party.taxes for of_party in terms],
    )


def _kind_of_keys(index: Index, selection: Selection, nights: int, terms: Sequence[Terms]) -> tuple[Kind, int]:
    """The type of keys that holds every amount of this stay, and the key of what cannot be had."""
    most = nights * index.highest_price + max(one.most_extra for one in terms)
    if most + 1 << selection.number_bits < _NO_SMALL_KEY:
        return np.int32, _NO_SMALL_KEY
    return np.int64, NO_OFFER << selection.number_bits


def days_ahead(index: Index, check_in: dt.date, now: dt.datetime) -> list[int]:
    """Days from today to check-in, by number of the time zone."""
    return [(check_in - now.astimezone(ZoneInfo(zone)).date()).days for zone in index.distinct.zones.values]


def _charge(prices: Sequence[npt.NDArray[np.int32]], lowest: int, terms: Terms, kind: Kind) -> Keys:
    """The sum of all nights, each with its extras and never less than nothing: an array of its own. `lowest` is a bound
    of what any night costs."""
    charge: Keys = prices[0].astype(kind)
    may_go_below = lowest + terms.least_extra < 0 and len(charge) > 0
    if may_go_below and min(int(night.min()) for night in prices) + terms.least_extra < 0:
        of_night: Keys = (terms.extras // len(prices)).astype(kind)
        charge[:] = 0
        for night in prices:
            charge += np.maximum(night + of_night, 0)
        return charge
    for night in prices[1:]:
        charge += night
    charge += terms.extras
    return charge


def take_off(charge: Keys, discounts: Discounts) -> None:
    """Shares as runtime.shares.share_of takes them: dividing in floating point and rounding half to even is the same
    as long as an amount times its share is below 2**53, for which a stay would have to cost 9,000 million."""
    dear = charge[discounts.products]
    off = dear * discounts.shares
    off /= WHOLE
    dear -= np.rint(off, out=off).astype(dear.dtype)
    charge[discounts.products] = dear
