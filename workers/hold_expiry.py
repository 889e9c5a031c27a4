"""Releases overdue holds. Only tidiness: whoever needs the nights, or a master's time, releases them in passing."""

from __future__ import annotations

from typing import Any

import structlog

from contracts.settlement.v1 import settlement_pb2
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from workers.payment_webhooks import Settlements

log = structlog.get_logger()

_BATCH = 100


async def expire_holds(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many holds of bookings and appointments it released."""
    begin_request()
    settlements: Settlements = ctx["settlements"]
    identity: ServiceIdentity = ctx["identity"]
    expired = 0
    request = settlement_pb2.ExpireHoldsRequest(limit=_BATCH)
    for service, settlement in settlements.items():
        released = _BATCH
        while released == _BATCH:
            try:
                released = (await call(settlement.ExpireHolds, request, token=await identity.token())).expired
            except ServiceError as failure:
                log.warning("holds.not_expired", service=service, reason=failure.code)
                break
            expired += released
    if expired:
        log.info("holds.expired", count=expired)
    return expired
