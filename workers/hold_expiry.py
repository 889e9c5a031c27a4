"""Releases overdue holds. Only tidiness: whoever needs the nights, or a master's time, releases them in passing."""

from __future__ import annotations

from typing import Any

import structlog

from contracts.booking.v1 import settlement_pb2, settlement_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.request_context import begin_request

log = structlog.get_logger()

_BATCH = 100


async def expire_holds(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many holds of bookings it released."""
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


async def expire_appointment_holds(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many holds of appointments it released."""
    begin_request()
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub = ctx["appointments"]
    identity: ServiceIdentity = ctx["identity"]
    expired = 0
    while True:
        response = await call(
            appointments.ExpireAppointmentHolds,
            appointment_pb2.ExpireAppointmentHoldsRequest(at_most=_BATCH),
            token=await identity.token(),
        )
        expired += len(response.appointment_ids)
        if len(response.appointment_ids) < _BATCH:
            break
    if expired:
        log.info("appointment_holds.expired", count=expired)
    return expired
