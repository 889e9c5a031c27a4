"""From the broker to a stored notification and a job, with Redis and without."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import open_channel
from runtime.event_bus import BOOKING_TOPIC, ensure_topics, open_producer
from runtime.identity import Role
from runtime.settings import NotificationConsumerSettings
from stack.embedded.valkey import EmbeddedValkey
from tests.grpc_services.notification.events import confirmed
from tests.grpc_services.notification.inbox import Stub, claim, inbox, tell
from tests.house import (
    SignedIn,
    notification_consumer_settings,
    notification_settings,
    register_account,
    service_token,
)
from tests.parts import PASSWORD, Parts, free_port
from workers import notification_consumer


@pytest.fixture(scope="module")
async def notification_address(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[str]:
    settings = notification_settings(parts, auth_address, booking_address=booking_address)
    async with notification_service(settings) as server:
        yield server.address


@pytest.fixture(scope="module")
async def notifications(notification_address: str) -> AsyncIterator[Stub]:
    async with open_channel(notification_address, notification_pb2.DESCRIPTOR) as channel:
        stub: Stub = notification_pb2_grpc.NotificationServiceStub(channel)
        yield stub


@pytest.fixture(scope="module")
async def system(auth_address: str) -> str:
    return await service_token(auth_address)


@pytest.fixture
async def guest(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    """A Redis of their own, which these tests may take away."""
    directory = tmp_path_factory.mktemp("consumer")
    server = EmbeddedValkey(directory, free_port(), PASSWORD, log_file=directory / "valkey.log")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def consuming(
    parts: Parts, auth_address: str, notification_address: str, valkey: EmbeddedValkey
) -> AsyncIterator[NotificationConsumerSettings]:
    """The running consumer. One for all: the embedded broker lets a member in after five seconds."""
    settings = notification_consumer_settings(parts, auth_address, notification_address, REDIS_URL=valkey.url)
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(notification_consumer.serve(settings, stop, on_ready=ready.set))
        await asyncio.wait_for(ready.wait(), 120)
        yield settings
        stop.set()


async def publish(settings: NotificationConsumerSettings, *events: events_pb2.Envelope) -> None:
    await ensure_topics(settings)
    async with open_producer(settings) as producer:
        for event in events:
            await producer.send_and_wait(
                BOOKING_TOPIC, value=event.SerializeToString(), key=event.aggregate_id.encode()
            )


async def told(notifications: Stub, person: SignedIn, number: int) -> list[notification_pb2.Notification]:
    for _ in range(1200):
        received = list((await inbox(notifications, person.token)).notifications)
        if len(received) >= number:
            return received
        await asyncio.sleep(0.05)
    raise AssertionError(f"{number} notifications were expected, {len(received)} came")


async def test_an_event_on_the_topic_becomes_a_notification_a_delivery_and_a_job(
    consuming: NotificationConsumerSettings,
    valkey: EmbeddedValkey,
    notifications: Stub,
    system: str,
    guest: SignedIn,
) -> None:
    event = confirmed(guest.account_id)
    await publish(consuming, event, event)
    (notification,) = await told(notifications, guest, 1)
    await publish(consuming, confirmed(guest.account_id))
    assert len(await told(notifications, guest, 2)) == 2
    assert notification.kind == "BookingConfirmed"
    (delivery_id,) = await tell(notifications, system, event)
    async with Redis.from_url(valkey.url) as redis:
        assert await redis.exists(f"arq:job:email:{delivery_id}")
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert (mail.to_address, mail.request_id) == (guest.email, event.request_id)


async def test_an_event_that_cannot_be_read_does_not_hold_up_the_next(
    consuming: NotificationConsumerSettings, notifications: Stub, guest: SignedIn
) -> None:
    bad = confirmed(uuid.uuid4())
    bad.payload = b"\xff\xff\xff"
    await publish(consuming, bad, confirmed(guest.account_id))
    await told(notifications, guest, 1)


async def test_with_redis_away_the_notification_is_stored_all_the_same(
    consuming: NotificationConsumerSettings,
    valkey: EmbeddedValkey,
    notifications: Stub,
    system: str,
    guest: SignedIn,
) -> None:
    await valkey.stop()
    event = confirmed(guest.account_id)
    try:
        await publish(consuming, event)
        await told(notifications, guest, 1)
    finally:
        await valkey.start()
    assert len(await tell(notifications, system, event)) == 1
