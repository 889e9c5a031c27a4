"""How many houses there would be under each value of a filter, with all other filters as they are."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence

import numpy as np

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.columns import Bools, Ints
from grpc_services.search.filtering import (
    HouseFilters,
    house_filters,
    in_price_range,
    per_night,
    products_allowed,
)
from grpc_services.search.index import Index
from grpc_services.search.offers import Offers, choose
from grpc_services.search.pricing import Priced

_RATINGS = (300, 350, 400, 450)
_BANDS = (0.5, 1, 1.5, 2, 3, 5)  # of a round amount near the middle of all prices


def count_facets(
    index: Index, priced: Priced, wanted: search_pb2.HotelFilter, now: dt.datetime
) -> search_pb2.HotelFacets:
    """Amenities that are filtered by already stay so: each count says what adding one more would leave."""
    houses = priced.selection.houses
    filters = house_filters(index, houses, wanted)
    meals, free = wanted.meal_plans, wanted.free_cancellation
    offers = choose(priced, products_allowed(index, priced, meals, free, now))
    at = offers.position
    affordable = in_price_range(offers, priced.stay.nights, wanted)
    by_stars = index.houses.stars[houses[at[affordable & (filters.amenities & filters.rating)[at]]]]
    rated = index.houses.rating[houses[at[affordable & (filters.amenities & filters.stars)[at]]]]
    kept = houses[at[affordable & (filters.amenities & filters.stars & filters.rating)[at]]]

    def counted(meal_plans: Sequence[int], free_cancellation: bool) -> int:
        return _number_left(index, priced, wanted, filters, meal_plans, free_cancellation, now)

    offered = np.unique(index.products.meal_plan[priced.selection.product_rows]).tolist()
    meal_counts = [
        (hotel_pb2.MealPlan.Name(plan).removeprefix("MEAL_PLAN_"), counted([plan], free)) for plan in offered
    ]
    return search_pb2.HotelFacets(
        stars=_facet((str(stars), int((by_stars == stars).sum())) for stars in range(6)),
        amenities=_amenities(index, kept),
        meal_plans=_facet(meal_counts),
        ratings=_facet((str(least), int((rated >= least).sum())) for least in _RATINGS),
        free_cancellation=counted(meals, True),
        price_per_night=_price_bands(index, priced, offers, filters),
    )


def _facet(counts: Iterable[tuple[str, int]]) -> list[search_pb2.FacetCount]:
    return [search_pb2.FacetCount(value=value, count=count) for value, count in counts if count]


def _number_left(
    index: Index,
    priced: Priced,
    wanted: search_pb2.HotelFilter,
    filters: HouseFilters,
    meal_plans: Sequence[int],
    free_cancellation: bool,
    now: dt.datetime,
) -> int:
    offers = choose(priced, products_allowed(index, priced, meal_plans, free_cancellation, now))
    keep: Bools = (filters.stars & filters.amenities & filters.rating)[offers.position]
    return int((keep & in_price_range(offers, priced.stay.nights, wanted)).sum())


def _amenities(index: Index, houses: Ints) -> list[search_pb2.FacetCount]:
    bits = index.houses.amenities[houses]
    names = index.distinct.amenities.values
    counts = {name: int((bits >> number & 1).sum()) for number, name in enumerate(names[:63])}
    return _facet(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _price_bands(index: Index, priced: Priced, offers: Offers, filters: HouseFilters) -> list[search_pb2.PriceBand]:
    """Of the currency that most houses charge in."""
    keep = (filters.stars & filters.amenities & filters.rating)[offers.position]
    if not keep.any():
        return []
    currencies = index.houses.currency[priced.selection.houses[offers.position[keep]]]
    number = int(np.bincount(currencies).argmax())
    currency = index.distinct.currencies.values[number]
    prices = per_night(offers.total[keep][currencies == number], priced.stay.nights)
    unit = 10 ** max(round(math.log10(max(float(np.median(prices)), 1.0))), 1)
    edges = [0, *(int(share * unit) for share in _BANDS)]
    places = np.searchsorted(np.array(edges), prices, side="right") - 1
    bands = []
    for band, count in enumerate(np.bincount(places, minlength=len(edges)).tolist()):
        if count:
            to = money_pb2.Money(minor_units=edges[band + 1], currency=currency) if band + 1 < len(edges) else None
            start = money_pb2.Money(minor_units=edges[band], currency=currency)
            bands.append(search_pb2.PriceBand(**{"from": start, "to": to, "count": count}))
    return bands
