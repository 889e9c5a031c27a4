"""Sends hoteliers' webhooks: the notification service says what, signed and in which order; this goes out.

A job works for one endpoint, so that a slow receiver keeps nobody else waiting and what is sent at once arrives in
order. A job that dies leaves a lease that runs out, and the sweeper wakes the endpoint again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog

from contracts.notification.v1 import webhook_pb2, webhook_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import NotFound, ServiceError
from runtime.job_queue import JobQueue
from runtime.outbound_http import OutboundFailed, OutboundHttp, OutboundRefused
from runtime.request_context import begin_request

log = structlog.get_logger()

SEND_SECONDS = 8.0
LARGEST_ANSWER = 64 * 1024
_BEGIN_WITHIN_SECONDS = 6.0  # later ones wait for the sweeper, so that the job ends in time
_BATCH = 100


async def sweep_due_webhooks(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many endpoints it woke."""
    begin_request()
    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = ctx["webhooks"]
    identity: ServiceIdentity = ctx["identity"]
    jobs: JobQueue = ctx["jobs"]
    due = await call(webhooks.TendWebhooks, webhook_pb2.TendWebhooksRequest(first=_BATCH), token=await identity.token())
    for endpoint_id in due.endpoint_ids:
        await jobs.deliver_webhooks(endpoint_id)
    return len(due.endpoint_ids)


async def deliver_webhooks(ctx: dict[str, Any], endpoint_id: str) -> int:
    """arq job; answers how many webhooks it sent, well or not."""
    began = asyncio.get_running_loop().time()
    sent = 0
    while asyncio.get_running_loop().time() - began < _BEGIN_WITHIN_SECONDS:
        if not await _deliver_next(ctx, endpoint_id):
            break
        sent += 1
    return sent


async def _deliver_next(ctx: dict[str, Any], endpoint_id: str) -> bool:
    """False when nothing is due."""
    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = ctx["webhooks"]
    identity: ServiceIdentity = ctx["identity"]
    claimed = await call(
        webhooks.ClaimWebhook, webhook_pb2.ClaimWebhookRequest(endpoint_id=endpoint_id), token=await identity.token()
    )
    if not claimed.HasField("webhook"):
        return False
    begin_request(claimed.webhook.request_id)
    report = await _sent(ctx["outbound"], claimed.webhook)
    try:
        finished = await call(webhooks.FinishWebhook, report, token=await identity.token())
    except ServiceError as refusal:
        if refusal.code != NotFound.code:
            raise
        return False  # the endpoint was deleted meanwhile
    log.info(
        "webhook.sent",
        delivery_id=report.delivery_id,
        state=webhook_pb2.WebhookDeliveryState.Name(finished.state),
        status=report.status_code,
    )
    return True


async def _sent(outbound: OutboundHttp, webhook: webhook_pb2.ClaimedWebhook) -> webhook_pb2.FinishWebhookRequest:
    """One POST, and what came of it. A redirect is not followed and counts as a failure."""
    status_code, failure = 0, ""
    started = time.monotonic()
    try:
        answer = await outbound.request(
            "POST",
            webhook.url,
            headers=dict(webhook.headers),
            content=webhook.body.encode(),
            seconds=SEND_SECONDS,
            largest=LARGEST_ANSWER,
        )
        status_code = answer.status
    except (OutboundRefused, OutboundFailed) as problem:
        failure = str(problem)
    return webhook_pb2.FinishWebhookRequest(
        delivery_id=webhook.delivery_id,
        claim=webhook.claim,
        status_code=status_code,
        failure=failure,
        duration_milliseconds=round((time.monotonic() - started) * 1000),
    )
