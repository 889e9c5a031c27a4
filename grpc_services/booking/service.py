"""The booking service put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from grpc_services.booking.audit_metric import counting_discrepancies
from grpc_services.booking.gateway import open_gateway
from grpc_services.booking.servicer import BookingServicer
from runtime.channels import open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server
from runtime.settings import BookingSettings

SERVICE_NAME = booking_pb2.DESCRIPTOR.services_by_name["BookingService"].full_name


@asynccontextmanager
async def booking_service(
    settings: BookingSettings, *, now: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """`now` tells the day at a hotel; holds and quotes run by the database's clock."""
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            application_name="innkeeper-booking",
        ) as database,
        counting_discrepancies(database, every_seconds=settings.audit_seconds),
        open_gateway(settings) as (prices, payments),
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAME,
            lambda server: booking_pb2_grpc.add_BookingServiceServicer_to_server(
                BookingServicer(database, prices, payments, settings, now=now), server
            ),
            verifier=verifier,
        ) as server,
    ):
        yield server
