"""Wakes what was planned for a moment that has come: reminders, requests for reviews, lists of arrivals.

What is planned, and whether it was told, is the notification service's truth: a worker that dies or comes late tells
nothing twice and nothing that is over.
"""

from __future__ import annotations

from typing import Any

import structlog

from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.request_context import begin_request
from workers.email_delivery import wake_delivery

log = structlog.get_logger()

_BATCH = 20  # each asks booking or salon: one call stays well below its deadline
_MOST_BATCHES = 25


async def tell_planned(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many planned notices it looked at."""
    begin_request()
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub = ctx["notifications"]
    identity: ServiceIdentity = ctx["identity"]
    looked_at = mails = 0
    for _ in range(_MOST_BATCHES):
        request = notification_pb2.TellPlannedRequest(limit=_BATCH)
        told = await call(notifications.TellPlanned, request, token=await identity.token())
        looked_at += told.looked_at
        mails += len(told.delivery_ids)
        for delivery_id in told.delivery_ids:
            await wake_delivery(ctx["jobs"], delivery_id)
        if told.looked_at < _BATCH:
            break
    if looked_at:
        log.info("planned.told", looked_at=looked_at, mails=mails)
    return looked_at
