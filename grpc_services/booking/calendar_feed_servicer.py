"""The use cases of the worker that fetches other channels' calendars."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import calendar_pb2
from grpc_services.booking import (
    calendar_queries,
    calendar_rules,
    events,
    inventory_change_queries,
    inventory_messages,
    inventory_rules,
)
from grpc_services.booking.calendar_servicer import feeds_with_conflicts
from grpc_services.booking.capacity import block_from
from runtime.clock import utc_now
from runtime.cursors import page_size
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]

DUE_SECONDS = 900


class CalendarFeedMethods:
    """A part of CalendarServicer, which gives it the database."""

    _database: Database
    _stale_seconds: int

    async def ListDueCalendarFeeds(
        self, request: calendar_pb2.ListDueCalendarFeedsRequest, context: Context
    ) -> calendar_pb2.ListDueCalendarFeedsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await calendar_queries.due_feeds(
                connection,
                due_seconds=DUE_SECONDS,
                stale_seconds=self._stale_seconds,
                limit=page_size(request.first),
            )
        return calendar_pb2.ListDueCalendarFeedsResponse(
            feeds=[inventory_messages.calendar_feed(row, {}) for row in rows]
        )

    async def PutCalendarFeed(
        self, request: calendar_pb2.PutCalendarFeedRequest, context: Context
    ) -> calendar_pb2.CalendarFeed:
        """Repeating it is harmless. A failure leaves the known nights blocked."""
        require_role(Role.SYSTEM)
        feed_id = parse_id(request.id, path=("id",))
        now = utc_now()
        first_night = inventory_rules.first_open_night(now)
        busy = calendar_rules.busy_rooms(request.busy, first_night, inventory_rules.end_of_horizon(now))
        async with self._database.transaction() as connection:
            known = await calendar_queries.load_feed(connection, feed_id, stale_seconds=self._stale_seconds)
            kind = known and await inventory_change_queries.lock_room_type(connection, known["room_type_id"])
            if known is None or kind is None:
                raise _no_such_feed()
            feed = await self._note(connection, request)
            if not (request.failure or request.unchanged):
                await calendar_queries.replace_nights(connection, feed_id, first_night, busy)
            changed = await block_from(connection, kind["room_type_id"], kind["capacity"], first_night)
            if changed or feed["turned"]:
                await events.publish_inventory_changed(connection, kind)
            (answer,) = await feeds_with_conflicts(connection, [feed])
        return answer

    async def _note(self, connection: Connection, request: calendar_pb2.PutCalendarFeedRequest) -> Record:
        """Notes when the feed was tried and how it went."""
        feed_id = parse_id(request.id, path=("id",))
        if request.failure:
            failure = request.failure[: calendar_rules.LONGEST_FAILURE].replace("\x00", "")
            feed = await calendar_queries.not_heard(
                connection, feed_id, failure=failure, stale_seconds=self._stale_seconds
            )
        else:
            etag = request.etag if len(request.etag) <= calendar_rules.LONGEST_ETAG else ""
            feed = await calendar_queries.heard(
                connection, feed_id, etag=None if request.unchanged else etag, stale_seconds=self._stale_seconds
            )
        if feed is None:
            raise _no_such_feed()
        return feed


def _no_such_feed() -> NotFound:
    return NotFound("There is no such calendar.", path=("id",))
