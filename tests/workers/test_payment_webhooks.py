"""The jobs around stored webhooks, of bookings and of appointments alike: they do their work, sweep what was forgotten,
and look after payments that nobody told of."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from contracts.hotel.v1 import hotel_pb2
from contracts.payment.v1 import payment_pb2
from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import call, open_channel, open_service_identity
from runtime.database import Database, open_database
from runtime.errors import Unavailable
from runtime.identity import Role
from runtime.job_queue import open_job_queue
from tests.grpc_services.booking.desk import Desk, open_desk, webhook
from tests.grpc_services.booking.moves import HotelClock, MoveDesk
from tests.grpc_services.booking.payments import running_payments
from tests.grpc_services.hotel.catalogue import Kind
from tests.grpc_services.salon.appointment_desk import (
    CONFIRMED,
    EXPIRED,
    HELD,
    AppointmentDesk,
    at,
    open_appointment_desk,
)
from tests.house import register_account, service_token, worker_settings
from tests.parts import Parts, free_port
from workers.hold_expiry import expire_holds
from workers.payment_reconciliation import reconcile_payments
from workers.payment_webhooks import settle_payment_event, sweep_payment_events

PROVIDER = "innkeeper-payments"
PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}


@dataclass
class Side:
    """One of the two services that take money."""

    service: str
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub
    database: Database
    system: str

    async def receive(self, payload: bytes) -> str:
        event_id = uuid.uuid4().hex
        request = settlement_pb2.ReceivePaymentEventRequest(provider=PROVIDER, event_id=event_id, payload=payload)
        await call(self.settlement.ReceivePaymentEvent, request, token=self.system)
        return event_id

    async def unsettled(self) -> set[str]:
        request = settlement_pb2.ListUnsettledPaymentEventsRequest(first=100)
        listed = await call(self.settlement.ListUnsettledPaymentEvents, request, token=self.system)
        return {event.event_id for event in listed.events}


@pytest.fixture(scope="module")
async def desk(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[Desk]:
    async with open_desk(parts, auth_address, booking_address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def salon_desk(parts: Parts, auth_address: str, salon_address: str) -> AsyncIterator[AppointmentDesk]:
    async with open_appointment_desk(parts, auth_address, salon_address) as opened:
        yield opened


@pytest.fixture(params=["booking", "salon"])
async def side(
    request: pytest.FixtureRequest, parts: Parts, auth_address: str, booking_address: str, salon_address: str
) -> AsyncIterator[Side]:
    address = {"booking": booking_address, "salon": salon_address}[request.param]
    async with (
        open_channel(address, settlement_pb2.DESCRIPTOR) as channel,
        open_database(parts.database_url(request.param), pool_size=1, application_name="tests") as database,
    ):
        stub = settlement_pb2_grpc.SettlementServiceStub(channel)
        yield Side(request.param, stub, database, await service_token(auth_address))


@pytest.fixture(scope="module")
async def context(
    parts: Parts, auth_address: str, desk: Desk, salon_desk: AppointmentDesk
) -> AsyncIterator[dict[str, Any]]:
    """What arq hands to a job."""
    settings = worker_settings(
        parts,
        auth_address,
        booking_address="",
        notification_address="",
        smtp_port=free_port(),
        payment_stuck_seconds=120,
    )
    async with open_service_identity(auth_address, settings) as identity, open_job_queue(settings) as jobs:
        yield {
            "settings": settings,
            "settlements": {"booking": desk.settlement, "salon": salon_desk.settlement},
            "identity": identity,
            "jobs": jobs,
            "job_try": 1,
        }


async def settle(context: dict[str, Any], side: Side, event_id: str) -> str:
    return await settle_payment_event(context, side.service, PROVIDER, event_id, "request-of-the-webhook")


async def test_a_stored_event_is_worked_off_once(side: Side, context: dict[str, Any]) -> None:
    event_id = await side.receive(b'{"data": {}}')
    assert await settle(context, side, event_id) == "PARKED"
    assert await settle(context, side, event_id) == "NOTHING_TO_DO"


async def test_while_the_payment_system_is_away_the_event_stays_undone_and_its_failure_may_pass(
    side: Side, context: dict[str, Any]
) -> None:
    event_id = await side.receive(webhook(str(uuid.uuid4())))
    with pytest.raises(Unavailable):
        await settle(context, side, event_id)
    assert event_id in await side.unsettled()


async def test_an_outage_of_a_service_may_pass_and_keeps_nobody_from_sweeping_the_other(
    side: Side, context: dict[str, Any]
) -> None:
    old = await side.receive(b"{}")
    async with side.database.transaction() as connection:
        await connection.execute(
            f"UPDATE {side.service}.inbox_event SET received_at = now() - interval '1 day' WHERE event_id = $1",  # noqa: S608
            old,
        )
    async with open_channel(f"127.0.0.1:{free_port()}", settlement_pb2.DESCRIPTOR) as channel:
        nobody = settlement_pb2_grpc.SettlementServiceStub(channel)
        away = {**context, "settlements": {"away": nobody, side.service: side.settlement}}
        with pytest.raises(Unavailable):
            await settle_payment_event(away, "away", PROVIDER, "event", "request-of-the-webhook")
        assert await sweep_payment_events(away) >= 1
        await expire_holds(away)
        await reconcile_payments(away)
    await settle(context, side, old)


async def test_the_sweeper_wakes_what_redis_forgot_and_nothing_younger(
    parts: Parts, side: Side, context: dict[str, Any]
) -> None:
    old, tried, young = [await side.receive(b"{}") for _ in range(3)]
    async with side.database.transaction() as connection:
        await connection.execute(
            f"UPDATE {side.service}.inbox_event SET received_at = now() - interval '31 seconds',"  # noqa: S608
            " tried_at = CASE event_id WHEN $2 THEN now() - interval '10 seconds' END WHERE event_id IN ($1, $2)",
            old,
            tried,
        )
    assert await sweep_payment_events(context) >= 1
    job = f"arq:job:payment:{side.service}:{PROVIDER}:"
    async with Redis.from_url(parts.redis_url) as redis:
        assert await redis.exists(job + old)
        assert not await redis.exists(job + young, job + tried)
        await redis.delete(job + old)
        assert await sweep_payment_events(context) >= 1, "Redis lost the job, PostgreSQL did not"
        assert await redis.exists(job + old)
    for event_id in (old, tried, young):
        await settle(context, side, event_id)


async def test_what_fails_over_and_over_is_swept_more_seldom_and_never_forgotten(side: Side) -> None:
    event_id = await side.receive(webhook(str(uuid.uuid4())))

    async def is_due(failures: int, minutes: int) -> bool:
        async with side.database.transaction() as connection:
            await connection.execute(
                f"UPDATE {side.service}.inbox_event SET failures = $2, tried_at = now() - make_interval(mins => $3),"  # noqa: S608
                " received_at = now() - interval '1 day' WHERE event_id = $1",
                event_id,
                failures,
                minutes,
            )
        request = settlement_pb2.ListUnsettledPaymentEventsRequest(older_than_seconds=30, first=100)
        listed = await call(side.settlement.ListUnsettledPaymentEvents, request, token=side.system)
        return event_id in {event.event_id for event in listed.events}

    assert [await is_due(0, 1), await is_due(2, 1), await is_due(2, 3)] == [True, False, True]
    assert [await is_due(30, 59), await is_due(30, 61)] == [False, True]


async def test_payments_that_nobody_told_of_are_settled_by_the_poller(
    parts: Parts,
    auth_address: str,
    payment_address: str,
    desk: Desk,
    salon_desk: AppointmentDesk,
    context: dict[str, Any],
) -> None:
    owner, guest = [await register_account(auth_address, role) for role in (Role.HOTELIER, Role.GUEST)]
    house = await desk.house(owner, Kind(rooms=3))
    shop = await salon_desk.parlour.shop(owner, masters=1, services=[PREPAID])
    async with running_payments(parts, payment_address) as payments:
        paid, fresh, unpaid = [await desk.start_payment(await desk.booked(house, guest), guest.token) for _ in "123"]
        visit = await salon_desk.start_payment(await salon_desk.book(shop, guest, at("10:00")), guest)
        for checkout in (paid.payment.checkout_url, fresh.payment.checkout_url, visit.checkout_url):
            await payments.pay_at(checkout)
        for database, service, payment_ids in (
            (desk.database, "booking", [paid.payment.id, unpaid.payment.id]),
            (salon_desk.database, "salon", [visit.payment_id]),
        ):
            async with database.transaction() as connection:
                await connection.execute(
                    f"UPDATE {service}.open_payment SET opened_at = now() - interval '121 seconds'"  # noqa: S608
                    " WHERE payment_id = ANY ($1)",
                    payment_ids,
                )
        assert {paid.payment.id, unpaid.payment.id} <= set(await desk.stuck())
        assert await reconcile_payments(context) >= 2
        assert (await desk.get(paid)).payment.state == "CAPTURED"
        assert (await salon_desk.get(visit)).state == CONFIRMED
        assert [(await desk.get(one)).state for one in (fresh, unpaid)] == [fresh.state, unpaid.state], "not yet due"
        assert not {paid.payment.id, unpaid.payment.id} & set(await desk.stuck()), "over, or looked at just now"
        assert await reconcile_payments(context) == 0
        await desk.look_after(fresh.payment.id)


async def test_money_that_moved_long_after_it_came_is_found_when_every_word_of_it_was_lost(
    parts: Parts,
    auth_address: str,
    payment_address: str,
    desk: Desk,
    salon_desk: AppointmentDesk,
    context: dict[str, Any],
) -> None:
    owner, guest = [await register_account(auth_address, role) for role in (Role.HOTELIER, Role.GUEST)]
    house = await desk.house(owner, Kind(rooms=4))
    shop = await salon_desk.parlour.shop(owner, masters=1, services=[PREPAID])
    async with running_payments(parts, payment_address) as payments:
        moves = MoveDesk(desk, HotelClock(), payments)
        refunded, contested, quiet, old = [
            await moves.paid(await desk.booked(house, guest), guest.token) for _ in range(4)
        ]
        await moves.cancel(refunded, owner.token, refunded.paid.minor_units)
        visit = await salon_desk.start_payment(await salon_desk.book(shop, guest, at("10:00")), guest)
        await payments.pay_at(visit.checkout_url)
        await salon_desk.hear_of(visit.payment_id)
        await salon_desk.cancel(visit, owner, refund=6000)
        for payment_id in (refunded.payment.id, visit.payment_id):
            await payments.settle_refund(await payments.newest_refund(payment_id), payment_pb2.REFUND_STATE_REVERSED)
        await payments.dispute(contested.payment.id)
        of_bookings = [one.payment.id for one in (refunded, contested, quiet, old)]
        assert not set(of_bookings) & set(await desk.stuck()), "looked at after an hour first"
        for days, payment_ids in ((2, of_bookings[:3]), (121, of_bookings[3:])):
            await wait_in_vain(desk.database, "booking", payment_ids, days)
        await wait_in_vain(salon_desk.database, "salon", [visit.payment_id], 2)
        assert set(of_bookings) <= set(await desk.stuck())
        assert await reconcile_payments(context) >= 3
        assert (await desk.get(refunded)).refunded.minor_units == 0
        assert (await salon_desk.get(visit)).refunded.minor_units == 0
        assert (await desk.timeline(refunded))[-1] == "RefundReversed"
        assert (await salon_desk.story(visit))[-1] == "RefundReversed"
        assert (await desk.timeline(contested))[-1] == "PaymentDisputed"
        assert not set(of_bookings) & set(await desk.stuck())
        query = (
            "SELECT payment_id, extract(epoch FROM look_at - now()) / 3600 AS hours FROM booking.captured_payment"
            " WHERE payment_id = ANY ($1)"
        )
        async with desk.database.reading() as connection:
            hours = {row["payment_id"]: row["hours"] for row in await connection.fetch(query, of_bookings)}
        soon, later = hours[contested.payment.id], hours[quiet.payment.id]
        assert 0 < soon <= 1, "more may come of what has just moved"
        assert 47 < later <= 49, "after as long again as it was quiet"
        assert hours[old.payment.id] is None, "nothing is expected any more"


async def wait_in_vain(database: Database, service: str, payment_ids: Sequence[str], days: int) -> None:
    """As if these payments had been taken in so many days ago, and nobody had told anything since."""
    async with database.transaction() as connection:
        await connection.execute(
            f"UPDATE {service}.captured_payment SET look_at = now(),"  # noqa: S608
            " quiet_since = now() - make_interval(days => $2) WHERE payment_id = ANY ($1)",
            payment_ids,
            days,
        )


async def test_overdue_holds_of_appointments_are_released(
    salon_desk: AppointmentDesk, context: dict[str, Any], auth_address: str
) -> None:
    owner, client = [await register_account(auth_address, role) for role in (Role.HOTELIER, Role.GUEST)]
    shop = await salon_desk.parlour.shop(owner, masters=1, services=[PREPAID])
    over, living = [await salon_desk.book(shop, client, at(time)) for time in ("10:00", "12:00")]
    await salon_desk.run_out(over)
    assert await expire_holds(context) >= 1
    assert [(await salon_desk.get(one)).state for one in (over, living)] == [EXPIRED, HELD]
