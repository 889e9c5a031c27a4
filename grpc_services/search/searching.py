"""A search over the index: the houses of the place, one vectorised pass over what they sell, order, page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from contracts.search.v1 import search_pb2
from grpc_services.search import rules
from grpc_services.search.alternatives import find_alternatives
from grpc_services.search.facets import count_facets
from grpc_services.search.filtering import filtered_offers, picked
from grpc_services.search.geography import PlaceNames, Point, distances, houses_at
from grpc_services.search.hits import serialized_hits
from grpc_services.search.index import Index
from grpc_services.search.ordering import Pages, sort_values
from grpc_services.search.pricing import Priced, days_ahead, price
from grpc_services.search.recommending import recommend
from grpc_services.search.suggesting import suggest
from runtime.clock import utc_now
from runtime.errors import InvalidInput


class SearchEngine:
    """Answers from one index. `clock` tells the moment that dates and free cancellation are judged at."""

    def __init__(self, index: Index, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self.index = index
        self._clock = clock
        self._names = PlaceNames(index)
        self._pages = Pages(index)

    def search(self, request: search_pb2.SearchHotelsRequest, first: int) -> bytes:
        """One page of houses that have rooms for every party on every night, with the cheapest offer of each: a
        serialized SearchHotelsResponse that does not tell of the index."""
        index, now = self.index, self._clock()
        stay = rules.parse_stay_query(
            request.check_in,
            request.check_out,
            request.rooms,
            first_night=index.first_night,
            end_night=index.end_night,
        )
        rules.check_place(request.place)
        rules.check_filter(request.filter)
        is_around = request.place.WhichOneof("place") == "around"
        if request.sort == search_pb2.HOTEL_SORT_DISTANCE and not is_around:
            raise InvalidInput("Sorting by distance needs a point to measure from.", path=("sort",))
        ground = houses_at(index, self._names, request.place)
        selection = index.select(ground.rows, city=ground.city)
        priced = price(index, selection, stay, now)
        _check_days(index, priced, now)
        offers = filtered_offers(index, priced, request.filter, now)
        houses = selection.houses[offers.position]
        metres = distances(index, houses, ground.point) if is_around and ground.point else None
        values = sort_values(index, houses, offers.total, metres, request.sort, stay.nights)
        page = self._pages.cut(houses, values, question=_question(request), first=first, after=request.after)
        shown = picked(offers, page.shown)
        hits = serialized_hits(
            index, priced, shown, page.cursors, None if metres is None else metres[page.shown].tolist()
        )
        response = search_pb2.SearchHotelsResponse(total_count=len(houses), has_next_page=page.has_next_page)
        if request.with_facets:
            response.facets.CopyFrom(count_facets(index, priced, request.filter, now))
        if request.with_alternatives and not len(houses):
            response.alternatives.extend(find_alternatives(index, ground, stay, request.filter, now))
        return hits + response.SerializeToString()

    def suggest(self, text: str, first: int) -> list[search_pb2.PlaceSuggestion]:
        return suggest(self.index, self._names, text, first)

    def recommend(self, request: search_pb2.RecommendHotelsRequest, first: int) -> search_pb2.RecommendHotelsResponse:
        point = Point(request.latitude, request.longitude)
        return recommend(self.index, self._pages, request, point, first, self._clock())


def _question(request: search_pb2.SearchHotelsRequest) -> bytes:
    """What was asked, whichever page of it."""
    question = search_pb2.SearchHotelsRequest()
    question.CopyFrom(request)
    for name in ("first", "after", "with_facets", "with_alternatives"):
        question.ClearField(name)
    return question.SerializeToString(deterministic=True)


def _check_days(index: Index, priced: Priced, now: dt.datetime) -> None:
    """When no house of the place can be booked for these dates, that is what the guest is told."""
    if priced.in_time or not len(priced.selection.houses):
        return
    ahead = days_ahead(index, priced.stay.check_in, now)
    if all(ahead[zone] < 0 for zone in priced.selection.zones_here):
        raise InvalidInput("Check-in is in the past.", path=("checkIn",))
    raise InvalidInput(f"Nights can be booked {index.bookable_nights} days ahead.", path=("checkOut",))
