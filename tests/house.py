"""A house of services inside the test process: their settings over the test servers, and people to sign in."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import pytest
from google.protobuf.message import Message

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import ServiceError, Unavailable
from runtime.identity import Role
from runtime.settings import (
    AccountConsumerSettings,
    AuthSettings,
    BookingSettings,
    CallerSection,
    HotelSettings,
    InventoryConsumerSettings,
    NotificationConsumerSettings,
    NotificationSettings,
    RatingConsumerSettings,
    RelaySettings,
    ReviewSettings,
    SalonSettings,
    SearchSettings,
    WorkerSettings,
)
from tests.parts import Parts

Answer = TypeVar("Answer")
Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
PAUSES = [min(5.0, 0.1 * 2**number) for number in range(16)]  # of a patient client, in seconds: a minute in all
PERSON_PASSWORD = "correct-horse-battery"
SIGNING_KEY_SECRET = "a-signing-key-secret-for-tests-only"
PAYMENT_API_KEY = "merchant-key-for-tests"
SERVICE_CLIENTS = {
    client: f"{client}-secret-for-tests"
    for client in (
        "gateway",
        "arq-worker",
        "notification-consumer",
        "inventory-consumer",
        "rating-consumer",
        "account-consumer",
        "notification",
        "search",
        "booking",
        "operator",
    )
}


@dataclass(frozen=True)
class SignedIn:
    account_id: uuid.UUID
    email: str
    token: str


def service_fields(parts: Parts, service: str, auth_address: str) -> dict[str, object]:
    """What every service with a schema of its own needs."""
    return {
        "environment": "test",
        "DATABASE_URL": parts.database_url(service),
        "REDIS_URL": parts.redis_url,
        "grpc_listen": "127.0.0.1:0",
        "auth_address": auth_address,
    }


def caller_section(parts: Parts, auth_address: str) -> CallerSection:
    """What it takes to verify tokens."""
    return CallerSection.model_validate({"auth_address": auth_address, "REDIS_URL": parts.redis_url})


def client_fields(client: str) -> dict[str, object]:
    """What a process needs that calls others in its own name."""
    return {"service_client_id": client, "service_client_secret": SERVICE_CLIENTS[client]}


def kafka_fields(parts: Parts) -> dict[str, object]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": parts.kafka_bootstrap_servers,
        "kafka_idempotent_producer": parts.broker.gives_producer_ids,
    }


def auth_settings(parts: Parts, **changes: object) -> AuthSettings:
    return AuthSettings.model_validate(
        {
            **service_fields(parts, "auth", "unused"),
            "public_url": "http://gateway.test",
            "signing_key_secret": SIGNING_KEY_SECRET,
            "service_clients": SERVICE_CLIENTS,
            **changes,
        }
    )


def hotel_settings(parts: Parts, auth_address: str) -> HotelSettings:
    return HotelSettings.model_validate(service_fields(parts, "hotel", auth_address))


def booking_settings(
    parts: Parts,
    auth_address: str,
    *,
    hotel_address: str,
    payment_address: str,
    salon_address: str = "127.0.0.1:1",
    **changes: object,
) -> BookingSettings:
    return BookingSettings.model_validate(
        {
            **service_fields(parts, "booking", auth_address),
            **client_fields("booking"),
            "salon_address": salon_address,
            "hotel_address": hotel_address,
            "payment_address": payment_address,
            "payment_api_key": PAYMENT_API_KEY,
            **changes,
        }
    )


def search_settings(
    parts: Parts, auth_address: str, *, hotel_address: str, booking_address: str, **changes: object
) -> SearchSettings:
    return SearchSettings.model_validate(
        {
            **kafka_fields(parts),
            "environment": "test",
            "REDIS_URL": parts.redis_url,
            "grpc_listen": "127.0.0.1:0",
            "auth_address": auth_address,
            "hotel_address": hotel_address,
            "booking_address": booking_address,
            **changes,
        }
    )


def relay_settings(parts: Parts, **changes: object) -> RelaySettings:
    return RelaySettings.model_validate(
        {
            **kafka_fields(parts),
            "environment": "test",
            "DATABASE_URL": parts.database_url("relay"),
            "outbox_schemas": "auth,hotel,booking,salon,review,notification",
            **changes,
        }
    )


def salon_settings(
    parts: Parts, auth_address: str, *, hotel_address: str, payment_address: str, **changes: object
) -> SalonSettings:
    return SalonSettings.model_validate(
        {
            **service_fields(parts, "salon", auth_address),
            "hotel_address": hotel_address,
            "payment_address": payment_address,
            "payment_api_key": PAYMENT_API_KEY,
            **changes,
        }
    )


def review_settings(
    parts: Parts, auth_address: str, *, booking_address: str, salon_address: str, **changes: object
) -> ReviewSettings:
    return ReviewSettings.model_validate(
        {
            **service_fields(parts, "review", auth_address),
            "booking_address": booking_address,
            "salon_address": salon_address,
            **changes,
        }
    )


def rating_consumer_settings(
    parts: Parts, auth_address: str, *, hotel_address: str, salon_address: str
) -> RatingConsumerSettings:
    return RatingConsumerSettings.model_validate(
        {
            **client_fields("rating-consumer"),
            **kafka_fields(parts),
            "environment": "test",
            "auth_address": auth_address,
            "hotel_address": hotel_address,
            "salon_address": salon_address,
        }
    )


def account_consumer_settings(parts: Parts, auth_address: str, **addresses: str) -> AccountConsumerSettings:
    """`addresses` of booking, salon, review and notification."""
    return AccountConsumerSettings.model_validate(
        {
            **client_fields("account-consumer"),
            **kafka_fields(parts),
            "environment": "test",
            "auth_address": auth_address,
            **addresses,
        }
    )


def inventory_consumer_settings(
    parts: Parts, auth_address: str, *, hotel_address: str, booking_address: str
) -> InventoryConsumerSettings:
    return InventoryConsumerSettings.model_validate(
        {
            **client_fields("inventory-consumer"),
            **kafka_fields(parts),
            "environment": "test",
            "auth_address": auth_address,
            "hotel_address": hotel_address,
            "booking_address": booking_address,
        }
    )


def notification_settings(
    parts: Parts,
    auth_address: str,
    *,
    booking_address: str = "127.0.0.1:1",
    salon_address: str = "127.0.0.1:1",
    **changes: object,
) -> NotificationSettings:
    return NotificationSettings.model_validate(
        {
            **service_fields(parts, "notification", auth_address),
            **client_fields("notification"),
            "booking_address": booking_address,
            "salon_address": salon_address,
            "public_url": "https://innkeeper.example",
            "hotel_address": "127.0.0.1:1",
            "webhook_encryption_secret": "a-webhook-encryption-secret-for-tests",
            **changes,
        }
    )


def notification_consumer_settings(
    parts: Parts, auth_address: str, notification_address: str, **changes: object
) -> NotificationConsumerSettings:
    return NotificationConsumerSettings.model_validate(
        {
            **client_fields("notification-consumer"),
            **kafka_fields(parts),
            "environment": "test",
            "REDIS_URL": parts.redis_url,
            "auth_address": auth_address,
            "notification_address": notification_address,
            **changes,
        }
    )


def worker_settings(
    parts: Parts,
    auth_address: str,
    *,
    booking_address: str,
    notification_address: str,
    salon_address: str = "127.0.0.1:1",
    smtp_port: int,
    **changes: object,
) -> WorkerSettings:
    return WorkerSettings.model_validate(
        {
            **client_fields("arq-worker"),
            "environment": "test",
            "REDIS_URL": parts.redis_url,
            "auth_address": auth_address,
            "booking_address": booking_address,
            "notification_address": notification_address,
            "salon_address": salon_address,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            **changes,
        }
    )


async def register_account(auth_address: str, role: Role, name: str = "Test Person", *, locale: str = "en") -> SignedIn:
    """A new account, signed in."""
    email = f"{role.lower()}-{uuid.uuid4().hex[:12]}@example.org"
    async with open_channel(auth_address, auth_pb2.DESCRIPTOR) as channel:
        stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
        await call(
            stub.Register,
            auth_pb2.RegisterRequest(
                email=email,
                password=PERSON_PASSWORD,
                name=name,
                role=auth_pb2.Role.Value(f"ROLE_{role.value}"),
                locale=locale,
            ),
            token="",
        )
        session = await call(
            stub.CreateSession, auth_pb2.CreateSessionRequest(email=email, password=PERSON_PASSWORD), token=""
        )
    return SignedIn(uuid.UUID(session.account.id), email, session.access_token)


async def service_token(auth_address: str, client: str = "gateway") -> str:
    """A SYSTEM token of one of our own processes."""
    async with open_channel(auth_address, auth_pb2.DESCRIPTOR) as channel:
        stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
        issued = await call(
            stub.IssueServiceToken,
            auth_pb2.IssueServiceTokenRequest(client_id=client, client_secret=SERVICE_CLIENTS[client]),
            token="",
        )
    return issued.access_token


async def call_patiently(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request, *, token: str
) -> Response:
    """A call as a real client makes it: what was not answered is asked again, a minute long, with the same request
    and so with the same key. A refusal is an answer."""
    for pause in PAUSES:
        try:
            return await call(method, request, token=token)
        except Unavailable:
            await asyncio.sleep(pause)
    return await call(method, request, token=token)


async def refused(awaited: Awaitable[object]) -> ServiceError:
    """The refusal that a call ends with."""
    with pytest.raises(ServiceError) as refusal:
        await awaited
    return refusal.value


async def unless_refused(awaited: Awaitable[Answer], code: str) -> Answer | None:
    """The answer, or None when it is refused with this very code."""
    try:
        return await awaited
    except ServiceError as refusal:
        if refusal.code != code:
            raise
        return None
