"""The use cases of a person's inbox: reading what they were told, counting, marking it read."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import queries
from grpc_services.notification.channels import People
from grpc_services.notification.messages import notification_message
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200
BEFORE_ALL = uuid.UUID(int=2**128 - 1)


class InboxMethods:
    """A part of NotificationServicer, which gives it database and people."""

    _database: Database
    _people: People

    async def ListNotifications(
        self, request: notification_pb2.ListNotificationsRequest, context: Context
    ) -> notification_pb2.ListNotificationsResponse:
        caller = require_account()
        size = page_size(request.first)
        async with self._database.reading() as connection:
            rows = await queries.OWN_NOTIFICATIONS.fetch(
                connection,
                account_id=caller.account_id,
                before=position(request.after),
                unread_only=request.unread_only,
                row_limit=size + 1,
            )
        page = rows[:size]
        locale = await self._people.callers_locale() if page else ""
        return notification_pb2.ListNotificationsResponse(
            notifications=[notification_message(row, locale) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )

    async def GetNotifications(
        self, request: notification_pb2.GetNotificationsRequest, context: Context
    ) -> notification_pb2.GetNotificationsResponse:
        caller = require_account()
        if len(request.ids) > MOST_IDS:
            raise InvalidInput(f"Ask for at most {MOST_IDS} notifications at a time.", path=("ids",))
        ids = [parse_id(value, path=("id",)) for value in request.ids]
        async with self._database.reading() as connection:
            rows = await queries.OWN_BY_ID.fetch(connection, account_id=caller.account_id, ids=ids)
        locale = await self._people.callers_locale() if rows else ""
        return notification_pb2.GetNotificationsResponse(
            notifications=[notification_message(row, locale) for row in rows]
        )

    async def CountUnread(
        self, request: notification_pb2.CountUnreadRequest, context: Context
    ) -> notification_pb2.CountUnreadResponse:
        caller = require_account()
        async with self._database.reading() as connection:
            unread = await queries.COUNT_UNREAD.fetch_value(connection, account_id=caller.account_id)
        return notification_pb2.CountUnreadResponse(unread=unread)

    async def MarkRead(
        self, request: notification_pb2.MarkReadRequest, context: Context
    ) -> notification_pb2.MarkReadResponse:
        caller = require_account()
        if bool(request.ids) == request.all:
            raise InvalidInput("Name notifications, or ask for all of them.", path=("ids",))
        if len(request.ids) > MOST_IDS:
            raise InvalidInput(f"Name at most {MOST_IDS} notifications at a time.", path=("ids",))
        ids = {parse_id(value, path=("ids",)) for value in request.ids}
        own = {"account_id": caller.account_id}
        async with self._database.transaction() as connection:
            if request.all:
                marked = await queries.MARK_ALL_READ.execute(connection, **own)
            elif await queries.COUNT_OWN.fetch_value(connection, **own, ids=list(ids)) == len(ids):
                marked = await queries.MARK_READ.execute(connection, **own, ids=list(ids))
            else:
                raise NotFound("You have no such notification.", path=("ids",))
            unread = await queries.COUNT_UNREAD.fetch_value(connection, **own)
        return notification_pb2.MarkReadResponse(marked=marked, unread=unread)


def position(after: str) -> uuid.UUID:
    """Of a list whose newest come first."""
    if not after:
        return BEFORE_ALL
    (identifier,) = decode_cursor(after, (str,))
    return parse_id(str(identifier), path=("after",))
