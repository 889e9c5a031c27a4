"""Completing what a person types into cities and hotels."""

from __future__ import annotations

from contracts.search.v1 import search_pb2
from grpc_services.search import places
from grpc_services.search.index import Layout


def suggest(layout: Layout, text: str, first: int) -> list[search_pb2.PlaceSuggestion]:
    """Cities first, the ones with most houses before others; then hotels whose name has every word."""
    wanted = places.folded(text)
    if not wanted:
        return []
    cities = sorted(
        ((where.stop - where.start, city) for city, where in layout.cities.items() if city.startswith(wanted)),
        key=lambda found: (-found[0], found[1]),
    )
    suggestions = [_city(layout, city, count) for count, city in cities[:first]]
    words = wanted.split()
    for number, name in enumerate(layout.names):
        if len(suggestions) >= first:
            break
        if all(word in name for word in words):
            suggestions.append(_hotel(layout, number))
    return suggestions


def _city(layout: Layout, city: str, count: int) -> search_pb2.PlaceSuggestion:
    hotel = layout.hotels[layout.cities[city].start]
    return search_pb2.PlaceSuggestion(
        kind=search_pb2.PLACE_KIND_CITY,
        name=hotel.address.city,
        city=hotel.address.city,
        country=hotel.address.country,
        hotel_count=count,
        latitude=hotel.latitude,
        longitude=hotel.longitude,
    )


def _hotel(layout: Layout, number: int) -> search_pb2.PlaceSuggestion:
    hotel = layout.hotels[number]
    return search_pb2.PlaceSuggestion(
        kind=search_pb2.PLACE_KIND_HOTEL,
        name=hotel.name,
        city=hotel.address.city,
        country=hotel.address.country,
        hotel_count=1,
        hotel_id=hotel.id,
        latitude=hotel.latitude,
        longitude=hotel.longitude,
    )
