"""A search over the index: candidates by place, one vectorised pass over their products, order, page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contracts.money.v1 import money_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search import places, rules
from grpc_services.search.index import Floats, Index, Ints, Layout, distances
from runtime.cursors import decode_cursor, encode_cursor
from runtime.errors import InvalidInput

_NO_OFFER = np.iinfo(np.int64).max


@dataclass(slots=True)
class Found:
    """Houses with an offer: `house` are positions in the layout, the rest is per house."""

    house: Ints
    product: Ints
    total: Ints
    rooms_left: Ints
    distance: Floats | None


def search(index: Index, request: search_pb2.SearchHotelsRequest, first: int) -> search_pb2.SearchHotelsResponse:
    """One page of houses whose rooms of one type take every party on every night, cheapest offer each."""
    stay = rules.parse_stay_query(
        request.check_in,
        request.check_out,
        request.rooms,
        first_night=index.first_night,
        end_night=index.end_night,
    )
    rules.check_place(request.place)
    if request.sort == search_pb2.HOTEL_SORT_DISTANCE and request.place.WhichOneof("place") != "around":
        raise InvalidInput("Sorting by distance needs a point to measure from.", path=("sort",))
    layout = index.layout
    candidates = _candidates(layout, request.place)
    found = _offers(index, layout, candidates, stay)
    found = _filtered(layout, found, request.filter, stay)
    if request.place.WhichOneof("place") == "around":
        around = request.place.around
        found.distance = distances(layout, found.house, around.latitude, around.longitude)
    return _page(layout, found, request, stay, first)


def _candidates(layout: Layout, place: search_pb2.Place) -> Ints:
    everything = np.arange(len(layout.hotels))
    match place.WhichOneof("place"):
        case "city":
            wanted = places.folded(place.city)
            known = wanted if wanted in layout.cities else places.closest(wanted, layout.cities)
            if known is None:
                raise InvalidInput("We know no city of this name.", path=("place", "city"))
            return everything[layout.cities[known]]
        case "text":
            words = places.folded(place.text).split()
            return np.array(
                [number for number, name in enumerate(layout.names) if all(word in name for word in words)],
                dtype=np.int64,
            )
        case "box":
            south, north = np.radians([place.box.south, place.box.north])
            west, east = np.radians([place.box.west, place.box.east])
            inside = (layout.latitude >= south) & (layout.latitude <= north)
            between = (layout.longitude >= west), (layout.longitude <= east)
            inside &= (between[0] & between[1]) if west <= east else (between[0] | between[1])
            return np.flatnonzero(inside)
        case _:
            around = place.around
            near = distances(layout, everything, around.latitude, around.longitude) <= around.radius_meters
            return np.flatnonzero(near)


def _offers(index: Index, layout: Layout, houses: Ints, stay: rules.StayQuery) -> Found:
    """The cheapest product of each house that takes all parties; houses without one are left out."""
    nothing = np.empty(0, dtype=np.int64)
    counts = layout.first_product[houses + 1] - layout.first_product[houses]
    houses, counts = houses[counts > 0], counts[counts > 0]
    if not len(houses):
        return Found(nothing, nothing, nothing, nothing, None)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    products = np.repeat(layout.first_product[houses] - starts, counts) + np.arange(counts.sum())
    first = (stay.check_in - index.first_night).days
    end = first + stay.nights
    kinds = layout.room_type_of[products]
    contiguous = len(products) == products[-1] - products[0] + 1
    rows = slice(products[0], products[-1] + 1) if contiguous else products
    price = layout.price[rows, first:end].sum(axis=1, dtype=np.int64)
    known_kinds, kind_of = np.unique(kinds, return_inverse=True)
    free = layout.free[known_kinds, first:end].min(axis=1).astype(np.int64)
    rooms = len(stay.parties)
    fits = free >= rooms
    for party in stay.parties:
        fits &= layout.max_adults[known_kinds] >= party.adults
        fits &= layout.max_guests[known_kinds] >= party.adults + len(party.children_ages)
    total = np.where(fits[kind_of], price * rooms, _NO_OFFER)
    cheapest = np.minimum.reduceat(total, starts)
    has_offer = cheapest < _NO_OFFER
    is_cheapest = np.flatnonzero(total == np.repeat(cheapest, counts))
    chosen = is_cheapest[np.searchsorted(is_cheapest, starts)]
    tax = _city_tax(layout, houses, stay)
    return Found(
        house=houses[has_offer],
        product=products[chosen][has_offer],
        total=(cheapest + tax * has_offer)[has_offer],
        rooms_left=free[kind_of[chosen]][has_offer],
        distance=None,
    )


def _city_tax(layout: Layout, houses: Ints, stay: rules.StayQuery) -> Ints:
    taxed = np.zeros(len(houses), dtype=np.int64)
    for party in stay.parties:
        taxed += party.adults
        for age in party.children_ages:
            taxed += age >= layout.tax_exempt_below[houses]
    tax: Ints = layout.city_tax[houses] * taxed * stay.nights
    return tax


def _filtered(layout: Layout, found: Found, wanted: search_pb2.HotelFilter, stay: rules.StayQuery) -> Found:
    keep = np.ones(len(found.house), dtype=bool)
    per_night = _per_night(found.total, stay.nights)
    if wanted.min_per_night_minor_units:
        keep &= per_night >= wanted.min_per_night_minor_units
    if wanted.max_per_night_minor_units:
        keep &= per_night <= wanted.max_per_night_minor_units
    if wanted.stars:
        keep &= np.isin(layout.stars[found.house], np.array(wanted.stars))
    if wanted.amenities:
        needed = set(wanted.amenities)
        keep &= np.array([needed <= set(layout.hotels[house].amenities) for house in found.house], dtype=bool)
    return Found(found.house[keep], found.product[keep], found.total[keep], found.rooms_left[keep], None)


def _per_night(totals: Ints, nights: int) -> Ints:
    """The average night as hotel shows it too: rounded half to even."""
    whole, rest = np.divmod(totals, nights)
    rounded: Ints = whole + ((2 * rest > nights) | ((2 * rest == nights) & (whole % 2 == 1)))
    return rounded


def _sort_values(layout: Layout, found: Found, sort: search_pb2.HotelSort.ValueType, stay: rules.StayQuery) -> Ints:
    """Ascending whole numbers; equal ones are ordered by hotel id.

    RECOMMENDED is the price of a night divided by the number of stars plus one, a plain measure of what a
    guest gets for the money; unclassified houses count as one star.
    """
    if sort == search_pb2.HOTEL_SORT_PRICE:
        return found.total
    if sort == search_pb2.HOTEL_SORT_STARS:
        return -layout.stars[found.house]
    if sort == search_pb2.HOTEL_SORT_DISTANCE and found.distance is not None:
        return found.distance.astype(np.int64)
    value: Ints = found.total // (stay.nights * (1 + np.maximum(layout.stars[found.house], 1)))
    return value


def _page(
    layout: Layout, found: Found, request: search_pb2.SearchHotelsRequest, stay: rules.StayQuery, first: int
) -> search_pb2.SearchHotelsResponse:
    values = _sort_values(layout, found, request.sort, stay)
    ids = layout.hotel_ids[found.house]
    order = np.lexsort((ids, values))
    if request.after:
        value, identifier = decode_cursor(request.after, (int, str))
        later = (values[order] > int(value)) | ((values[order] == int(value)) & (ids[order] > str(identifier)))
        order = order[later]
    shown = order[:first]
    hits = [_hit(layout, found, int(position), int(values[position]), stay) for position in shown]
    return search_pb2.SearchHotelsResponse(hits=hits, total_count=len(found.house), has_next_page=len(order) > first)


def _hit(layout: Layout, found: Found, position: int, value: int, stay: rules.StayQuery) -> search_pb2.HotelHit:
    hotel = layout.hotels[int(found.house[position])]
    per_night = int(_per_night(found.total[[position]], stay.nights)[0])
    room_type_id, rate_plan_id = layout.product_ids[int(found.product[position])]
    total = int(found.total[position])
    hit = search_pb2.HotelHit(
        hotel=hotel,
        room_type_id=room_type_id,
        rate_plan_id=rate_plan_id,
        total=money_pb2.Money(minor_units=total, currency=hotel.currency),
        per_night=money_pb2.Money(minor_units=per_night, currency=hotel.currency),
        rooms_left=int(found.rooms_left[position]),
        cursor=encode_cursor(value, hotel.id),
    )
    if found.distance is not None:
        hit.distance_meters = round(float(found.distance[position]))
    return hit
