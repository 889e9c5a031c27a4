"""The use cases of webhooks for our own processes: what an event asks for, the next one to be sent, what came of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import grpc
import structlog
from prometheus_client import Counter

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification import webhook_queries, webhook_rules
from grpc_services.notification.plans import NO_BOOKING, Notice, Plan
from grpc_services.notification.telling import tell
from grpc_services.notification.webhook_change_log import record_change
from grpc_services.notification.webhook_events import public_event_id, webhook_event
from grpc_services.notification.webhook_rules import Outcome
from grpc_services.notification.webhook_secrets import WebhookSecrets
from runtime.cursors import page_size
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role, require_role
from runtime.request_context import request_id

log = structlog.get_logger()
Context = grpc.aio.ServicerContext[Any, Any]
_FORGOTTEN_AT_ONCE = 1000

ENDPOINTS_DISABLED = Counter(
    "innkeeper_webhook_endpoints_disabled_total", "Endpoints of hoteliers that we switched off ourselves", ("reason",)
)
for _reason in webhook_rules.DISABLED_REASONS:  # there from the start, or the first would be no increase
    ENDPOINTS_DISABLED.labels(_reason)


class WebhookSendingMethods:
    """A part of WebhookServicer, which gives it what it works with."""

    _database: Database
    _secrets: WebhookSecrets
    _clock: Callable[[], dt.datetime]
    _jitter: Callable[[], float]
    _mail_domain: str

    async def RecordWebhookEvent(
        self, request: webhook_pb2.RecordWebhookEventRequest, context: Context
    ) -> webhook_pb2.RecordWebhookEventResponse:
        require_role(Role.SYSTEM)
        event = webhook_event(request.envelope)
        if event is None:
            return webhook_pb2.RecordWebhookEventResponse()
        now = self._clock()
        async with self._database.transaction() as connection:
            told = await webhook_queries.ENDPOINTS_TOLD.fetch(
                connection,
                owner_id=event.owner_id,
                type=event.type,
                hotel_id=event.hotel_id,
                salon_id=event.salon_id,
            )
            for row in told:
                await webhook_queries.ADD_DELIVERY.execute(
                    connection,
                    id=new_id(),
                    endpoint_id=row["id"],
                    event_id=event.event_id,
                    type=event.type,
                    body=event.body,
                    next_attempt_at=now,
                    request_id=event.request_id,
                    created_at=now,
                )
            waiting = await webhook_queries.ENDPOINTS_WAITING_FOR_EVENT.fetch(
                connection, endpoint_ids=[row["id"] for row in told], event_id=event.event_id
            )
        return webhook_pb2.RecordWebhookEventResponse(endpoint_ids=[str(row["endpoint_id"]) for row in waiting])

    async def ClaimWebhook(
        self, request: webhook_pb2.ClaimWebhookRequest, context: Context
    ) -> webhook_pb2.ClaimWebhookResponse:
        require_role(Role.SYSTEM)
        endpoint_id = parse_id(request.endpoint_id, path=("endpointId",))
        now, claim = self._clock(), uuid.uuid4()
        async with self._database.transaction() as connection:
            endpoint = await webhook_queries.LOCK_ENDPOINT.fetch_row(connection, id=endpoint_id)
            if endpoint is None or not endpoint["active"]:
                return webhook_pb2.ClaimWebhookResponse()
            await webhook_queries.FAIL_EXHAUSTED.execute(
                connection, endpoint_id=endpoint_id, most=webhook_rules.MOST_ATTEMPTS, now=now
            )
            delivery = await webhook_queries.CLAIM_DUE.fetch_row(
                connection, endpoint_id=endpoint_id, claim=claim, now=now, until=now + webhook_rules.LEASE
            )
        if delivery is None:
            return webhook_pb2.ClaimWebhookResponse()
        headers = self._secrets.headers(
            _signing(endpoint, now), public_event_id(delivery["event_id"]), now, delivery["body"]
        )
        return webhook_pb2.ClaimWebhookResponse(
            webhook=webhook_pb2.ClaimedWebhook(
                delivery_id=str(delivery["id"]),
                claim=str(claim),
                url=endpoint["url"],
                body=delivery["body"],
                headers=headers,
                request_id=delivery["request_id"],
            )
        )

    async def FinishWebhook(
        self, request: webhook_pb2.FinishWebhookRequest, context: Context
    ) -> webhook_pb2.FinishWebhookResponse:
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        claim = parse_id(request.claim, path=("claim",))
        async with self._database.transaction() as connection:
            known = await webhook_queries.DELIVERY.fetch_row(connection, id=delivery_id)
            if known is None:
                raise NotFound("There is no such delivery.", path=("deliveryId",))
            endpoint = await webhook_queries.LOCK_ENDPOINT.fetch_row(connection, id=known["endpoint_id"])
            delivery = await webhook_queries.LOCK_DELIVERY.fetch_row(connection, id=delivery_id)
            if endpoint is None or delivery is None:  # deleted while we looked
                raise NotFound("There is no such delivery.", path=("deliveryId",))
            state = delivery["state"]
            logged = await webhook_queries.ADD_ATTEMPT.fetch_value(
                connection,
                delivery_id=delivery_id,
                claim=claim,
                status_code=request.status_code or None,
                failure=request.failure[: webhook_rules.LONGEST_FAILURE],
                duration_milliseconds=request.duration_milliseconds,
                at=self._clock(),
            )
            # Whoever lost the claim meanwhile is only logged; its new holder decides what comes next.
            if logged is not None and delivery["claim"] == claim:
                state = await self._decide(connection, endpoint, delivery, request.status_code)
        return webhook_pb2.FinishWebhookResponse(
            state=webhook_pb2.WebhookDeliveryState.Value(f"WEBHOOK_DELIVERY_STATE_{state}")
        )

    async def TendWebhooks(
        self, request: webhook_pb2.TendWebhooksRequest, context: Context
    ) -> webhook_pb2.TendWebhooksResponse:
        require_role(Role.SYSTEM)
        now = self._clock()
        async with self._database.transaction() as connection:
            await webhook_queries.FORGET_OLD.execute(
                connection, before=now - webhook_rules.KEPT, row_limit=_FORGOTTEN_AT_ONCE
            )
            due = await webhook_queries.DUE_ENDPOINTS.fetch(connection, now=now, row_limit=page_size(request.first))
        return webhook_pb2.TendWebhooksResponse(endpoint_ids=[str(row["id"]) for row in due])

    async def _decide(self, connection: Connection, endpoint: Record, delivery: Record, status_code: int) -> str:
        """Saves what the attempt comes to; answers the delivery's new state."""
        now = self._clock()
        result = webhook_rules.outcome(status_code, delivery["attempts"])
        good = result is Outcome.DELIVERED
        failing_since = None if good else endpoint["failing_since"] or now
        again_at = None
        if result is Outcome.AGAIN:
            again_at = now + webhook_rules.delay_after(delivery["attempts"], self._jitter())
        state = "DELIVERED" if good else "WAITING" if again_at else "FAILED"
        await webhook_queries.SAVE_DELIVERY.execute(
            connection, delivery_id=delivery["id"], new_state=state, again_at=again_at
        )
        await webhook_queries.SAVE_HEALTH.execute(connection, endpoint_id=endpoint["id"], failing_since=failing_since)
        reason = webhook_rules.disabled_by(result, failing_since, now)
        if reason and endpoint["active"]:
            await self._disable(connection, endpoint, reason)
        log.info("webhook.attempted", delivery_id=str(delivery["id"]), outcome=result.value, status=status_code)
        return state

    async def _disable(self, connection: Connection, endpoint: Record, reason: str) -> None:
        """Switches an endpoint off and tells its hotelier."""
        off = await webhook_queries.DISABLE_ENDPOINT.fetch_one(connection, endpoint_id=endpoint["id"], reason=reason)
        await record_change(connection, "DISABLED", before=endpoint, after=off, at=self._clock())
        plan = Plan(
            event_id=uuid.uuid5(endpoint["id"], f"disabled {endpoint['version']}"),
            kind="WebhookEndpointDisabled",
            booking_id=NO_BOOKING,
            request_id=request_id(),
            parameters={"webhook_host": urlsplit(endpoint["url"]).hostname or "", "webhook_reason": reason},
            notices=(),
        )
        notice = Notice(endpoint["account_id"], "webhook_disabled")
        await tell(connection, plan, notice, mail_domain=self._mail_domain)
        ENDPOINTS_DISABLED.labels(reason).inc()
        log.info("webhook.endpoint_disabled", endpoint_id=str(endpoint["id"]), reason=reason)


def _signing(endpoint: Record, now: dt.datetime) -> list[bytes]:
    """The newest first; the one before it while both are in use."""
    secrets: list[bytes] = [endpoint["secret"]]
    if endpoint["previous_until"] is not None and endpoint["previous_until"] > now:
        secrets.append(endpoint["previous_secret"])
    return secrets
