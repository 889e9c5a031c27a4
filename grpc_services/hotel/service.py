"""The hotel service put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.hotel.v1 import exchange_rate_pb2, extra_pb2, hotel_import_pb2, hotel_pb2, rate_pb2
from grpc_services.hotel.servicers import add_servicers
from runtime.channels import open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.settings import HotelSettings

SERVICE_NAMES = service_names_of(
    exchange_rate_pb2.DESCRIPTOR,
    hotel_pb2.DESCRIPTOR,
    rate_pb2.DESCRIPTOR,
    extra_pb2.DESCRIPTOR,
    hotel_import_pb2.DESCRIPTOR,
)


@asynccontextmanager
async def hotel_service(
    settings: HotelSettings, *, now: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """`now` tells the day at a hotel."""
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            application_name="innkeeper-hotel",
        ) as database,
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAMES,
            lambda server: add_servicers(server, database, now=now),
            verifier=verifier,
        ) as server,
    ):
        yield server
