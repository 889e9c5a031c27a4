"""The use cases of calendars for hoteliers: sharing ours with other channels, and importing theirs (RFC 5545)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
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
from grpc_services.booking.capacity import block_from
from grpc_services.booking.reading import lock_own_room_type, own_house, own_room_type, require_hotelier
from runtime.clock import to_timestamp, utc_now
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.identifiers import new_id, parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class CalendarMethods:
    """A part of CalendarServicer, which gives it the database."""

    _database: Database
    _stale_seconds: int
    _also_http: bool

    async def ShareCalendar(
        self, request: calendar_pb2.ShareCalendarRequest, context: Context
    ) -> calendar_pb2.CalendarExport:
        caller = require_hotelier()
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",))
        async with self._database.transaction() as connection:
            await lock_own_room_type(connection, caller, room_type_id)
            secret = await calendar_queries.secret_of(connection, room_type_id)
            if secret is None or request.rotate:
                secret = calendar_rules.new_secret()
                await calendar_queries.put_secret(connection, room_type_id, secret)
        return calendar_pb2.CalendarExport(room_type_id=str(room_type_id), secret=secret)

    async def ReadCalendar(
        self, request: calendar_pb2.ReadCalendarRequest, context: Context
    ) -> calendar_pb2.ReadCalendarResponse:
        """The secret is all one needs. What is not sold because a feed is stale counts as free here: else two
        channels that read each other would close each other for good."""
        now = utc_now()
        first_night, end_night = now.date(), inventory_rules.end_of_horizon(now)
        async with self._database.reading() as connection:
            kind = await _kind_of_secret(connection, request.secret)
            room_type_id = kind["room_type_id"]
            as_of = await calendar_queries.last_change(connection, kind)
            nights = await inventory_change_queries.nights_of(connection, [room_type_id], first_night, end_night)
        usual_capacity = 0 if kind["closed"] else kind["capacity"]
        every_night = inventory_rules.every_night(nights[room_type_id], first_night, end_night, usual_capacity)
        busy = [(first_night, end_night)] if kind["closed"] else calendar_rules.periods_without_room(every_night)
        return calendar_pb2.ReadCalendarResponse(
            room_type_id=str(room_type_id),
            hotel_id=str(kind["hotel_id"]),
            periods=[
                calendar_pb2.BusyPeriod(first_night=first.isoformat(), end_night=end.isoformat()) for first, end in busy
            ],
            version=kind["version"],
            as_of=to_timestamp(as_of),
        )

    async def CreateCalendarFeed(
        self, request: calendar_pb2.CreateCalendarFeedRequest, context: Context
    ) -> calendar_pb2.CalendarFeed:
        """Until it is heard for the first time nothing is sold: what that channel has sold is not known yet."""
        caller = require_hotelier()
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",))
        calendar_rules.check_feed(request.name, request.url, also_http=self._also_http)
        async with self._database.transaction() as connection:
            kind = await lock_own_room_type(connection, caller, room_type_id)
            known = await calendar_queries.feeds_of_room_type(
                connection, room_type_id, stale_seconds=self._stale_seconds
            )
            if any(row["url"] == request.url for row in known):
                raise InvalidInput("This calendar is already imported.", path=("url",))
            if len(known) >= calendar_rules.MOST_FEEDS:
                raise IllegalState(f"A room type imports at most {calendar_rules.MOST_FEEDS} calendars.")
            feed = await calendar_queries.insert_feed(
                connection,
                kind,
                feed_id=new_id(),
                name=request.name.strip(),
                url=request.url,
                stale_seconds=self._stale_seconds,
            )
            await inventory_change_queries.write_change(
                connection, kind, "feed_created", caller, before=None, after=_logged(feed)
            )
            await events.publish_inventory_changed(connection, kind)
        return inventory_messages.calendar_feed(feed, {})

    async def DeleteCalendarFeed(
        self, request: calendar_pb2.DeleteCalendarFeedRequest, context: Context
    ) -> calendar_pb2.DeleteCalendarFeedResponse:
        caller = require_hotelier()
        feed_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            feed = await calendar_queries.load_feed(connection, feed_id, stale_seconds=self._stale_seconds)
            if feed is None:
                raise _no_such_feed()
            try:
                kind = await lock_own_room_type(connection, caller, feed["room_type_id"])
            except NotFound:
                raise _no_such_feed() from None
            if not await calendar_queries.delete_feed(connection, feed_id):
                raise _no_such_feed()
            await block_from(connection, kind["room_type_id"], kind["capacity"], inventory_rules.THE_BEGINNING)
            await inventory_change_queries.write_change(
                connection, kind, "feed_deleted", caller, before=_logged(feed), after=None
            )
            await events.publish_inventory_changed(connection, kind)
        return calendar_pb2.DeleteCalendarFeedResponse(room_type_id=str(kind["room_type_id"]))

    async def ListCalendarFeeds(
        self, request: calendar_pb2.ListCalendarFeedsRequest, context: Context
    ) -> calendar_pb2.ListCalendarFeedsResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",)) if request.room_type_id else None
        limit = page_size(request.first)
        after_id = None
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            if room_type_id is not None:
                await own_room_type(connection, caller, room_type_id)
            rows = await calendar_queries.feed_page(
                connection,
                hotel_id,
                room_type_id=room_type_id,
                after_id=after_id,
                limit=limit + 1,
                stale_seconds=self._stale_seconds,
            )
            feeds = await feeds_with_conflicts(connection, rows[:limit])
        return calendar_pb2.ListCalendarFeedsResponse(
            feeds=feeds, cursors=[encode_cursor(feed.id) for feed in feeds], has_next_page=len(rows) > limit
        )


async def feeds_with_conflicts(connection: Connection, rows: Sequence[Record]) -> list[calendar_pb2.CalendarFeed]:
    """Each feed with those of its nights on which all channels together sold more than we had left."""
    now = utc_now()
    first_night = inventory_rules.first_open_night(now)
    kinds = list({row["room_type_id"] for row in rows})
    wanted = await calendar_queries.sold_elsewhere(connection, kinds, first_night)
    nights = await inventory_change_queries.nights_of(
        connection, kinds, first_night, inventory_rules.end_of_horizon(now)
    )
    beyond = {kind: inventory_rules.conflicts(nights[kind], wanted[kind]) for kind in kinds}
    own: dict[uuid.UUID, list[Record]] = defaultdict(list)
    for one in await calendar_queries.nights_of_feeds(connection, [row["id"] for row in rows], first_night):
        own[one["feed_id"]].append(one)
    return [
        inventory_messages.calendar_feed(
            row,
            {
                one["night"]: min(one["rooms"], beyond[row["room_type_id"]][one["night"]])
                for one in own[row["id"]]
                if one["night"] in beyond[row["room_type_id"]]
            },
        )
        for row in rows
    ]


async def _kind_of_secret(connection: Connection, secret: str) -> Record:
    if len(secret) <= calendar_rules.LONGEST_SECRET and "\x00" not in secret:
        room_type_id = await calendar_queries.room_type_of_secret(connection, secret)
        if room_type_id is not None:
            kind = await inventory_change_queries.load_room_type(connection, room_type_id)
            if kind is not None:
                return kind
    raise NotFound("There is no such calendar.", path=("secret",))


def _no_such_feed() -> NotFound:
    return NotFound("There is no such calendar.", path=("id",))


def _logged(feed: Record) -> dict[str, str]:
    return {"id": str(feed["id"]), "name": feed["name"], "host": calendar_rules.host_of(feed["url"])}
