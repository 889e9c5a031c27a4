"""The use cases of webhook deliveries for hoteliers: the log, a test, and sending again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import grpc

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification import webhook_messages, webhook_queries, webhook_rules
from grpc_services.notification.webhook_endpoint_servicer import lock_own, own
from grpc_services.notification.webhook_events import body_of
from grpc_services.notification.webhook_types import PING
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database, Record
from runtime.errors import IllegalState, NotFound
from runtime.identifiers import encode_id, new_id, parse_id
from runtime.identity import Role, require_role
from runtime.request_context import request_id

Context = grpc.aio.ServicerContext[Any, Any]
_AFTER_ALL = uuid.UUID(int=2**128 - 1)


class WebhookDeliveryMethods:
    """A part of WebhookServicer, which gives it what it works with."""

    _database: Database
    _clock: Callable[[], dt.datetime]

    async def PingWebhookEndpoint(
        self, request: webhook_pb2.PingWebhookEndpointRequest, context: Context
    ) -> webhook_pb2.WebhookDelivery:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        endpoint_id = parse_id(request.id, path=("id",))
        now, event_id, delivery_id = self._clock(), new_id(), new_id()
        data = {"endpointId": encode_id("WebhookEndpoint", str(endpoint_id))}
        async with self._database.transaction() as connection:
            _check_active(await lock_own(connection, caller, endpoint_id))
            await webhook_queries.ADD_DELIVERY.execute(
                connection,
                id=delivery_id,
                endpoint_id=endpoint_id,
                event_id=event_id,
                type=PING,
                body=body_of(event_id, PING, now, data),
                next_attempt_at=now,
                request_id=request_id(),
                created_at=now,
            )
            row = await webhook_queries.LOCK_DELIVERY.fetch_one(connection, id=delivery_id)
        return webhook_messages.delivery(row, ())

    async def RedeliverWebhook(
        self, request: webhook_pb2.RedeliverWebhookRequest, context: Context
    ) -> webhook_pb2.WebhookDelivery:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        delivery_id = parse_id(request.delivery_id, path=("id",))
        async with self._database.transaction() as connection:
            known = await webhook_queries.DELIVERY.fetch_row(connection, id=delivery_id)
            if known is None:
                raise _no_such_delivery()
            try:
                endpoint = await lock_own(connection, caller, known["endpoint_id"])
            except NotFound:
                raise _no_such_delivery() from None
            _check_active(endpoint)
            delivery = await webhook_queries.LOCK_DELIVERY.fetch_one(connection, id=delivery_id)
            if delivery["state"] == "WAITING":
                raise IllegalState("This is still being delivered.")
            if delivery["redeliveries"] >= webhook_rules.MOST_REDELIVERIES:
                raise IllegalState(f"This was sent again {webhook_rules.MOST_REDELIVERIES} times, which is the most.")
            row = await webhook_queries.SEND_AGAIN.fetch_one(
                connection, delivery_id=delivery_id, again_at=self._clock()
            )
            attempts = await webhook_queries.ATTEMPTS.fetch(connection, delivery_ids=[delivery_id])
        return webhook_messages.delivery(row, attempts)

    async def ListWebhookDeliveries(
        self, request: webhook_pb2.ListWebhookDeliveriesRequest, context: Context
    ) -> webhook_pb2.ListWebhookDeliveriesResponse:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        endpoint_id = parse_id(request.endpoint_id, path=("id",))
        size = page_size(request.first)
        before = _AFTER_ALL
        if request.after:
            before = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        attempts: dict[uuid.UUID, list[Record]] = defaultdict(list)
        async with self._database.snapshot() as connection:
            own(await webhook_queries.ENDPOINT.fetch_row(connection, id=endpoint_id), caller)
            rows = await webhook_queries.DELIVERIES.fetch(
                connection, endpoint_id=endpoint_id, before=before, row_limit=size + 1
            )
            page = rows[:size]
            for one in await webhook_queries.ATTEMPTS.fetch(connection, delivery_ids=[row["id"] for row in page]):
                attempts[one["delivery_id"]].append(one)
        return webhook_pb2.ListWebhookDeliveriesResponse(
            deliveries=[webhook_messages.delivery(row, attempts[row["id"]]) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )


def _check_active(endpoint: Record) -> None:
    if not endpoint["active"]:
        raise IllegalState("This endpoint is switched off; switch it on first.")


def _no_such_delivery() -> NotFound:
    return NotFound("You have no such delivery.", path=("id",))
