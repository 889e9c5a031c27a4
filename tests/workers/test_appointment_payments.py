"""The jobs around appointments' stored webhooks and holds: they do their work, retry an outage, sweep the forgotten."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arq import Retry
from redis.asyncio import Redis

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import call, open_channel, open_service_identity
from runtime.identity import Role
from runtime.job_queue import open_job_queue
from tests.grpc_services.salon.appointment_desk import (
    EXPIRED,
    HELD,
    PROVIDER,
    AppointmentDesk,
    at,
    open_appointment_desk,
    webhook,
)
from tests.house import register_account, worker_settings
from tests.parts import Parts, free_port
from workers.appointment_payments import settle_appointment_payment_event, sweep_appointment_payment_events
from workers.hold_expiry import expire_appointment_holds


@pytest.fixture(scope="module")
async def desk(parts: Parts, auth_address: str, salon_address: str) -> AsyncIterator[AppointmentDesk]:
    async with open_appointment_desk(parts, auth_address, salon_address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def context(parts: Parts, auth_address: str, desk: AppointmentDesk) -> AsyncIterator[dict[str, Any]]:
    """What arq hands to a job."""
    settings = worker_settings(parts, auth_address, booking_address="", notification_address="", smtp_port=free_port())
    async with open_service_identity(auth_address, settings) as identity, open_job_queue(settings) as jobs:
        yield {"appointments": desk.appointments, "identity": identity, "jobs": jobs, "job_try": 1}


async def receive(desk: AppointmentDesk, payload: bytes) -> str:
    event_id = uuid.uuid4().hex
    request = appointment_pb2.ReceiveAppointmentPaymentEventRequest(
        provider=PROVIDER, event_id=event_id, payload=payload
    )
    await call(desk.appointments.ReceiveAppointmentPaymentEvent, request, token=desk.system)
    return event_id


async def test_a_stored_event_is_worked_off_once(desk: AppointmentDesk, context: dict[str, Any]) -> None:
    event_id = await receive(desk, b'{"data": {}}')
    assert await settle_appointment_payment_event(context, PROVIDER, event_id, "request-of-the-webhook") == "PARKED"
    again = await settle_appointment_payment_event(context, PROVIDER, event_id, "request-of-the-webhook")
    assert again == "NOTHING_TO_DO"


async def test_an_outage_of_the_payment_system_or_of_salon_is_tried_again(
    desk: AppointmentDesk, context: dict[str, Any]
) -> None:
    event_id = await receive(desk, webhook(str(uuid.uuid4())))
    with pytest.raises(Retry):
        await settle_appointment_payment_event(context, PROVIDER, event_id, "request-of-the-webhook")
    async with open_channel(f"127.0.0.1:{free_port()}", appointment_pb2.DESCRIPTOR) as channel:
        nobody = {**context, "appointments": appointment_pb2_grpc.AppointmentServiceStub(channel)}
        with pytest.raises(Retry):
            await settle_appointment_payment_event(nobody, PROVIDER, event_id, "request-of-the-webhook")


async def test_the_sweeper_wakes_what_redis_forgot_and_nothing_younger(
    parts: Parts, desk: AppointmentDesk, context: dict[str, Any]
) -> None:
    old, young = await receive(desk, b"{}"), await receive(desk, b"{}")
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE salon.payment_event SET received_at = now() - interval '61 seconds' WHERE event_id = $1", old
        )
    assert await sweep_appointment_payment_events(context) >= 1
    async with Redis.from_url(parts.redis_url) as redis:
        assert await redis.exists(f"arq:job:appointment-payment:{PROVIDER}:{old}")
        assert not await redis.exists(f"arq:job:appointment-payment:{PROVIDER}:{young}")
    for event_id in (old, young):
        await settle_appointment_payment_event(context, PROVIDER, event_id, "request-of-the-webhook")


async def test_overdue_holds_of_appointments_are_released(
    desk: AppointmentDesk, context: dict[str, Any], auth_address: str
) -> None:
    owner, client = [await register_account(auth_address, role) for role in (Role.HOTELIER, Role.GUEST)]
    prepaid = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}
    shop = await desk.parlour.shop(owner, masters=1, services=[prepaid])
    over, living = [await desk.book(shop, client, at(time)) for time in ("10:00", "12:00")]
    await desk.run_out(over)
    assert await expire_appointment_holds(context) >= 1
    assert [(await desk.get(one)).state for one in (over, living)] == [EXPIRED, HELD]
