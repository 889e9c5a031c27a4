"""Keeps bookings and the visits to salons that were booked with them in line. Only a safety net: booking tells salon
in passing, and hears of it by event. PostgreSQL knows what is undone."""

from __future__ import annotations

from typing import Any

import structlog

from contracts.booking.v1 import basket_pb2, basket_pb2_grpc
from contracts.salon.v1 import basket_pb2 as salon_basket_pb2
from contracts.salon.v1 import basket_pb2_grpc as salon_basket_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.request_context import begin_request

log = structlog.get_logger()

_BATCH = 20
_SECONDS = 20.0  # each of a batch may wait for salon


async def tend_baskets(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many baskets were looked after: those that booking knows to be out of line, and those
    whose visits salon holds for longer than holds live."""
    begin_request()
    baskets: basket_pb2_grpc.BasketServiceAsyncStub = ctx["baskets"]
    at_salon: salon_basket_pb2_grpc.BasketServiceAsyncStub = ctx["salon_baskets"]
    identity: ServiceIdentity = ctx["identity"]
    overdue = await call(
        at_salon.ListOverdueBaskets,
        salon_basket_pb2.ListOverdueBasketsRequest(first=_BATCH),
        token=await identity.token(),
    )
    tended = await call(
        baskets.TendBaskets,
        basket_pb2.TendBasketsRequest(booking_ids=overdue.booking_ids, limit=_BATCH),
        token=await identity.token(),
        at_most=_SECONDS,
    )
    if tended.tended:
        log.info("baskets.tended", count=tended.tended)
    return tended.tended
