"""Finding houses: search, suggestions, one house by id."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Annotated

import strawberry
from strawberry.types.nodes import SelectedField, Selection

from api.context import Info
from api.hotels import Hotel, hotel
from api.node_ids import decode_id, encode_id
from api.paging import Edge, at_least_one, page_info
from api.scalars import CountryCode
from api.search_filters import HotelSearchInput, HotelSort, search_request
from api.search_offers import HotelOfferConnection, hotel_facets, hotel_offer, stay_alternative
from contracts.search.v1 import search_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="What a suggestion is.")
class PlaceKind(enum.Enum):
    CITY = strawberry.enum_value("CITY", description="A city.")
    HOTEL = strawberry.enum_value("HOTEL", description="A house.")


@strawberry.type(description="A city or a house that completes what was typed.")
class PlaceSuggestion:
    kind: PlaceKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name.")
    city: str = strawberry.field(description="The city.")
    country: CountryCode = strawberry.field(description="The country.")
    hotel_count: int = strawberry.field(description="Houses there.")
    hotel_id: strawberry.ID | None = strawberry.field(description="The house's id, if it is one.")


@strawberry.type
class HotelQueries:
    @strawberry.field(
        description=(
            "Houses with free rooms for a stay. Pages keep the order of the first one for some minutes, so that moving "
            "prices neither repeat nor hide a house; prices shown are those of the moment. Refusals name the input "
            "field in `extensions.field`; the answer's `extensions.search` tells how fresh the index is."
        )
    )
    async def search_hotels(
        self,
        info: Info,
        input: Annotated[HotelSearchInput, strawberry.argument(description="What to look for.")],  # noqa: A002
        sort: Annotated[HotelSort, strawberry.argument(description="The order.")] = HotelSort.RECOMMENDED,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> HotelOfferConnection:
        asked = set(_names(info.selected_fields))
        request = search_request(
            input,
            sort,
            at_least_one(first),
            after,
            with_facets="facets" in asked,
            with_alternatives="alternatives" in asked,
        )
        response = await call(info.context.services.search.SearchHotels, request)
        _tell_freshness(info, response.index)
        return HotelOfferConnection(
            edges=[Edge(node=hotel_offer(hit), cursor=hit.cursor) for hit in response.hits],
            page_info=page_info(
                [hit.cursor for hit in response.hits], has_next_page=response.has_next_page, after=after
            ),
            total_count=response.total_count,
            as_of=from_timestamp(response.index.as_of),
            facets=hotel_facets(response.facets),
            alternatives=[stay_alternative(message) for message in response.alternatives],
        )

    @strawberry.field(description="Cities and houses that complete what a person is typing; typos are forgiven.")
    async def suggest_places(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="What was typed so far; at most 200 characters.")],
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
    ) -> list[PlaceSuggestion]:
        request = search_pb2.SuggestPlacesRequest(text=text, first=at_least_one(first))
        response = await call(info.context.services.search.SuggestPlaces, request)
        return [
            PlaceSuggestion(
                kind=PlaceKind(search_pb2.PlaceKind.Name(found.kind).removeprefix("PLACE_KIND_")),
                name=found.name,
                city=found.city,
                country=CountryCode(found.country),
                hotel_count=found.hotel_count,
                hotel_id=strawberry.ID(encode_id("Hotel", found.hotel_id)) if found.hotel_id else None,
            )
            for found in response.suggestions
        ]

    @strawberry.field(description="A house by id; null if there is none.")
    async def hotel(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Hotel | None:
        found = await info.context.load.hotel.load(decode_id("Hotel", id, path=("id",)))
        return hotel(found) if found else None


def _tell_freshness(info: Info, index: search_pb2.IndexStatus) -> None:
    info.context.extensions["search"] = {
        "asOf": from_timestamp(index.as_of).isoformat(),
        "lagSeconds": round(index.lag_seconds, 3),
    }


def _names(selections: Iterable[Selection]) -> Iterable[str]:
    """Fields that are asked for of the answer itself, also by way of fragments."""
    for field in selections:
        if isinstance(field, SelectedField):
            yield from _direct(field.selections)


def _direct(selections: Iterable[Selection]) -> Iterable[str]:
    for selection in selections:
        if isinstance(selection, SelectedField):
            yield selection.name
        else:
            yield from _direct(selection.selections)
