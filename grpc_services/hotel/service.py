"""The hotel service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from grpc_services.hotel.servicer import HotelServicer
from runtime.channels import open_token_verifier
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server
from runtime.settings import HotelSettings

SERVICE_NAME = hotel_pb2.DESCRIPTOR.services_by_name["HotelService"].full_name


@asynccontextmanager
async def hotel_service(settings: HotelSettings) -> AsyncIterator[GrpcServer]:
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            application_name="innkeeper-hotel",
        ) as database,
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAME,
            lambda server: hotel_pb2_grpc.add_HotelServiceServicer_to_server(HotelServicer(database), server),
            verifier=verifier,
        ) as server,
    ):
        yield server
