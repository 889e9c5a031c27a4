"""Looks after payments that nobody tells of: a lost webhook costs minutes, never money."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from prometheus_client import Counter

from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import WorkerSettings
from workers.payment_webhooks import Settlements, outcome_name

log = structlog.get_logger()

_PAGE = 100
_AT_ONCE = 10

RECONCILED = Counter(
    "innkeeper_payments_reconciled_total", "Open payments looked at without a webhook", ["service", "outcome"]
)


async def reconcile_payments(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many payments it brought in line."""
    begin_request()
    settings: WorkerSettings = ctx["settings"]
    settlements: Settlements = ctx["settlements"]
    identity: ServiceIdentity = ctx["identity"]
    applied = 0
    for service, settlement in settlements.items():
        request = settlement_pb2.ListStuckPaymentsRequest(stuck_seconds=settings.payment_stuck_seconds, first=_PAGE)
        try:
            stuck = await call(settlement.ListStuckPayments, request, token=await identity.token())
        except ServiceError as failure:
            log.warning("payments.not_reconciled", service=service, reason=failure.code)
            continue
        turn = asyncio.Semaphore(_AT_ONCE)
        looked_at = (_look(service, settlement, identity, payment_id, turn) for payment_id in stuck.payment_ids)
        applied += (await asyncio.gather(*looked_at)).count("APPLIED")
    return applied


async def _look(
    service: str,
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub,
    identity: ServiceIdentity,
    payment_id: str,
    turn: asyncio.Semaphore,
) -> str:
    """The outcome's name. A payment that cannot be looked at now comes again in the next run."""
    request = settlement_pb2.SettlePaymentRequest(payment_id=payment_id)
    async with turn:
        try:
            response = await call(settlement.SettlePayment, request, token=await identity.token())
        except ServiceError as failure:
            log.warning("payment.not_reconciled", service=service, payment_id=payment_id, reason=failure.code)
            RECONCILED.labels(service, "failed").inc()
            return "failed"
    outcome = outcome_name(response)
    if outcome != "NOTHING_TO_DO":
        log.info("payment.reconciled", service=service, payment_id=payment_id, outcome=outcome)
    RECONCILED.labels(service, outcome.lower()).inc()
    return outcome
