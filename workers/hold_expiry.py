"""Releases overdue holds. Only tidiness: whoever needs the nights releases them in passing."""

from __future__ import annotations

from typing import Any

import structlog

from contracts.booking.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.request_context import begin_request

log = structlog.get_logger()

_BATCH = 100


async def expire_holds(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many holds it released."""
    begin_request()
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub = ctx["settlement"]
    identity: ServiceIdentity = ctx["identity"]
    expired = 0
    while True:
        response = await call(
            settlement.ExpireHolds, settlement_pb2.ExpireHoldsRequest(limit=_BATCH), token=await identity.token()
        )
        expired += response.expired
        if response.expired < _BATCH:
            break
    if expired:
        log.info("holds.expired", count=expired)
    return expired
