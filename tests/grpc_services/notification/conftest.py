"""The running notification service: a client, its database to look into, and people to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest

from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, preference_pb2, preference_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import open_channel
from runtime.clock import utc_now
from runtime.database import Database, open_database
from runtime.identity import Role
from runtime.settings import NotificationSettings
from tests.house import SignedIn, notification_settings, register_account, service_token
from tests.parts import Parts


class Clock:
    """The clock of what is planned, which tests set. It stands, and begins at this moment."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def notification_section(
    parts: Parts, auth_address: str, booking_address: str, salon_address: str
) -> NotificationSettings:
    return notification_settings(parts, auth_address, booking_address=booking_address, salon_address=salon_address)


@pytest.fixture(scope="session")
async def notification_channel(
    notification_section: NotificationSettings, clock: Clock
) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        notification_service(notification_section, clock=clock) as server,
        open_channel(server.address, notification_pb2.DESCRIPTOR, preference_pb2.DESCRIPTOR) as channel,
    ):
        yield channel


@pytest.fixture(scope="session")
def notifications(notification_channel: grpc.aio.Channel) -> notification_pb2_grpc.NotificationServiceAsyncStub:
    stub: notification_pb2_grpc.NotificationServiceAsyncStub
    stub = notification_pb2_grpc.NotificationServiceStub(notification_channel)
    return stub


@pytest.fixture(scope="session")
def preferences(notification_channel: grpc.aio.Channel) -> preference_pb2_grpc.PreferenceServiceAsyncStub:
    stub: preference_pb2_grpc.PreferenceServiceAsyncStub
    stub = preference_pb2_grpc.PreferenceServiceStub(notification_channel)
    return stub


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


@pytest.fixture
def real_time(clock: Clock) -> Iterator[None]:
    """The clock is right again after a test that set it."""
    yield
    clock.now = utc_now()
