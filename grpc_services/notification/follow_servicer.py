"""The use case of hearing of notifications as they come."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import follow_queries
from grpc_services.notification.channels import People
from grpc_services.notification.messages import notification_message
from runtime.commit_order import Position, decode_position, encode_position, position_now, position_of
from runtime.cursors import DEFAULT_PAGE, LARGEST_PAGE
from runtime.database import Connection, Database
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import Caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]


class FollowMethods:
    """A part of NotificationServicer, which gives it the database and the people."""

    _database: Database
    _people: People

    async def ListNewNotifications(
        self, request: notification_pb2.ListNewNotificationsRequest, context: Context
    ) -> notification_pb2.ListNewNotificationsResponse:
        caller = require_account()
        async with self._database.reading() as connection:
            after = await _asked_position(connection, caller, request)
            if after is None:
                position, more_soon = await position_now(connection), False
                rows = await follow_queries.latest_unread(connection, caller.account_id, limit=DEFAULT_PAGE)
            else:
                page = await follow_queries.told_after(connection, caller.account_id, after, limit=LARGEST_PAGE)
                rows, position = page.rows, position_of(page.rows[-1]) if page.rows else after
                more_soon = page.more_soon or len(rows) == LARGEST_PAGE
        locale = await self._people.callers_locale() if rows else ""
        return notification_pb2.ListNewNotificationsResponse(
            notifications=[notification_message(row, locale) for row in rows],
            position=encode_position(position),
            more_soon=more_soon,
        )


async def _asked_position(
    connection: Connection, caller: Caller, request: notification_pb2.ListNewNotificationsRequest
) -> Position | None:
    if request.after_position:
        return decode_position(request.after_position)
    if not request.after_id:
        return None
    seen = parse_id(request.after_id, path=("after",))
    position = await follow_queries.position_of_notification(connection, caller.account_id, seen)
    if position is None:
        raise NotFound("You have no such notification.", path=("after",))
    return position
