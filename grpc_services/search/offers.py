"""What a stay costs in every house of a selection, and whether it can be had: the same decisions as hotel and
booking make for a quote, made for thousands of products at once.

Prices follow the formula told in the docstring of grpc_services/hotel/rules.py, to the minor unit; all amounts
are minor units of the house's currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from grpc_services.search.assignment import cheapest_assignment
from grpc_services.search.columns import Bools, Ints
from grpc_services.search.index import Index
from grpc_services.search.rules import Party, StayQuery
from grpc_services.search.selection import ForParty, Selection
from runtime.shares import share_of

NO_OFFER = np.iinfo(np.int64).max // 16  # nine of them still fit into 64 bits
_MOST_PARTIES_KNOWN = 8


@dataclass(slots=True)
class Priced:
    """A selection under a stay. Parties that are alike are reckoned once: `parties` are the different ones,
    `party_of` says which of them each room is for."""

    selection: Selection
    stay: StayQuery
    parties: list[Party]
    party_of: list[int]
    in_time: Bools  # a house: its dates can be booked today
    free: Ints  # a room type: rooms left on every night
    net: list[Ints]  # a party: a product's price of all nights, discount taken off, before VAT and city tax
    taxes: list[Ints]  # a party: a house's city tax
    vat: Ints  # a house: basis points to be added


@dataclass(slots=True)
class Offers:
    """The cheapest rooms of each house that has any, by rising position in the selection."""

    position: Ints
    total: Ints  # all rooms, taxes included
    products: Ints  # rooms by houses: the product of each room, counted within the selection
    amounts: Ints  # rooms by houses: what each room costs, taxes included


def price(index: Index, selection: Selection, stay: StayQuery, now: dt.datetime) -> Priced:
    """Judges dates, restrictions, guests and free rooms, and prices every product for every party."""
    ahead = days_ahead(index, stay.check_in, now)[index.houses.zone[selection.houses]]
    in_time = (ahead >= 0) & (ahead + stay.nights <= index.bookable_nights)
    parties = list(dict.fromkeys(stay.parties))
    first = (stay.check_in - index.first_night).days
    free = index.free[first][selection.type_rows]
    for night in range(first + 1, first + stay.nights):
        free = np.minimum(free, index.free[night][selection.type_rows])
    open_ = ~_restricted(index, selection, stay, ahead)
    open_ &= (free > 0)[selection.type_of]
    if not in_time.all():
        open_ &= in_time[selection.house_of]
    nights = [index.price[night][selection.product_rows] for night in range(first, first + stay.nights)]
    return Priced(
        selection=selection,
        stay=stay,
        parties=parties,
        party_of=[parties.index(party) for party in stay.parties],
        in_time=in_time,
        free=free.astype(np.int64),
        net=[_net(index, selection, nights, party, open_) for party in parties],
        taxes=[_city_tax(index, selection, party, stay.nights) for party in parties],
        vat=index.houses.vat[selection.houses],
    )


def days_ahead(index: Index, check_in: dt.date, now: dt.datetime) -> Ints:
    """Days from today to check-in, by time zone."""
    days = [(check_in - now.astimezone(ZoneInfo(zone)).date()).days for zone in index.distinct.zones.values]
    return np.array(days, dtype=np.int64)


def free_to_cancel(index: Index, selection: Selection, check_in: dt.date, now: dt.datetime) -> Bools:
    """Products that can still be cancelled free of charge at this moment."""
    hours_left = []
    for zone, clock in index.distinct.clocks.values:
        arrival = dt.datetime.combine(check_in, dt.time.fromisoformat(clock), ZoneInfo(zone))
        hours_left.append((arrival - now).total_seconds() / 3600)
    left = np.array(hours_left, dtype=np.float64)[index.houses.clock[selection.houses]]
    free: Bools = index.products.free_until[selection.product_rows] <= left[selection.house_of]
    return free


def choose(priced: Priced, allowed: Bools | None = None) -> Offers:
    """The cheapest rooms of each house, of the products that are allowed. Every party gets the cheapest product
    that takes it; where that asks for more rooms of a type than are left, the parties are dealt out anew."""
    selection = priced.selection
    if not len(selection.houses):
        nothing = np.zeros(0, dtype=np.int64)
        no_rooms = np.zeros((len(priced.party_of), 0), dtype=np.int64)
        return Offers(nothing, nothing, no_rooms, no_rooms)
    net = priced.net if allowed is None else [np.where(allowed, amounts, NO_OFFER) for amounts in priced.net]
    cheapest = [np.minimum.reduceat(amounts, selection.first_product) for amounts in net]
    possible = cheapest[0] < NO_OFFER
    for amounts in cheapest[1:]:
        possible &= amounts < NO_OFFER
    position = np.flatnonzero(possible)
    chosen = [_first_at(selection, amounts, least)[position] for amounts, least in zip(net, cheapest, strict=True)]
    products = np.stack([chosen[party] for party in priced.party_of])
    if len(priced.party_of) > 1:
        position, products = _dealt_out(priced, net, position, products)
    amounts = np.stack(
        [_with_taxes(priced, party, net[party][products[room]], position) for room, party in enumerate(priced.party_of)]
    )
    return Offers(position, amounts.sum(axis=0), products, amounts)


def rooms_left(priced: Priced, offers: Offers) -> Ints:
    """Free rooms of the first room's type, of each offer."""
    left: Ints = priced.free[priced.selection.type_of[offers.products[0]]]
    return left


