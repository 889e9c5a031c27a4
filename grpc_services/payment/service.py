"""The payment service, wired: the merchant's gRPC door, the guest's web pages, and what runs behind them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from contracts.payment.v1 import bank_pb2, payee_pb2, payment_pb2, webhook_pb2
from grpc_services.payment import webhook_queries
from grpc_services.payment.audit_metric import counting_discrepancies
from grpc_services.payment.bank import keep_banking
from grpc_services.payment.checkout import Checkout
from grpc_services.payment.checkout_app import checkout_app
from grpc_services.payment.faults import BadPlan, FaultSimulator, read_plan
from grpc_services.payment.parts import Parts
from grpc_services.payment.payment_moves import PaymentMoves
from grpc_services.payment.servicers import add_servicers
from grpc_services.payment.webhook_deliverer import WebhookDeliverer
from grpc_services.payment.webhook_sender import TIMEOUT_SECONDS, WebhookSender
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.http_server import http_server
from runtime.settings import PaymentSettings

SERVICE_NAMES = service_names_of(
    payment_pb2.DESCRIPTOR, payee_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR, bank_pb2.DESCRIPTOR
)


@asynccontextmanager
async def payment_service(
    settings: PaymentSettings, *, clock: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """Runs until the block ends: first the doors close, then running deliveries end, then the pool."""
    faults = _fault_simulator(settings)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(
                settings.database_url.get_secret_value(),
                pool_size=settings.database_pool_size,
                application_name="innkeeper-payment",
            )
        )
        # No proxy and no redirects: the address to tell is the one in the settings and no other.
        client = await stack.enter_async_context(
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS)
        )
        secrets = [secret.get_secret_value() for secret in settings.webhook_secrets]
        async with database.transaction() as connection:
            await webhook_queries.INSERT_ENDPOINT.execute(connection, url=settings.webhook_url)
        deliverer = WebhookDeliverer(database, WebhookSender(client, settings.webhook_url, secrets, clock), clock)
        moves = PaymentMoves(database, clock, deliverer.wake, faults)
        await stack.enter_async_context(counting_discrepancies(database, every_seconds=settings.audit_seconds))
        await stack.enter_async_context(_running(deliverer.run()))
        await stack.enter_async_context(_running(keep_banking(moves)))
        pages = checkout_app(Checkout(database, moves, clock), faults)
        await stack.enter_async_context(http_server(pages, settings.http_host, settings.http_port))
        parts = Parts(settings, database, moves, clock, deliverer, faults)
        yield await stack.enter_async_context(
            grpc_server(
                settings.grpc_listen,
                SERVICE_NAMES,
                lambda server: add_servicers(server, parts),
                verifier=None,
            )
        )


def _fault_simulator(settings: PaymentSettings) -> FaultSimulator:
    """Raises OSError with one line for a plan that cannot be read, and for any in production."""
    is_production = settings.environment == "production"
    if is_production and settings.payment_faults:
        raise OSError("INNKEEPER_PAYMENT_FAULTS: faults are not simulated in production")
    try:
        return FaultSimulator(read_plan(settings.payment_faults), is_allowed=not is_production)
    except BadPlan as fault:
        raise OSError(f"INNKEEPER_PAYMENT_FAULTS: {fault}") from None


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
