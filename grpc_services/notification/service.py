"""The notification service, wired."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from email.utils import parseaddr

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from grpc_services.notification.channels import People
from grpc_services.notification.servicer import NotificationServicer
from runtime.channels import ServiceIdentity, open_channel, open_token_verifier
from runtime.database import open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.settings import NotificationSettings

SERVICE_NAMES = service_names_of(notification_pb2.DESCRIPTOR)


@asynccontextmanager
async def notification_service(settings: NotificationSettings) -> AsyncIterator[GrpcServer]:
    """Serves until the block ends."""
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
        servicer = NotificationServicer(
            database,
            People(auth, ServiceIdentity(auth, settings)),
            public_url=settings.public_url,
            mail_domain=parseaddr(settings.mail_from)[1].rpartition("@")[2],
        )
        yield await stack.enter_async_context(
            grpc_server(
                settings.grpc_listen,
                SERVICE_NAMES,
                lambda server: notification_pb2_grpc.add_NotificationServiceServicer_to_server(servicer, server),
                verifier=verifier,
            )
        )
