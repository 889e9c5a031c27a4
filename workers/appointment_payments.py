"""Works stored webhooks of appointments' payments off to their end, through salon. PostgreSQL knows what is undone."""

from __future__ import annotations

from typing import Any

import structlog
from arq import Retry

from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.job_queue import JobQueue
from runtime.request_context import begin_request
from workers.payment_webhooks import SWEEP_AFTER_SECONDS, SWEEP_PAGE

log = structlog.get_logger()


async def settle_appointment_payment_event(ctx: dict[str, Any], provider: str, event_id: str, request_id: str) -> str:
    """arq job. Answers the outcome; an outage is retried, anything else is left to the sweeper."""
    begin_request(request_id)
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub = ctx["appointments"]
    identity: ServiceIdentity = ctx["identity"]
    request = appointment_pb2.SettleAppointmentPaymentEventRequest(provider=provider, event_id=event_id)
    try:
        response = await call(appointments.SettleAppointmentPaymentEvent, request, token=await identity.token())
    except ServiceError as failure:
        log.warning("payment_event.not_settled", event_id=event_id, reason=failure.code, job_try=ctx["job_try"])
        raise Retry(defer=min(2 ** ctx["job_try"], 30)) from None
    log.info("payment_event.settled", event_id=event_id, outcome=response.outcome)
    return response.outcome


async def sweep_appointment_payment_events(ctx: dict[str, Any]) -> int:
    """arq cron job: wakes what was stored over a minute ago and is still undone, whatever Redis forgot."""
    request_id = begin_request()
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub = ctx["appointments"]
    identity: ServiceIdentity = ctx["identity"]
    jobs: JobQueue = ctx["jobs"]
    undone = await call(
        appointments.ListUnsettledAppointmentPaymentEvents,
        appointment_pb2.ListUnsettledAppointmentPaymentEventsRequest(
            older_than_seconds=SWEEP_AFTER_SECONDS, first=SWEEP_PAGE
        ),
        token=await identity.token(),
    )
    for event in undone.events:
        await jobs.settle_appointment_payment_event(event.provider, event.event_id, request_id)
    return len(undone.events)
