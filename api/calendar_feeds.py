"""Calendars in the public schema: sharing a room type's nights with other channels, and importing theirs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from contracts.booking.v1 import calendar_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Scope


@strawberry.type(description="A night on which another channel sold a room that was not left.")
class CalendarConflict:
    night: dt.date = strawberry.field(description="The night.")
    rooms: int = strawberry.field(description="How many rooms too many.")


@strawberry.type(description="A calendar of another channel; the nights it sold are not sold here.")
class CalendarFeed:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    room_type_id: strawberry.ID = strawberry.field(description="The room type whose rooms it sells.")
    name: str = strawberry.field(description="What you call the channel.")
    url: str = strawberry.field(description="Where it is read.")
    tried_at: dt.datetime | None = strawberry.field(description="When it was last tried to be read.")
    heard_at: dt.datetime | None = strawberry.field(description="When it was last read; its age counts from here.")
    failure: str | None = strawberry.field(description="Why the last try failed; null if it went well.")
    stale: bool = strawberry.field(
        description="Not heard of for three hours, or never: until it is, its room type is not sold."
    )
    conflicts: list[CalendarConflict] = strawberry.field(description="Nights that were sold twice, by date.")


@strawberry.input(description="A calendar to share.")
class CalendarShareInput:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rotate: bool = strawberry.field(default=False, description="Make a new address; the old one ends at once.")


@strawberry.type(description="The calendar can be read by whoever knows its address.")
class CalendarShared:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    url: str = strawberry.field(description="Secret: give it to your other channels only.")


@strawberry.input(description="A calendar to import.")
class CalendarFeedCreateInput:
    room_type_id: strawberry.ID = strawberry.field(description="The room type whose rooms the channel sells.")
    name: str = strawberry.field(description="What you call the channel, 1 to 80 characters.")
    url: str = strawberry.field(description="Where it is read (RFC 5545), beginning with https://.")


@strawberry.input(description="A calendar to import no longer.")
class CalendarFeedDeleteInput:
    id: strawberry.ID = strawberry.field(description="The calendar.")


@strawberry.type(description="The calendar will be read within two minutes; until then its room type is not sold.")
class CalendarFeedCreated:
    feed: CalendarFeed = strawberry.field(description="The calendar.")


@strawberry.type(description="The calendar is forgotten, and the nights that it blocked are free again.")
class CalendarFeedDeleted:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")


@strawberry.type
class HotelCalendarFeeds(Node):
    """The part of Hotel that its hotelier reads about other channels."""

    @strawberry.field(description="The calendars of other channels, oldest first; for its hotelier only.")
    async def calendar_feeds(
        self,
        info: Info,
        room_type_id: Annotated[strawberry.ID | None, strawberry.argument(description="Only of this one.")] = None,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[CalendarFeed] | None:
        response = await call(
            info.context.services.calendars.ListCalendarFeeds,
            calendar_pb2.ListCalendarFeedsRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                room_type_id=decode_id("RoomType", room_type_id, path=("roomTypeId",)) if room_type_id else "",
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return Connection(
            edges=edges([calendar_feed(feed) for feed in response.feeds], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


CalendarShareResult = Annotated[
    CalendarShared | NotFound | NotPermitted | InvalidInput,
    strawberry.union("CalendarShareResult", description="The calendar's address, or why there is none."),
]
CalendarFeedCreateResult = Annotated[
    CalendarFeedCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("CalendarFeedCreateResult", description="The calendar, or why it is not imported."),
]
CalendarFeedDeleteResult = Annotated[
    CalendarFeedDeleted | NotFound | NotPermitted | InvalidInput,
    strawberry.union("CalendarFeedDeleteResult", description="What is free again, or why nothing is."),
]


@strawberry.type
class CalendarMutations:
    @strawberry.mutation(
        description="The secret address of a room type's calendar; made when it is first asked for.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def calendar_share(
        self,
        info: Info,
        input: Annotated[CalendarShareInput, strawberry.argument(description="The calendar.")],  # noqa: A002
    ) -> CalendarShareResult:
        request = calendar_pb2.ShareCalendarRequest(
            room_type_id=decode_id("RoomType", input.room_type_id, path=("roomTypeId",)), rotate=input.rotate
        )
        services = info.context.services
        shared = await call(services.calendars.ShareCalendar, request)
        return CalendarShared(
            room_type_id=input.room_type_id, url=f"{services.public_url}/calendars/{shared.secret}.ics"
        )

    @strawberry.mutation(
        description="Imports the calendar of another channel, again and again.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def calendar_feed_create(
        self,
        info: Info,
        input: Annotated[CalendarFeedCreateInput, strawberry.argument(description="The calendar.")],  # noqa: A002
    ) -> CalendarFeedCreateResult:
        request = calendar_pb2.CreateCalendarFeedRequest(
            room_type_id=decode_id("RoomType", input.room_type_id, path=("roomTypeId",)),
            name=input.name,
            url=input.url,
        )
        created = await call(info.context.services.calendars.CreateCalendarFeed, request)
        return CalendarFeedCreated(feed=calendar_feed(created))

    @strawberry.mutation(
        description="Forgets the calendar of another channel and gives back the nights that it blocked.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def calendar_feed_delete(
        self,
        info: Info,
        input: Annotated[CalendarFeedDeleteInput, strawberry.argument(description="The calendar.")],  # noqa: A002
    ) -> CalendarFeedDeleteResult:
        request = calendar_pb2.DeleteCalendarFeedRequest(id=decode_id("CalendarFeed", input.id, path=("id",)))
        deleted = await call(info.context.services.calendars.DeleteCalendarFeed, request)
        return CalendarFeedDeleted(room_type_id=strawberry.ID(encode_id("RoomType", deleted.room_type_id)))


def calendar_feed(message: calendar_pb2.CalendarFeed) -> CalendarFeed:
    return CalendarFeed(
        id=strawberry.ID(encode_id("CalendarFeed", message.id)),
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        name=message.name,
        url=message.url,
        tried_at=from_timestamp(message.fetched_at) if message.HasField("fetched_at") else None,
        heard_at=from_timestamp(message.succeeded_at) if message.HasField("succeeded_at") else None,
        failure=message.failure or None,
        stale=message.stale,
        conflicts=[
            CalendarConflict(night=dt.date.fromisoformat(one.night), rooms=one.rooms) for one in message.conflicts
        ],
    )
