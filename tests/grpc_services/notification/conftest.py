"""The running notification service: a client, its database to look into, and people to be told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import open_channel
from runtime.database import Database, open_database
from runtime.identity import Role
from tests.house import SignedIn, notification_settings, register_account, service_token
from tests.parts import Parts


@pytest.fixture(scope="session")
async def notifications(
    parts: Parts, auth_address: str
) -> AsyncIterator[notification_pb2_grpc.NotificationServiceAsyncStub]:
    async with (
        notification_service(notification_settings(parts, auth_address)) as server,
        open_channel(server.address, notification_pb2.DESCRIPTOR) as channel,
    ):
        stub: notification_pb2_grpc.NotificationServiceAsyncStub
        stub = notification_pb2_grpc.NotificationServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
async def notification_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("notification"), pool_size=4, application_name="tests") as database:
        yield database


@pytest.fixture(scope="session")
async def system(auth_address: str) -> str:
    return await service_token(auth_address, "notification-consumer")


@pytest.fixture
async def guest(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST, "Mina Harker")


@pytest.fixture
async def hotelier(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER, "Henri Hôtelier", locale="fr")
