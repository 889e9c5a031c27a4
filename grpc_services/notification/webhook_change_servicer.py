"""Reading the audit log of webhook endpoints."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification import webhook_change_queries, webhook_messages
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_AFTER_ALL = uuid.UUID(int=2**128 - 1)


class WebhookChangeMethods:
    """A part of WebhookServicer, which gives it the database."""

    _database: Database

    async def ListWebhookChanges(
        self, request: webhook_pb2.ListWebhookChangesRequest, context: Context
    ) -> webhook_pb2.ListWebhookChangesResponse:
        caller = require_role(Role.HOTELIER)
        endpoint_id = parse_id(request.endpoint_id, path=("endpointId",)) if request.endpoint_id else NOBODY
        size = page_size(request.first)
        before = _AFTER_ALL
        if request.after:
            before = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            rows = await webhook_change_queries.CHANGES.fetch(
                connection,
                account_id=caller.account_id,
                every_endpoint=endpoint_id == NOBODY,
                endpoint_id=endpoint_id,
                before=before,
                row_limit=size + 1,
            )
        page = rows[:size]
        return webhook_pb2.ListWebhookChangesResponse(
            changes=[webhook_messages.change(row) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )
