"""Works stored payment webhooks off to their end, through booking. PostgreSQL knows what is undone."""

from __future__ import annotations

from typing import Any

import structlog
from arq import Retry

from contracts.booking.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.job_queue import JobQueue
from runtime.request_context import begin_request

log = structlog.get_logger()

SWEEP_AFTER_SECONDS = 60
SWEEP_PAGE = 100


async def settle_payment_event(ctx: dict[str, Any], provider: str, event_id: str, request_id: str) -> str:
    """arq job. Answers the outcome's name; an outage is retried, anything else is left to the sweeper."""
    begin_request(request_id)
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub = ctx["settlement"]
    identity: ServiceIdentity = ctx["identity"]
    request = settlement_pb2.SettlePaymentEventRequest(provider=provider, event_id=event_id)
    try:
        response = await call(settlement.SettlePaymentEvent, request, token=await identity.token())
    except ServiceError as failure:
        log.warning("payment_event.not_settled", event_id=event_id, reason=failure.code, job_try=ctx["job_try"])
        raise Retry(defer=min(2 ** ctx["job_try"], 30)) from None
    outcome = settlement_pb2.SettlementOutcome.Name(response.outcome).removeprefix("SETTLEMENT_OUTCOME_")
    log.info("payment_event.settled", event_id=event_id, outcome=outcome)
    return outcome


async def sweep_payment_events(ctx: dict[str, Any]) -> int:
    """arq cron job: wakes what was stored over a minute ago and is still undone, whatever Redis forgot."""
    request_id = begin_request()
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub = ctx["settlement"]
    identity: ServiceIdentity = ctx["identity"]
    jobs: JobQueue = ctx["jobs"]
    undone = await call(
        settlement.ListUnsettledPaymentEvents,
        settlement_pb2.ListUnsettledPaymentEventsRequest(older_than_seconds=SWEEP_AFTER_SECONDS, first=SWEEP_PAGE),
        token=await identity.token(),
    )
    for event in undone.events:
        await jobs.settle_payment_event(event.provider, event.event_id, request_id)
    return len(undone.events)
