"""What a party and the number of nights change about prices: guests' extras, city tax, discounts for long stays.
None of it depends on the dates, so a selection remembers it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grpc_services.search.columns import Ints
from grpc_services.search.index import Index
from grpc_services.search.rules import Party
from grpc_services.search.selection import Discounts, Selection, Terms

_MOST_TERMS = 16


def terms_of(index: Index, selection: Selection, party: Party, nights: int) -> Terms:
    known = selection.terms.get((party, nights))
    if known is None:
        while len(selection.terms) >= _MOST_TERMS:
            del selection.terms[next(iter(selection.terms))]
        known = selection.terms[party, nights] = _terms(index, selection, party, nights)
    return known


def discounts_of(index: Index, selection: Selection, nights: int) -> Discounts:
    """Of a plan's discounts the one for most nights that the stay reaches."""
    known = selection.discounts.get(nights)
    if known is None:
        steps_of = index.distinct.discounts.values
        reached = [max((step for step in steps if step[0] <= nights), default=(0, 0)) for steps in steps_of]
        shares = np.array([share for _, share in reached], dtype=np.float64)
        of_product = shares[index.products.discounts[selection.product_rows]]
        products = np.flatnonzero(of_product)
        known = selection.discounts[nights] = Discounts(products, of_product[products])
    return known


def _terms(index: Index, selection: Selection, party: Party, nights: int) -> Terms:
    types, rows = selection.type_rows, selection.product_rows
    columns = index.types
    adults, children = np.array([party.adults]), np.array([0])
    if party.children_ages:
        ages = np.array(party.children_ages, dtype=np.int64)
        older = (ages[:, None] > columns.oldest_child_age[types]).sum(axis=0)
        adults, children = party.adults + older, len(party.children_ages) - older
    beyond = adults - columns.included_adults[types]
    of_type = np.where(beyond > 0, columns.extra_adult[types], columns.fewer_adult[types]) * beyond
    if party.children_ages:
        of_type = of_type + _child_prices(index, selection, party)
    of_night = of_type[selection.type_of]
    for supplement, eaters in (
        (index.products.adult_meals[rows], adults),
        (index.products.child_meals[rows], children),
    ):
        of_night = of_night + supplement * (eaters if len(eaters) == 1 else eaters[selection.type_of])
    extras = of_night * nights
    most = int(np.abs(extras).max(initial=0))
    return Terms(
        extras=extras.astype(np.int32) if most <= np.iinfo(np.int32).max else extras,
        least_extra=int(of_night.min(initial=0)),
        most_extra=most,
        too_small=(adults > columns.max_adults[types]) | (adults + children > columns.max_guests[types]),
        taxes=_city_tax(index, selection, party, nights),
    )


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


def _city_tax(index: Index, selection: Selection, party: Party, nights: int) -> Ints:
    houses = selection.houses
    taxed = np.full(len(houses), party.adults, dtype=np.int64)
    for age in party.children_ages:
        taxed += age >= index.houses.tax_exempt_below[houses]
    tax: Ints = index.houses.city_tax[houses] * taxed * np.minimum(index.houses.tax_nights[houses], nights)
    return tax
