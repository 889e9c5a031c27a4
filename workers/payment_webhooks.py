"""Works stored payment webhooks off to their end, through the service that stored them. PostgreSQL knows what is
undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import structlog

from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.job_queue import JobQueue
from runtime.request_context import begin_request

log = structlog.get_logger()

SWEEP_AFTER_SECONDS = 30
_SWEEP_PAGE = 100

Settlements: TypeAlias = "Mapping[str, settlement_pb2_grpc.SettlementServiceAsyncStub]"  # by service


async def settle_payment_event(ctx: dict[str, Any], service: str, provider: str, event_id: str, request_id: str) -> str:
    """arq job. Answers the outcome's name."""
    begin_request(request_id)
    settlements: Settlements = ctx["settlements"]
    identity: ServiceIdentity = ctx["identity"]
    request = settlement_pb2.SettlePaymentEventRequest(provider=provider, event_id=event_id)
    try:
        response = await call(settlements[service].SettlePaymentEvent, request, token=await identity.token())
    except ServiceError as failure:
        log.warning("payment_event.not_settled", event_id=event_id, reason=failure.code, job_try=ctx["job_try"])
        raise
    outcome = outcome_name(response)
    log.info("payment_event.settled", service=service, event_id=event_id, outcome=outcome)
    return outcome


async def sweep_payment_events(ctx: dict[str, Any]) -> int:
    """arq cron job: wakes what was stored a while ago and is still undone, whatever Redis forgot."""
    request_id = begin_request()
    settlements: Settlements = ctx["settlements"]
    identity: ServiceIdentity = ctx["identity"]
    jobs: JobQueue = ctx["jobs"]
    woken = 0
    for service, settlement in settlements.items():
        request = settlement_pb2.ListUnsettledPaymentEventsRequest(
            older_than_seconds=SWEEP_AFTER_SECONDS, first=_SWEEP_PAGE
        )
        try:
            undone = await call(settlement.ListUnsettledPaymentEvents, request, token=await identity.token())
        except ServiceError as failure:
            log.warning("payment_events.not_swept", service=service, reason=failure.code)
            continue
        for event in undone.events:
            await jobs.settle_payment_event(service, event.provider, event.event_id, request_id)
        woken += len(undone.events)
    return woken


def outcome_name(response: settlement_pb2.SettlementResponse) -> str:
    return settlement_pb2.SettlementOutcome.Name(response.outcome).removeprefix("SETTLEMENT_OUTCOME_")