def _restricted(index: Index, selection: Selection, stay: StayQuery, ahead: Ints) -> Bools:
    """Products that a restriction of their nights or plan keeps from this stay."""
    rows, table = selection.product_rows, index.restriction_table
    first = (stay.check_in - index.first_night).days
    days = ahead[0] if len(ahead) and (ahead == ahead[0]).all() else ahead[selection.house_of]
    least, most = index.products.min_advance[rows], index.products.max_advance[rows]
    arrival = index.restricted[first]
    if arrival is not None and arrival[rows].any():
        numbers = arrival[rows]
        least, most = table.advance_days(numbers, least, most)
        refused = (days < least) | (days > most) | table.closed_to_arrival(numbers, stay.nights)
    else:
        refused = (days < least) | (days > most)
    for night in range(first, first + stay.nights):
        numbers_of_night = index.restricted[night]
        if numbers_of_night is not None and numbers_of_night[rows].any():
            refused |= table.closed(numbers_of_night[rows])
    departure = index.restricted[first + stay.nights]
    if departure is not None and departure[rows].any():
        refused |= table.closed_to_departure(departure[rows])
    answer: Bools = refused
    return answer


def _net(
    index: Index, selection: Selection, nights: Sequence[npt.NDArray[np.int32]], party: Party, open_: Bools
) -> Ints:
    """What all nights cost a party after the stay discount; NO_OFFER where it does not fit or may not stay."""
    known = selection.by_party.get(party)
    if known is None:
        if len(selection.by_party) >= _MOST_PARTIES_KNOWN:
            selection.by_party.clear()
        known = selection.by_party[party] = _for_party(index, selection, party)
    shares = selection.discounts.get(len(nights))
    if shares is None:
        shares = selection.discounts[len(nights)] = _discounts(index, selection, len(nights))
    possible = np.flatnonzero(open_ & known.fits)
    charge = _charge([prices[possible] for prices in nights], known.extras[possible])
    off = shares[possible]
    discounted = np.flatnonzero(off)
    charge[discounted] -= share_of(charge[discounted], off[discounted])
    net = np.full(len(open_), NO_OFFER, dtype=np.int64)
    net[possible] = charge
    return net


def _for_party(index: Index, selection: Selection, party: Party) -> ForParty:
    types, rows = selection.type_rows, selection.product_rows
    columns = index.types
    adults, children = np.array([party.adults]), np.array([0])
    if party.children_ages:
        ages = np.array(party.children_ages, dtype=np.int64)
        older = (ages[:, None] > columns.oldest_child_age[types]).sum(axis=0)
        adults, children = party.adults + older, len(party.children_ages) - older
    fits = (adults <= columns.max_adults[types]) & (adults + children <= columns.max_guests[types])
    beyond = adults - columns.included_adults[types]
    of_type = np.where(beyond > 0, columns.extra_adult[types], columns.fewer_adult[types]) * beyond
    if party.children_ages:
        of_type = of_type + _child_prices(index, selection, party)
    extras = of_type[selection.type_of]
    for supplement, eaters in (
        (index.products.adult_meals[rows], adults),
        (index.products.child_meals[rows], children),
    ):
        extras = extras + supplement * (eaters if len(eaters) == 1 else eaters[selection.type_of])
    return ForParty(extras, fits[selection.type_of])


def _charge(nights: Sequence[npt.NDArray[np.int32]], extras: Ints) -> Ints:
    """The sum of all nights, each with its extras and never less than nothing."""
    if len(extras) and min(int(prices.min()) for prices in nights) + int(extras.min()) < 0:
        charge = np.zeros(len(extras), dtype=np.int64)
        for prices in nights:
            charge += np.maximum(prices + extras, 0)
        return charge
    charge = len(nights) * extras
    for prices in nights:
        charge += prices
    return charge


