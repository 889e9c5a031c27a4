"""Houses near a point with their cheapest night of the coming weeks."""

from __future__ import annotations

import datetime as dt

import numpy as np

from contracts.money.v1 import money_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search import rules
from grpc_services.search.columns import Bools, Ints
from grpc_services.search.geography import Point, distances, within
from grpc_services.search.index import Index
from grpc_services.search.offers import choose
from grpc_services.search.ordering import Pages
from grpc_services.search.pricing import NO_OFFER, days_ahead, price

DEFAULT_RADIUS_METERS = 10_000.0
NIGHTS_AHEAD = 30
_TWO, _ONE = rules.Party(2), rules.Party(1)


def recommend(
    index: Index,
    pages: Pages,
    request: search_pb2.RecommendHotelsRequest,
    point: Point,
    first: int,
    now: dt.datetime,
) -> search_pb2.RecommendHotelsResponse:
    """By distance, by Bayesian mean rating, or by the cheapest bookable night, houses without one last."""
    rules.check_point(point.latitude, point.longitude, path=("near",))
    radius = request.radius_meters or DEFAULT_RADIUS_METERS
    rules.check_radius(radius, path=("radiusMeters",))
    houses = np.sort(within(index, point, radius))
    metres = distances(index, houses, point)
    if request.by == search_pb2.RECOMMEND_BY_PRICE:
        values = _cheapest_nights(index, houses, now)[0]
    elif request.by == search_pb2.RECOMMEND_BY_RATING:
        values = -index.houses.rank[houses]
    else:
        values = metres.astype(np.int64)
    page = pages.cut(houses, values, question=_question(request), first=first, after=request.after)
    shown = houses[page.shown]
    cheapest, nights = _cheapest_nights(index, shown, now)
    response = search_pb2.RecommendHotelsResponse(has_next_page=page.has_next_page)
    for number, (position, cursor) in enumerate(zip(page.shown.tolist(), page.cursors, strict=True)):
        row = int(shown[number])
        found = response.hotels.add(distance_meters=round(float(metres[position])), cursor=cursor)
        found.hotel.MergeFromString(index.house(row).message)
        if cheapest[number] < NO_OFFER:
            currency = index.distinct.currencies.values[int(index.houses.currency[row])]
            found.from_per_night.CopyFrom(money_pb2.Money(minor_units=int(cheapest[number]), currency=currency))
            found.from_night = (index.first_night + dt.timedelta(days=int(nights[number]))).isoformat()
    return response


def _cheapest_nights(index: Index, houses: Ints, now: dt.datetime) -> tuple[Ints, Ints]:
    """The least total of one night and its place in the index, by house: for two adults, for one in houses where no
    room takes two. NO_OFFER where no night can be had."""
    cheapest = np.full(len(houses), NO_OFFER, dtype=np.int64)
    nights = np.zeros(len(houses), dtype=np.int64)
    takes_two = _takes_two(index, houses)
    for party, asked in ((_TWO, np.flatnonzero(takes_two)), (_ONE, np.flatnonzero(~takes_two))):
        if not len(asked):
            continue
        selection = index.select(houses[asked])
        place = asked[index.houses.products[houses[asked]] > 0]
        # The first night of the index is yesterday in UTC: tomorrow's thirtieth night is as late as it gets.
        for offset in range(min(NIGHTS_AHEAD + 2, index.nights - 1)):
            night = index.first_night + dt.timedelta(days=offset)
            stay = rules.StayQuery(night, night + dt.timedelta(days=1), (party,))
            offers = choose(price(index, selection, stay, now))
            at = place[offers.position]
            ahead = np.array(days_ahead(index, night, now), dtype=np.int64)
            soon = ahead[selection.zones[offers.position]] < NIGHTS_AHEAD
            cheaper = soon & (offers.total < cheapest[at])
            cheapest[at[cheaper]] = offers.total[cheaper]
            nights[at[cheaper]] = offset
    return cheapest, nights


def _takes_two(index: Index, houses: Ints) -> Bools:
    selection = index.select(houses)
    adults = index.types.max_adults[selection.type_rows][selection.type_of]
    found = np.zeros(index.houses.used, dtype=bool)
    found[selection.houses[selection.house_of[adults >= 2]]] = True
    takes_two: Bools = found[houses]
    return takes_two


def _question(request: search_pb2.RecommendHotelsRequest) -> bytes:
    question = search_pb2.RecommendHotelsRequest()
    question.CopyFrom(request)
    question.ClearField("first")
    question.ClearField("after")
    return b"recommend" + question.SerializeToString(deterministic=True)
