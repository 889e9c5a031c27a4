"""The jobs of webhooks over a running service, with a receiver and a hotelier."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, webhook_pb2, webhook_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import ServiceIdentity, open_channel, open_service_identity
from runtime.database import Database, open_database
from runtime.identity import Role
from runtime.job_queue import JobQueue, open_job_queue
from runtime.outbound_http import open_outbound_http
from tests.house import notification_settings, register_account, service_token, worker_settings
from tests.parts import Parts, free_port
from tests.webhook_receiver import running_receiver
from tests.workers.webhook_delivery.office import Clock, Office


@pytest.fixture
async def office(parts: Parts, auth_address: str) -> AsyncIterator[Office]:
    clock = Clock()
    async with (
        running_receiver() as receiver,
        notification_service(
            notification_settings(parts, auth_address, allow_private_addresses=True), clock=clock
        ) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR) as channel,
        open_outbound_http(allow_private_addresses=True) as outbound,
    ):
        settings = worker_settings(
            parts, auth_address, booking_address="", notification_address=service.address, smtp_port=free_port()
        )
        webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = webhook_pb2_grpc.WebhookServiceStub(channel)
        identity: ServiceIdentity
        jobs: JobQueue
        async with open_service_identity(auth_address, settings) as identity, open_job_queue(settings) as jobs:
            yield Office(
                webhooks,
                notification_pb2_grpc.NotificationServiceStub(channel),
                await register_account(auth_address, Role.HOTELIER, "Henri Hôtelier"),
                await service_token(auth_address),
                clock,
                receiver,
                {"webhooks": webhooks, "identity": identity, "jobs": jobs, "outbound": outbound},
            )


@pytest.fixture(scope="module")
async def notification_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("notification"), pool_size=2, application_name="tests") as database:
        yield database
