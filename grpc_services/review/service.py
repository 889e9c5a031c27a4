"""The review service put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.review.v1 import review_pb2, review_pb2_grpc
from grpc_services.review.gateway import open_gateway
from grpc_services.review.servicer import ReviewServicer
from runtime.channels import open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.settings import ReviewSettings

SERVICE_NAMES = service_names_of(review_pb2.DESCRIPTOR)


@asynccontextmanager
async def review_service(
    settings: ReviewSettings, *, now: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """`now` tells how long ago a visit was."""
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            application_name="innkeeper-review",
        ) as database,
        open_gateway(settings) as visits,
        open_token_verifier(settings) as verifier,
        grpc_server(
            settings.grpc_listen,
            SERVICE_NAMES,
            lambda server: review_pb2_grpc.add_ReviewServiceServicer_to_server(
                ReviewServicer(database, visits, now=now), server
            ),
            verifier=verifier,
        ) as server,
    ):
        yield server
