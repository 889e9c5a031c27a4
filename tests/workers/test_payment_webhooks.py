"""The jobs around stored webhooks and holds: they do their work, retry an outage, and sweep what was forgotten."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arq import Retry
from redis.asyncio import Redis

from contracts.booking.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import open_channel, open_service_identity
from runtime.job_queue import open_job_queue
from tests.grpc_services.booking.desk import PROVIDER, Desk, open_desk, webhook
from tests.house import worker_settings
from tests.parts import Parts, free_port
from workers.payment_webhooks import settle_payment_event, sweep_payment_events


@pytest.fixture(scope="module")
async def desk(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[Desk]:
    async with open_desk(parts, auth_address, booking_address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def context(parts: Parts, auth_address: str, desk: Desk) -> AsyncIterator[dict[str, Any]]:
    """What arq hands to a job."""
    settings = worker_settings(parts, auth_address, booking_address="", notification_address="", smtp_port=free_port())
    async with open_service_identity(auth_address, settings) as identity, open_job_queue(settings) as jobs:
        yield {"settlement": desk.settlement, "identity": identity, "jobs": jobs, "job_try": 1}


async def test_a_stored_event_is_worked_off_once(desk: Desk, context: dict[str, Any]) -> None:
    event_id = await desk.receive(b'{"data": {}}')
    assert await settle_payment_event(context, PROVIDER, event_id, "request-of-the-webhook") == "PARKED"
    assert await settle_payment_event(context, PROVIDER, event_id, "request-of-the-webhook") == "NOTHING_TO_DO"


async def test_while_the_payment_system_is_away_the_event_stays_undone(desk: Desk, context: dict[str, Any]) -> None:
    event_id = await desk.receive(webhook(str(uuid.uuid4())))
    with pytest.raises(Retry):
        await settle_payment_event(context, PROVIDER, event_id, "request-of-the-webhook")
    request = settlement_pb2.ListUnsettledPaymentEventsRequest(first=100)
    listed = await desk.settlement.ListUnsettledPaymentEvents(
        request, metadata=(("authorization", f"Bearer {desk.system}"),)
    )
    assert event_id in {event.event_id for event in listed.events}


async def test_an_outage_of_booking_is_tried_again(context: dict[str, Any]) -> None:
    async with open_channel(f"127.0.0.1:{free_port()}", settlement_pb2.DESCRIPTOR) as channel:
        nobody = {**context, "settlement": settlement_pb2_grpc.SettlementServiceStub(channel)}
        with pytest.raises(Retry):
            await settle_payment_event(nobody, PROVIDER, "event", "request-of-the-webhook")


async def test_the_sweeper_wakes_what_redis_forgot_and_nothing_younger(
    parts: Parts, desk: Desk, context: dict[str, Any]
) -> None:
    old, young = await desk.receive(b"{}"), await desk.receive(b"{}")
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.payment_event SET received_at = now() - interval '61 seconds' WHERE event_id = $1", old
        )
    assert await sweep_payment_events(context) >= 1
    job = f"arq:job:payment:{PROVIDER}:{old}"
    async with Redis.from_url(parts.redis_url) as redis:
        assert await redis.exists(job)
        assert not await redis.exists(f"arq:job:payment:{PROVIDER}:{young}")
        await redis.delete(job)
        assert await sweep_payment_events(context) >= 1, "Redis lost the job, PostgreSQL did not"
        assert await redis.exists(job)
    for event_id in (old, young):
        await settle_payment_event(context, PROVIDER, event_id, "request-of-the-webhook")
