"""The use cases of webhook endpoints: what a hotelier sets up."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import grpc

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification import webhook_messages, webhook_queries, webhook_rules
from grpc_services.notification.houses import Houses
from grpc_services.notification.webhook_change_log import record_change
from grpc_services.notification.webhook_secrets import WebhookSecrets
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, NotFound, VersionConflict
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_BEFORE_ALL = uuid.UUID(int=0)


class WebhookEndpointMethods:
    """A part of WebhookServicer, which gives it what it works with."""

    _database: Database
    _secrets: WebhookSecrets
    _houses: Houses
    _allow_private: bool
    _clock: Callable[[], dt.datetime]

    async def CreateWebhookEndpoint(
        self, request: webhook_pb2.CreateWebhookEndpointRequest, context: Context
    ) -> webhook_pb2.WebhookEndpointSecret:
        caller = require_role(Role.HOTELIER)
        written: dict[str, Any] = webhook_rules.checked_endpoint(request, allow_private=self._allow_private)
        await self._houses.check_owned(caller.account_id, written["hotel_ids"], written["salon_ids"])
        secret, stored = self._secrets.new()
        async with self._database.transaction() as connection:
            await webhook_queries.LOCK_ACCOUNT.fetch(connection, account_id=str(caller.account_id))
            known = await webhook_queries.COUNT_ENDPOINTS.fetch_value(connection, account_id=caller.account_id)
            if known >= webhook_rules.MOST_ENDPOINTS:
                raise IllegalState(f"You have {webhook_rules.MOST_ENDPOINTS} endpoints, and that is the most.")
            row = await webhook_queries.ADD_ENDPOINT.fetch_one(
                connection,
                id=new_id(),
                account_id=caller.account_id,
                **written,
                active=True,
                secret=stored,
                created_at=self._clock(),
            )
            await record_change(connection, "CREATED", before=None, after=row, at=self._clock())
        return webhook_pb2.WebhookEndpointSecret(endpoint=webhook_messages.endpoint(row), secret=secret)

    async def UpdateWebhookEndpoint(
        self, request: webhook_pb2.UpdateWebhookEndpointRequest, context: Context
    ) -> webhook_pb2.WebhookEndpoint:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        endpoint_id = parse_id(request.id, path=("id",))
        async with self._database.reading() as connection:
            known = own(await webhook_queries.ENDPOINT.fetch_row(connection, id=endpoint_id), caller)
        written: dict[str, Any] = webhook_rules.checked_endpoint(request, allow_private=self._allow_private)
        await self._houses.check_owned(known["account_id"], written["hotel_ids"], written["salon_ids"])
        async with self._database.transaction() as connection:
            locked = await lock_own(connection, caller, endpoint_id)
            if locked["version"] != request.expected_version:
                raise VersionConflict(locked["version"])
            row = await webhook_queries.SAVE_ENDPOINT.fetch_one(
                connection,
                endpoint_id=endpoint_id,
                **written,
                active=request.active,
                disabled_reason="" if request.active else locked["disabled_reason"],
                failing_since=locked["failing_since"] if request.active == locked["active"] else None,
            )
            await record_change(connection, _update_of(locked, row), before=locked, after=row, at=self._clock())
        return webhook_messages.endpoint(row)

    async def DeleteWebhookEndpoint(
        self, request: webhook_pb2.DeleteWebhookEndpointRequest, context: Context
    ) -> webhook_pb2.DeleteWebhookEndpointResponse:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        endpoint_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            locked = await lock_own(connection, caller, endpoint_id)
            await webhook_queries.DELETE_ENDPOINT.execute(connection, id=endpoint_id)
            await record_change(connection, "DELETED", before=locked, after=None, at=self._clock())
        return webhook_pb2.DeleteWebhookEndpointResponse(id=str(endpoint_id))

    async def RotateWebhookSecret(
        self, request: webhook_pb2.RotateWebhookSecretRequest, context: Context
    ) -> webhook_pb2.WebhookEndpointSecret:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        endpoint_id = parse_id(request.id, path=("id",))
        secret, stored = self._secrets.new()
        async with self._database.transaction() as connection:
            locked = await lock_own(connection, caller, endpoint_id)
            row = await webhook_queries.SAVE_SECRET.fetch_one(
                connection, endpoint_id=endpoint_id, new_secret=stored, until=self._clock() + webhook_rules.OVERLAP
            )
            await record_change(connection, "SECRET_ROTATED", before=locked, after=row, at=self._clock())
        return webhook_pb2.WebhookEndpointSecret(endpoint=webhook_messages.endpoint(row), secret=secret)

    async def ListWebhookEndpoints(
        self, request: webhook_pb2.ListWebhookEndpointsRequest, context: Context
    ) -> webhook_pb2.ListWebhookEndpointsResponse:
        caller = require_role(Role.HOTELIER, Role.ADMIN)
        size = page_size(request.first)
        after = _BEFORE_ALL
        if request.after:
            after = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            rows = await webhook_queries.OWN_ENDPOINTS.fetch(
                connection, account_id=caller.account_id, after=after, row_limit=size + 1
            )
        page = rows[:size]
        return webhook_pb2.ListWebhookEndpointsResponse(
            endpoints=[webhook_messages.endpoint(row) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )


def own(row: Record | None, caller: Caller) -> Record:
    """The endpoint, if it is the caller's to see."""
    if row is None or (caller.role is not Role.ADMIN and row["account_id"] != caller.account_id):
        raise NotFound("You have no such endpoint.", path=("id",))
    return row


def _update_of(before: Record, after: Record) -> str:
    """Switching it on or off is told by that name, whatever else changed with it."""
    if before["active"] == after["active"]:
        return "UPDATED"
    return "ENABLED" if after["active"] else "DISABLED"


async def lock_own(connection: Connection, caller: Caller, endpoint_id: uuid.UUID) -> Record:
    return own(await webhook_queries.LOCK_ENDPOINT.fetch_row(connection, id=endpoint_id), caller)