def _child_prices(index: Index, selection: Selection, party: Party) -> Ints:
    """What the party's children add to a night, by room type."""
    by_age = np.array(
        [[_band(bands, age) for age in party.children_ages] for bands in index.distinct.child_bands.values],
        dtype=np.int64,
    ).reshape(-1, len(party.children_ages))
    ages = np.array(party.children_ages, dtype=np.int64)
    counted = ages[None, :] <= index.types.oldest_child_age[selection.type_rows][:, None]
    added: Ints = (by_age[index.types.child_bands[selection.type_rows]] * counted).sum(axis=1)
    return added


def _band(bands: Sequence[tuple[int, int]], age: int) -> int:
    return next((amount for to_age, amount in bands if age <= to_age), 0)


def _discounts(index: Index, selection: Selection, nights: int) -> Ints:
    """Basis points off each product: of its plan's discounts the one for most nights that the stay reaches."""
    shares = [
        max(((least, share) for least, share in steps if least <= nights), default=(0, 0))[1]
        for steps in index.distinct.discounts.values
    ]
    of_product: Ints = np.array(shares, dtype=np.int64)[index.products.discounts[selection.product_rows]]
    return of_product


def _city_tax(index: Index, selection: Selection, party: Party, nights: int) -> Ints:
    houses = selection.houses
    taxed = np.full(len(houses), party.adults, dtype=np.int64)
    for age in party.children_ages:
        taxed += age >= index.houses.tax_exempt_below[houses]
    tax: Ints = index.houses.city_tax[houses] * taxed * np.minimum(index.houses.tax_nights[houses], nights)
    return tax


def _first_at(selection: Selection, amounts: Ints, least: Ints) -> Ints:
    """The first product of each house with its least amount."""
    at_least = np.flatnonzero(amounts == least[selection.house_of])
    first: Ints = at_least[np.searchsorted(at_least, selection.first_product)]
    return first


def _with_taxes(priced: Priced, party: int, net: Ints, position: Ints) -> Ints:
    vat = priced.vat[position]
    if vat.any():
        net = net + share_of(net, vat)
    total: Ints = net + priced.taxes[party][position]
    return total


def _dealt_out(priced: Priced, net: Sequence[Ints], position: Ints, products: Ints) -> tuple[Ints, Ints]:
    """The houses that have rooms for all, with rooms such that no type is asked for more than it has left."""
    types = priced.selection.type_of[products]
    asked = (types[:, None, :] == types[None, :, :]).sum(axis=1)
    short = np.flatnonzero((asked > priced.free[types]).any(axis=0))
    keep = np.ones(len(position), dtype=bool)
    for number in short.tolist():
        rooms = _rooms_of(priced, net, int(position[number]))
        if rooms is None:
            keep[number] = False
        else:
            products[:, number] = rooms
    return position[keep], products[:, keep]


def _rooms_of(priced: Priced, net: Sequence[Ints], house: int) -> list[int] | None:
    """Products for all rooms of one house, at the least total; None when there are too few."""
    selection = priced.selection
    begin = int(selection.first_product[house])
    end = int(np.searchsorted(selection.house_of, house, side="right"))
    types = selection.type_of[begin:end].tolist()
    kinds = sorted(set(types))
    vat = int(priced.vat[house])
    best: list[dict[int, tuple[int, int]]] = []  # a party: type -> (what it costs, product)
    for amounts in net:
        of_party: dict[int, tuple[int, int]] = {}
        for offset, amount in enumerate(amounts[begin:end].tolist()):
            if amount < NO_OFFER and (types[offset] not in of_party or amount < of_party[types[offset]][0]):
                of_party[types[offset]] = amount, begin + offset
        best.append({kind: (amount + share_of(amount, vat), product) for kind, (amount, product) in of_party.items()})
    left = [int(priced.free[kind]) for kind in kinds]
    if len(best) == 1:
        return _rooms_of_alike(best[0], dict(zip(kinds, left, strict=True)), len(priced.party_of))
    costs = [[best[party][kind][0] if kind in best[party] else None for kind in kinds] for party in priced.party_of]
    chosen = cheapest_assignment(costs, left)
    if chosen is None:
        return None
    return [best[party][kinds[kind]][1] for party, kind in zip(priced.party_of, chosen, strict=True)]


def _rooms_of_alike(best: dict[int, tuple[int, int]], left: dict[int, int], rooms: int) -> list[int] | None:
    """For parties that are all alike: from the cheapest room type on."""
    taken: list[int] = []
    for kind, (_, product) in sorted(best.items(), key=lambda item: item[1]):
        taken += [product] * min(left[kind], rooms - len(taken))
    return taken if len(taken) == rooms else None
