"""The notification service, wired."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.notification.v1 import (
    notification_pb2,
    notification_pb2_grpc,
    preference_pb2,
    preference_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)
from contracts.salon.v1 import salon_pb2, salon_pb2_grpc
from grpc_services.notification.channels import People
from grpc_services.notification.gateway import open_owners
from grpc_services.notification.houses import Houses
from grpc_services.notification.servicers import NotificationServicer, PreferenceServicer, mail_domain
from grpc_services.notification.webhook_secrets import WebhookSecrets
from grpc_services.notification.webhook_servicer import WebhookServicer
from runtime.channels import ServiceIdentity, open_channel, open_token_verifier
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.settings import NotificationSettings

SERVICE_NAMES = service_names_of(notification_pb2.DESCRIPTOR, preference_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR)


@asynccontextmanager
async def notification_service(
    settings: NotificationSettings, *, clock: Callable[[], dt.datetime] = utc_now
) -> AsyncIterator[GrpcServer]:
    """Serves until the block ends. `clock` says when what is planned and webhooks are due; mails are tried by the
    database's."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(
                settings.database_url.get_secret_value(),
                pool_size=settings.database_pool_size,
                application_name="innkeeper-notification",
            )
        )
        verifier = await stack.enter_async_context(open_token_verifier(settings))
        channel = await stack.enter_async_context(open_channel(settings.auth_address, auth_pb2.DESCRIPTOR))
        auth: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
        identity = ServiceIdentity(auth, settings)
        owners = await stack.enter_async_context(open_owners(settings, identity))
        equipment = (database, People(auth, identity), owners, settings)
        hotels = await stack.enter_async_context(open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR))
        salons = await stack.enter_async_context(open_channel(settings.salon_address, salon_pb2.DESCRIPTOR))
        webhooks = WebhookServicer(
            database,
            WebhookSecrets(settings.webhook_encryption_secret.get_secret_value()),
            Houses(hotel_pb2_grpc.HotelServiceStub(hotels), salon_pb2_grpc.SalonServiceStub(salons)),
            allow_private=settings.allow_private_addresses,
            clock=clock,
            mail_domain=mail_domain(settings.mail_from),
        )

        def register(server: grpc.aio.Server) -> None:
            notifications = NotificationServicer(*equipment, now=clock)
            notification_pb2_grpc.add_NotificationServiceServicer_to_server(notifications, server)
            preferences = PreferenceServicer(*equipment, now=clock)
            preference_pb2_grpc.add_PreferenceServiceServicer_to_server(preferences, server)
            webhook_pb2_grpc.add_WebhookServiceServicer_to_server(webhooks, server)

        yield await stack.enter_async_context(
            grpc_server(settings.grpc_listen, SERVICE_NAMES, register, verifier=verifier)
        )
