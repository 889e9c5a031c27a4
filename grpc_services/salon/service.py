"""The salon service put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.payout.v1 import payout_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2, salon_pb2, schedule_pb2
from contracts.settlement.v1 import settlement_pb2
from grpc_services.salon.appointment_refunds import inbox
from grpc_services.salon.audit_metric import counting_discrepancies
from grpc_services.salon.gateway import open_gateway
from grpc_services.salon.servicers import add_servicers
from runtime.channels import open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.inbox_metric import counting_inbox
from runtime.settings import SalonSettings

SERVICE_NAMES = service_names_of(
    salon_pb2.DESCRIPTOR,
    schedule_pb2.DESCRIPTOR,
    appointment_pb2.DESCRIPTOR,
    basket_pb2.DESCRIPTOR,
    settlement_pb2.DESCRIPTOR,
    payout_pb2.DESCRIPTOR,
)


@asynccontextmanager
async def salon_service(
    settings: SalonSettings, *, now: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """`now` tells the day and hour at a salon; holds run by the database's clock."""
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            application_name="innkeeper-salon",
        ) as database,
        counting_discrepancies(database, every_seconds=settings.audit_seconds),
        counting_inbox("salon", inbox, database),
        open_gateway(settings) as (hotels, payments, statements),
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAMES,
            lambda server: add_servicers(server, database, hotels, payments, statements, settings, now=now),
            verifier=verifier,
        ) as server,
    ):
        yield server
