"""The arq worker: python -m workers.arq_worker

It lives on when Redis goes away: arq itself gives up after some seconds, so it is started anew until it
works again. Nothing is lost meanwhile, for PostgreSQL knows what is undone.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from arq import cron
from arq.worker import Worker
from redis.exceptions import RedisError

from contracts.auth.v1 import account_pb2, account_pb2_grpc
from contracts.booking.v1 import (
    basket_pb2,
    basket_pb2_grpc,
    booking_pb2,
    booking_pb2_grpc,
    calendar_pb2,
    calendar_pb2_grpc,
    waitlist_pb2,
    waitlist_pb2_grpc,
)
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, webhook_pb2, webhook_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from contracts.salon.v1 import basket_pb2 as salon_basket_pb2
from contracts.salon.v1 import basket_pb2_grpc as salon_basket_pb2_grpc
from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import open_channel, open_service_identity
from runtime.job_queue import deserialize_job, open_job_queue, redis_settings, serialize_job
from runtime.outbound_http import open_outbound_http
from runtime.process import run_process
from runtime.settings import WorkerSettings
from workers.account_mails import send_account_mails
from workers.baskets import tend_baskets
from workers.calendar_feeds import JOB_SECONDS, fetch_calendar_feeds
from workers.email_delivery import deliver_email, sweep_due_deliveries
from workers.hold_expiry import expire_holds
from workers.job_lives import MOST_TRIES, Job, count_dead_jobs, with_a_good_end
from workers.payment_reconciliation import reconcile_payments
from workers.payment_webhooks import settle_payment_event, sweep_payment_events
from workers.planned_notices import tell_planned
from workers.waitlists import tend_waitlists
from workers.webhook_delivery import deliver_webhooks, sweep_due_webhooks

log = structlog.get_logger()

JOB_TIMEOUT_SECONDS = 25  # a killed worker's job comes back after this and ten seconds more
_SETTLED_AT_ONCE = 4  # more would only stand in the way of what booking answers meanwhile: the next webhooks
_EVERY_5_SECONDS = set(range(0, 60, 5))
_EVERY_10_SECONDS = set(range(0, 60, 10))
_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 2.0


async def serve(settings: WorkerSettings, stop: asyncio.Event) -> None:
    async with (
        open_channel(
            settings.booking_address,
            booking_pb2.DESCRIPTOR,
            calendar_pb2.DESCRIPTOR,
            waitlist_pb2.DESCRIPTOR,
            settlement_pb2.DESCRIPTOR,
            basket_pb2.DESCRIPTOR,
        ) as booking,
        open_channel(
            settings.salon_address, settlement_pb2.DESCRIPTOR, appointment_pb2.DESCRIPTOR, salon_basket_pb2.DESCRIPTOR
        ) as salon,
        open_channel(
            settings.notification_address, notification_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR
        ) as notifications,
        open_channel(settings.auth_address, account_pb2.DESCRIPTOR) as auth,
        open_service_identity(settings.auth_address, settings) as identity,
        open_job_queue(settings) as jobs,
        open_outbound_http(allow_private_addresses=settings.allow_private_addresses) as outbound,
    ):
        context = {
            "settings": settings,
            "bookings": booking_pb2_grpc.BookingServiceStub(booking),
            "calendars": calendar_pb2_grpc.CalendarServiceStub(booking),
            "waitlists": waitlist_pb2_grpc.WaitlistServiceStub(booking),
            "appointments": appointment_pb2_grpc.AppointmentServiceStub(salon),
            "baskets": basket_pb2_grpc.BasketServiceStub(booking),
            "salon_baskets": salon_basket_pb2_grpc.BasketServiceStub(salon),
            "settlements": {
                "booking": settlement_pb2_grpc.SettlementServiceStub(booking),
                "salon": settlement_pb2_grpc.SettlementServiceStub(salon),
            },
            "accounts": account_pb2_grpc.AccountServiceStub(auth),
            "notifications": notification_pb2_grpc.NotificationServiceStub(notifications),
            "webhooks": webhook_pb2_grpc.WebhookServiceStub(notifications),
            "identity": identity,
            "jobs": jobs,
            "outbound": outbound,
        }
        while not stop.is_set():
            try:
                await _work(settings, context, stop)
            except (RedisError, OSError, TimeoutError) as failure:
                log.warning("worker.redis_away", failure=type(failure).__name__)
                await asyncio.sleep(_PAUSE_SECONDS)


async def _work(settings: WorkerSettings, context: dict[str, Any], stop: asyncio.Event) -> None:
    worker = Worker(
        functions=_functions(),  # type: ignore[arg-type]  # arq types jobs as taking anything after ctx
        cron_jobs=[
            cron(expire_holds, second=_EVERY_5_SECONDS, max_tries=1),
            cron(tend_baskets, second=_EVERY_5_SECONDS, max_tries=1),
            cron(tend_waitlists, second=_EVERY_10_SECONDS, max_tries=1),
            cron(sweep_payment_events, second=_EVERY_5_SECONDS, max_tries=1),
            cron(reconcile_payments, second=_EVERY_10_SECONDS, max_tries=1),
            cron(count_dead_jobs, second=_EVERY_10_SECONDS, max_tries=1),
            cron(sweep_due_deliveries, second=_EVERY_10_SECONDS, max_tries=1),
            cron(sweep_due_webhooks, second=_EVERY_10_SECONDS, max_tries=1),
            cron(tell_planned, second={5, 35}, max_tries=1),
            cron(send_account_mails, second=_EVERY_10_SECONDS, max_tries=1, unique=True),
            cron(fetch_calendar_feeds, second={15}, max_tries=1, timeout=JOB_SECONDS),
        ],
        redis_settings=redis_settings(settings),
        ctx=dict(context),
        handle_signals=False,
        job_timeout=JOB_TIMEOUT_SECONDS,
        keep_result=0,  # a job that is done may be asked for again
        max_tries=2 * MOST_TRIES,  # jobs end by themselves before; killed workers count too
        max_jobs=20,
        poll_delay=0.1,
        job_serializer=serialize_job,
        job_deserializer=deserialize_job,
        log_results=False,
    )
    running = asyncio.create_task(worker.async_run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        stopping.cancel()
        await _close(worker, running)


def _functions() -> list[Job]:
    others = (deliver_email, deliver_webhooks, send_account_mails)
    return [
        with_a_good_end(settle_payment_event, at_once=_SETTLED_AT_ONCE),
        *(with_a_good_end(job) for job in others),
    ]


async def _close(worker: Worker, running: asyncio.Task[None]) -> None:
    """Jobs under way are cancelled and given back to the queue."""
    await _end_looking_for_jobs(worker, running)
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    worker.tasks.clear()  # arq's close goes through their outcomes and ends at one that was cancelled
    try:
        await worker.close()
    except (RedisError, OSError) as failure:
        log.warning("worker.not_closed_cleanly", failure=type(failure).__name__)
        await worker.pool.connection_pool.disconnect()


async def _end_looking_for_jobs(worker: Worker, running: asyncio.Task[None]) -> None:
    """Cancelled while it gives a connection back to the pool it would leave it open (arq 0.28), so it ends by itself,
    as after the last job of a burst; what Redis does not answer soon is cancelled all the same."""
    worker.burst, worker.max_burst_jobs = True, 0
    cancelled: set[asyncio.Task[None]] = set()
    patience = time.monotonic() + _STOP_SECONDS
    while not running.done() and time.monotonic() < patience:
        for job in set(worker.tasks.values()) - cancelled:
            job.cancel()
            cancelled.add(job)
        await asyncio.wait((running,), timeout=0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    run_process("arq-worker", WorkerSettings, serve)
