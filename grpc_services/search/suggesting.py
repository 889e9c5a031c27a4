"""Completing what a person types into cities and hotels."""

from __future__ import annotations

import math

from contracts.search.v1 import search_pb2
from grpc_services.search import rules
from grpc_services.search.geography import PlaceNames
from grpc_services.search.index import Index
from grpc_services.search.places import folded
from runtime.errors import InvalidInput


def suggest(index: Index, names: PlaceNames, text: str, first: int) -> list[search_pb2.PlaceSuggestion]:
    """Cities first, those with most houses before others; then hotels that have every word in their name."""
    if len(text) > rules.LONGEST_TEXT:
        raise InvalidInput(f"At most {rules.LONGEST_TEXT} characters.", path=("text",))
    wanted = folded(text)
    if not wanted:
        return []
    cities = names.cities.completed(wanted, first)
    suggestions = [_city(index, city) for city in cities]
    if len(suggestions) < first:
        hotels = names.hotels.find(wanted)[: first - len(suggestions)]
        suggestions += [_hotel(index, row) for row in hotels]
    return suggestions


def _city(index: Index, city: str) -> search_pb2.PlaceSuggestion:
    rows = index.cities[city]
    house = index.house(next(iter(rows)))
    return _suggestion(
        index,
        next(iter(rows)),
        kind=search_pb2.PLACE_KIND_CITY,
        name=house.city_name,
        hotel_count=len(rows),
    )


def _hotel(index: Index, row: int) -> search_pb2.PlaceSuggestion:
    house = index.house(row)
    suggestion = _suggestion(index, row, kind=search_pb2.PLACE_KIND_HOTEL, name=house.name, hotel_count=1)
    suggestion.hotel_id = house.id
    return suggestion


def _suggestion(
    index: Index, row: int, *, kind: search_pb2.PlaceKind.ValueType, name: str, hotel_count: int
) -> search_pb2.PlaceSuggestion:
    house = index.house(row)
    return search_pb2.PlaceSuggestion(
        kind=kind,
        name=name,
        city=house.city_name,
        country=house.country,
        hotel_count=hotel_count,
        latitude=math.degrees(index.houses.latitude[row]),
        longitude=math.degrees(index.houses.longitude[row]),
    )
