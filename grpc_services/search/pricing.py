"""What a stay costs in every house of a selection, and whether it can be had: the same decisions as hotel and
booking make for a quote, made for thousands of products at once.

Prices follow the formulas of grpc_services/hotel/charges.py, to the minor unit; all amounts are minor units of the
house's currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from grpc_services.search.columns import Bools, Ints
from grpc_services.search.index import Index
from grpc_services.search.refusals import refused_products
from grpc_services.search.rules import Party, StayQuery
from grpc_services.search.selection import Discounts, Selection, Terms
from grpc_services.search.terms import MOST_SUM, discounts_of, terms_of
from runtime.shares import WHOLE

NO_OFFER = 2**45  # more than any stay costs; three of them as keys still fit into 64 bits


@dataclass(slots=True)
class Priced:
    """A selection under a stay. Parties that are alike are reckoned once: `parties` are the different ones,
    `party_of` says which of them each room is for.

    The key of a product is its price of all nights, discount taken off, before VAT and city tax, shifted left, with
    the product's number within its house in the low bits. So the least key of a house tells both what is cheapest
    there and which product it is, of equal ones the first. Keys from `no_key` on are of products that do not fit.
    """

    selection: Selection
    stay: StayQuery
    parties: list[Party]
    party_of: list[int]
    in_time: Bools  # a house: its dates can be booked today
    free: npt.NDArray[np.int16]  # a room type: rooms left on every night
    keys: list[Ints]  # a party: every product's key
    taxes: list[Ints]  # a party: a house's city tax

    @property
    def no_key(self) -> int:
        return NO_OFFER << self.selection.number_bits

    def amounts(self, keys: Ints) -> Ints:
        amounts: Ints = keys >> self.selection.number_bits
        return amounts

    def products(self, keys: Ints, houses: Ints) -> Ints:
        """The products that keys of these houses are of."""
        products: Ints = self.selection.first_product[houses] + (keys & ((1 << self.selection.number_bits) - 1))
        return products


def price(index: Index, selection: Selection, stay: StayQuery, now: dt.datetime) -> Priced:
    """Judges dates, restrictions, guests and free rooms, and prices every product for every party."""
    ahead = days_ahead(index, stay.check_in, now)
    first = (stay.check_in - index.first_night).days
    nights = range(first, first + stay.nights)
    free = index.free[first][selection.type_rows]
    for night in nights[1:]:
        free = np.minimum(free, index.free[night][selection.type_rows])
    priced = Priced(
        selection=selection,
        stay=stay,
        parties=list(dict.fromkeys(stay.parties)),
        party_of=[],
        in_time=((ahead >= 0) & (ahead + stay.nights <= index.bookable_nights))[selection.zones],
        free=free,
        keys=[],
        taxes=[],
    )
    priced.party_of = [priced.parties.index(party) for party in stay.parties]
    refused = refused_products(index, selection, first, stay.nights, ahead)
    if not priced.in_time.all():
        too_late = ~priced.in_time[selection.house_of]
        refused = too_late if refused is None else refused | too_late
    prices = [index.price[night][selection.product_rows] for night in nights]
    discounts = discounts_of(index, selection, stay.nights)
    for party in priced.parties:
        terms = terms_of(index, selection, party, stay.nights)
        keys = _charge(index, prices, terms)
        _take_off(keys, discounts)
        keys <<= selection.number_bits
        keys |= selection.number
        keys += np.where(terms.fits & (free > 0), 0, priced.no_key)[selection.type_of]
        if refused is not None:
            keys[refused] = priced.no_key
        priced.keys.append(keys)
        priced.taxes.append(terms.taxes)
    return priced


def days_ahead(index: Index, check_in: dt.date, now: dt.datetime) -> Ints:
    """Days from today to check-in, by time zone."""
    days = [(check_in - now.astimezone(ZoneInfo(zone)).date()).days for zone in index.distinct.zones.values]
    return np.array(days, dtype=np.int64)


def _charge(index: Index, prices: Sequence[npt.NDArray[np.int32]], terms: Terms) -> Ints:
    """The sum of all nights, each with its extras and never less than nothing."""
    least = terms.least_extra + min(index.lowest_price, 0)
    if least < 0 and len(terms.extras) and min(int(night.min()) for night in prices) + terms.least_extra < 0:
        of_night = terms.extras.astype(np.int64) // len(prices)
        charge = np.maximum(prices[0] + of_night, 0)
        for night in prices[1:]:
            charge += np.maximum(night + of_night, 0)
        return charge
    fits_32_bits = len(prices) * index.highest_price < MOST_SUM
    total = prices[0] if fits_32_bits else prices[0].astype(np.int64)
    for night in prices[1:]:
        total = total + night
    charged: Ints = (total + terms.extras).astype(np.int64, copy=False)
    return charged


def _take_off(charge: Ints, discounts: Discounts) -> None:
    """Shares as runtime.shares.share_of takes them: dividing in floating point and rounding half to even is the same
    as long as an amount times its share is below 2**53, for which a stay would have to cost 9,000 million."""
    dear = charge[discounts.products]
    dear -= np.rint(dear * discounts.shares / WHOLE).astype(np.int64)
    charge[discounts.products] = dear
