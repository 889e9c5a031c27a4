"""What a filter leaves of priced houses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from contracts.search.v1 import search_pb2
from grpc_services.search.columns import Bools, Ints
from grpc_services.search.index import Index
from grpc_services.search.offers import Offers, choose
from grpc_services.search.pricing import Priced
from grpc_services.search.selection import Selection


@dataclass(slots=True)
class HouseFilters:
    """A mask over a selection's houses for each filter about houses themselves."""

    stars: Bools
    amenities: Bools
    rating: Bools


def house_filters(index: Index, houses: Ints, wanted: search_pb2.HotelFilter) -> HouseFilters:
    everything = np.ones(len(houses), dtype=bool)
    bits = index.distinct.wanted_bits(wanted.amenities)
    columns = index.houses
    return HouseFilters(
        stars=np.isin(columns.stars[houses], np.array(wanted.stars)) if wanted.stars else everything,
        amenities=~everything if bits is None else (columns.amenities[houses] & bits) == bits,
        rating=columns.rating[houses] >= wanted.min_rating_hundredths if wanted.min_rating_hundredths else everything,
    )


def products_allowed(
    index: Index, priced: Priced, meal_plans: Collection[int], free_cancellation: bool, now: dt.datetime
) -> Bools | None:
    """Products that filters about offers leave; None when they leave all."""
    allowed: Bools | None = None
    if meal_plans:
        allowed = np.isin(index.products.meal_plan[priced.selection.product_rows], np.array(list(meal_plans)))
    if free_cancellation:
        free = free_to_cancel(index, priced.selection, priced.stay.check_in, now)
        allowed = free if allowed is None else allowed & free
    return allowed


def free_to_cancel(index: Index, selection: Selection, check_in: dt.date, now: dt.datetime) -> Bools:
    """Products that can still be cancelled free of charge at this moment."""
    hours_left = []
    for zone, clock in index.distinct.clocks.values:
        arrival = dt.datetime.combine(check_in, dt.time.fromisoformat(clock), ZoneInfo(zone))
        hours_left.append((arrival - now).total_seconds() / 3600)
    left = np.array(hours_left, dtype=np.float64)[index.houses.clock[selection.houses]]
    free: Bools = index.products.free_until[selection.product_rows] <= left[selection.house_of]
    return free


def in_price_range(offers: Offers, nights: int, wanted: search_pb2.HotelFilter) -> Bools:
    if not (wanted.min_per_night_minor_units or wanted.max_per_night_minor_units):
        return np.ones(len(offers.total), dtype=bool)
    average = per_night(offers.total, nights)
    keep = np.ones(len(average), dtype=bool)
    if wanted.min_per_night_minor_units:
        keep &= average >= wanted.min_per_night_minor_units
    if wanted.max_per_night_minor_units:
        keep &= average <= wanted.max_per_night_minor_units
    return keep


def filtered_offers(index: Index, priced: Priced, wanted: search_pb2.HotelFilter, now: dt.datetime) -> Offers:
    """The cheapest offer of each house of those that the filter leaves."""
    if not wanted.ListFields():
        return choose(priced)
    offers = choose(priced, products_allowed(index, priced, wanted.meal_plans, wanted.free_cancellation, now))
    filters = house_filters(index, priced.selection.houses, wanted)
    keep = (filters.stars & filters.amenities & filters.rating)[offers.position]
    keep &= in_price_range(offers, priced.stay.nights, wanted)
    return offers if keep.all() else picked(offers, keep)


def picked(offers: Offers, which: Bools | Ints) -> Offers:
    return Offers(offers.position[which], offers.total[which], offers.products[:, which], offers.amounts[:, which])


def per_night(totals: Ints, nights: int) -> Ints:
    """The average night as hotel shows it too: rounded half to even, exactly as long as totals are below 2**46."""
    return np.rint(totals / nights).astype(np.int64)
