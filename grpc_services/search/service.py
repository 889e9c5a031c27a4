"""The search service put together. It says that it is ready once its index is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from contracts.hotel.v1 import rate_pb2, rate_pb2_grpc
from contracts.search.v1 import search_pb2
from grpc_services.search.feed import Feed
from grpc_services.search.servicer import SearchServicer, add_to_server
from runtime.channels import open_channel, open_token_verifier
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.settings import SearchSettings

SERVICE_NAMES = service_names_of(search_pb2.DESCRIPTOR)
log = structlog.get_logger()


@asynccontextmanager
async def search_service(settings: SearchSettings) -> AsyncIterator[GrpcServer]:
    async with (
        open_channel(settings.hotel_address, rate_pb2.DESCRIPTOR) as rates,
        open_channel(settings.booking_address, inventory_pb2.DESCRIPTOR) as inventory,
        open_token_verifier(settings) as verifier,
    ):
        feed = Feed(settings, rate_pb2_grpc.RateServiceStub(rates), inventory_pb2_grpc.InventoryServiceStub(inventory))
        async with grpc_server(
            settings.grpc_listen,
            SERVICE_NAMES,
            lambda server: add_to_server(SearchServicer(feed), server),
            verifier=verifier,
            ready=False,
        ) as server:
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(feed.run(stop))
                announcing = tasks.create_task(_announce(feed, server))
                tasks.create_task(feed.turn_days(stop))
                try:
                    yield server
                finally:
                    stop.set()
                    if not feed.loaded.is_set():
                        following.cancel()
                        announcing.cancel()


async def _announce(feed: Feed, server: GrpcServer) -> None:
    await feed.loaded.wait()
    await server.set_ready(True)
