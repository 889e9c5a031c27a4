"""The jobs of e-mails over running services, a mail server and a person to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, preference_pb2, preference_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import open_channel, open_service_identity
from runtime.database import Database, open_database
from runtime.identity import Role
from runtime.job_queue import open_job_queue
from tests.grpc_services.notification.events import confirmed
from tests.grpc_services.notification.inbox import tell
from tests.house import SignedIn, notification_settings, register_account, service_token, worker_settings
from tests.parts import Parts
from tests.workers.email_delivery.post_office import MailServer, PostOffice


@pytest.fixture
async def office(
    parts: Parts, auth_address: str, booking_address: str, salon_address: str
) -> AsyncIterator[PostOffice]:
    async with (
        MailServer().running() as server,
        notification_service(
            notification_settings(parts, auth_address, booking_address=booking_address, salon_address=salon_address)
        ) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR, preference_pb2.DESCRIPTOR) as channel,
        open_channel(booking_address, booking_pb2.DESCRIPTOR) as bookings,
        open_channel(salon_address, appointment_pb2.DESCRIPTOR) as appointments,
    ):
        settings = worker_settings(
            parts,
            auth_address,
            booking_address=booking_address,
            notification_address=service.address,
            smtp_port=server.port,
        )
        async with (
            open_service_identity(auth_address, settings) as identity,
            open_job_queue(settings) as jobs,
        ):
            yield PostOffice(
                notification_pb2_grpc.NotificationServiceStub(channel),
                preference_pb2_grpc.PreferenceServiceStub(channel),
                booking_pb2_grpc.BookingServiceStub(bookings),
                appointment_pb2_grpc.AppointmentServiceStub(appointments),
                identity,
                settings,
                jobs,
                server,
                await service_token(auth_address),
            )


@pytest.fixture(scope="module")
async def notification_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("notification"), pool_size=2, application_name="tests") as database:
        yield database


@pytest.fixture
async def reader(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST, "Amélie Poulain", locale="fr")


@pytest.fixture
async def delivery_id(office: PostOffice, reader: SignedIn) -> str:
    (identifier,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
    return identifier
