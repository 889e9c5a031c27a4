"""The use cases of the search service, one method each. Everything here is public."""

from __future__ import annotations

from typing import Any, TypeAlias

import grpc

from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.search.feed import Feed
from grpc_services.search.searching import SearchEngine
from runtime.clock import to_timestamp
from runtime.cursors import page_size
from runtime.errors import Unavailable

SERVICE_NAME = search_pb2.DESCRIPTOR.services_by_name["SearchService"].full_name
Context = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic only for type checkers


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def SearchHotels(  # type: ignore[override]  # serialized already, see add_to_server
        self, request: search_pb2.SearchHotelsRequest, context: Context
    ) -> bytes:
        found = self._loaded_engine().search(request, page_size(request.first))
        return found + search_pb2.SearchHotelsResponse(index=self._status()).SerializeToString()

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


def add_to_server(servicer: SearchServicer, server: grpc.aio.Server) -> None:
    """All methods as the contract has them, but that the answer of SearchHotels goes out as the bytes it is."""
    search_pb2_grpc.add_SearchServiceServicer_to_server(servicer, server)
    as_it_is: Handler = grpc.unary_unary_rpc_method_handler(
        servicer.SearchHotels, request_deserializer=search_pb2.SearchHotelsRequest.FromString
    )
    server.add_registered_method_handlers(SERVICE_NAME, {"SearchHotels": as_it_is})
