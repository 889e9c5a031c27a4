"""The use cases of the search service, one method each. Everything here is public."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.search.feed import Feed
from grpc_services.search.searching import SearchEngine
from runtime.clock import to_timestamp
from runtime.cursors import page_size
from runtime.errors import Unavailable

Context = grpc.aio.ServicerContext[Any, Any]


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def SearchHotels(
        self, request: search_pb2.SearchHotelsRequest, context: Context
    ) -> search_pb2.SearchHotelsResponse:
        response = self._loaded_engine().search(request, page_size(request.first))
        response.index.CopyFrom(self._status())
        return response

    async def SuggestPlaces(
        self, request: search_pb2.SuggestPlacesRequest, context: Context
    ) -> search_pb2.SuggestPlacesResponse:
        suggestions = self._loaded_engine().suggest(request.text, page_size(request.first))
        return search_pb2.SuggestPlacesResponse(suggestions=suggestions)

    async def RecommendHotels(
        self, request: search_pb2.RecommendHotelsRequest, context: Context
    ) -> search_pb2.RecommendHotelsResponse:
        return self._loaded_engine().recommend(request, page_size(request.first))

    async def GetIndexStatus(
        self, request: search_pb2.GetIndexStatusRequest, context: Context
    ) -> search_pb2.IndexStatus:
        return self._status()

    def _loaded_engine(self) -> SearchEngine:
        if not self._feed.loaded.is_set():
            raise Unavailable("The search index is still being loaded; please try again in a moment.")
        return self._feed.engine

    def _status(self) -> search_pb2.IndexStatus:
        index = self._feed.index
        return search_pb2.IndexStatus(
            hotels=index.hotels,
            room_types=index.room_types,
            sellable_room_types=index.sellable_room_types,
            as_of=to_timestamp(self._feed.as_of),
            lag_seconds=self._feed.lag_seconds,
        )
