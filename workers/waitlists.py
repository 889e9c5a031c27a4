"""Offers rooms that came free to who waits for them, and releases group blocks whose date has come."""

from __future__ import annotations

from typing import Any

import structlog

from contracts.booking.v1 import waitlist_pb2, waitlist_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.request_context import begin_request

log = structlog.get_logger()

_BATCH = 20  # each offer asks the hotel service for its price: one call stays well below its deadline


async def tend_waitlists(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many rooms it offered."""
    begin_request()
    waitlists: waitlist_pb2_grpc.WaitlistServiceAsyncStub = ctx["waitlists"]
    identity: ServiceIdentity = ctx["identity"]
    offered = released = 0
    while True:
        response = await call(
            waitlists.TendWaitlists, waitlist_pb2.TendWaitlistsRequest(limit=_BATCH), token=await identity.token()
        )
        offered += response.offered
        released += response.released_blocks
        if max(response.offered, response.released_blocks) < _BATCH:
            break
    if offered or released:
        log.info("waitlists.tended", offered=offered, released_blocks=released)
    return offered
