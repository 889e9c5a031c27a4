"""The booking service put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.booking.v1 import (
    basket_pb2,
    block_pb2,
    booking_pb2,
    calendar_pb2,
    figures_pb2,
    front_desk_pb2,
    inventory_pb2,
    waitlist_pb2,
)
from contracts.payout.v1 import payout_pb2
from contracts.settlement.v1 import settlement_pb2
from grpc_services.booking.audit_metric import counting_discrepancies
from grpc_services.booking.gateway import open_gateway
from grpc_services.booking.refunds import inbox
from grpc_services.booking.salon_gateway import open_salons
from grpc_services.booking.servicers import Parts, add_servicers
from runtime.channels import open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.inbox_metric import counting_inbox
from runtime.settings import BookingSettings

SERVICE_NAMES = service_names_of(
    booking_pb2.DESCRIPTOR,
    settlement_pb2.DESCRIPTOR,
    payout_pb2.DESCRIPTOR,
    basket_pb2.DESCRIPTOR,
    front_desk_pb2.DESCRIPTOR,
    block_pb2.DESCRIPTOR,
    figures_pb2.DESCRIPTOR,
    inventory_pb2.DESCRIPTOR,
    calendar_pb2.DESCRIPTOR,
    waitlist_pb2.DESCRIPTOR,
)


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
        counting_inbox("booking", inbox, database),
        open_gateway(settings) as (prices, payments, statements),
        open_salons(settings) as salons,
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAMES,
            lambda server: add_servicers(server, Parts(database, prices, payments, statements, salons, settings, now)),
            verifier=verifier,
        ) as server,
    ):
        yield server
