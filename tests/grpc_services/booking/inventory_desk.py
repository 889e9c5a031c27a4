"""A hotelier at the booking service: capacity, doors and calendars in a line each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.booking.v1 import calendar_pb2, inventory_pb2
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn

DAY = dt.timedelta(days=1)


@dataclass
class Backoffice:
    """Speaks in the name of `owner` about one room type of their house."""

    desk: Desk
    owner: SignedIn
    house: House
    kind: int = 0

    @property
    def room_type_id(self) -> str:
        return self.house.room_types[self.kind]

    async def look(
        self, first_night: dt.date = ARRIVAL, nights: int = 2, token: str | None = None
    ) -> inventory_pb2.RoomTypeInventory:
        request = inventory_pb2.GetInventoryRequest(
            hotel_id=str(self.house.id),
            room_type_ids=[self.room_type_id],
            first_night=first_night.isoformat(),
            end_night=(first_night + nights * DAY).isoformat(),
        )
        answer = await self.desk.call(self.desk.inventory.GetInventory, request, token=token or self.owner.token)
        (found,) = answer.room_types
        return found

    async def nights(self, field: str, first_night: dt.date = ARRIVAL, nights: int = 2) -> list[int]:
        """One figure of each night."""
        return [getattr(night, field) for night in (await self.look(first_night, nights)).nights]

    async def version(self) -> int:
        return (await self.look()).version

    async def update(
        self,
        *changes: inventory_pb2.InventoryChange,
        number_of_rooms: int | None = None,
        version: int | None = None,
        key: str = "",
        token: str | None = None,
    ) -> inventory_pb2.UpdateInventoryResponse:
        request = inventory_pb2.UpdateInventoryRequest(
            room_type_id=self.room_type_id,
            idempotency_key=key or uuid.uuid4().hex,
            expected_version=await self.version() if version is None else version,
            number_of_rooms=number_of_rooms,
            changes=changes,
        )
        return await self.desk.call(self.desk.inventory.UpdateInventory, request, token=token or self.owner.token)

    async def log(self, **fields: Any) -> inventory_pb2.ListInventoryChangesResponse:
        request = inventory_pb2.ListInventoryChangesRequest(hotel_id=str(self.house.id), **fields)
        return await self.desk.call(self.desk.inventory.ListInventoryChanges, request, token=self.owner.token)

    async def door(self, number: str = "101", *, version: int = 1, archived: bool = False, room_id: str = "") -> str:
        room_id = room_id or str(uuid.uuid4())
        room = hotel_pb2.Room(
            id=room_id,
            hotel_id=str(self.house.id),
            room_type_id=self.room_type_id,
            number=number,
            floor="1",
            archived=archived,
            version=version,
        )
        await self.desk.call(
            self.desk.inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=[room]), token=self.desk.system
        )
        return room_id

    async def out_of_order(
        self,
        room_id: str,
        first_night: dt.date = ARRIVAL,
        last_night: dt.date = ARRIVAL,
        *,
        key: str = "",
        reason: str = "A broken pipe",
        token: str | None = None,
    ) -> inventory_pb2.OutOfOrder:
        request = inventory_pb2.CreateOutOfOrderRequest(
            room_id=room_id,
            idempotency_key=key or uuid.uuid4().hex,
            first_night=first_night.isoformat(),
            last_night=last_night.isoformat(),
            reason=reason,
        )
        return await self.desk.call(self.desk.inventory.CreateOutOfOrder, request, token=token or self.owner.token)

    async def end(self, period_id: str, token: str | None = None) -> inventory_pb2.OutOfOrder:
        request = inventory_pb2.EndOutOfOrderRequest(id=period_id)
        return await self.desk.call(self.desk.inventory.EndOutOfOrder, request, token=token or self.owner.token)

    async def share(self, *, rotate: bool = False, token: str | None = None) -> str:
        request = calendar_pb2.ShareCalendarRequest(room_type_id=self.room_type_id, rotate=rotate)
        return (
            await self.desk.call(self.desk.calendars.ShareCalendar, request, token=token or self.owner.token)
        ).secret

    async def read(self, secret: str) -> calendar_pb2.ReadCalendarResponse:
        return await self.desk.call(
            self.desk.calendars.ReadCalendar, calendar_pb2.ReadCalendarRequest(secret=secret), token=""
        )

    async def feed(self, url: str = "", name: str = "Channel", token: str | None = None) -> calendar_pb2.CalendarFeed:
        request = calendar_pb2.CreateCalendarFeedRequest(
            room_type_id=self.room_type_id, name=name, url=url or f"https://channel.example/{uuid.uuid4()}.ics"
        )
        return await self.desk.call(self.desk.calendars.CreateCalendarFeed, request, token=token or self.owner.token)

    async def heard(
        self, feed: calendar_pb2.CalendarFeed, *busy: tuple[dt.date, int], **fields: Any
    ) -> calendar_pb2.CalendarFeed:
        """The channel's calendar arrives; each stay is its first night and its number of nights."""
        periods = [
            calendar_pb2.BusyPeriod(first_night=first.isoformat(), end_night=(first + nights * DAY).isoformat())
            for first, nights in busy
        ]
        request = calendar_pb2.PutCalendarFeedRequest(id=feed.id, busy=periods, **fields)
        return await self.desk.call(self.desk.calendars.PutCalendarFeed, request, token=self.desk.system)

    async def forget(self, feed: calendar_pb2.CalendarFeed, token: str | None = None) -> None:
        request = calendar_pb2.DeleteCalendarFeedRequest(id=feed.id)
        await self.desk.call(self.desk.calendars.DeleteCalendarFeed, request, token=token or self.owner.token)

    async def feeds(self, **fields: Any) -> calendar_pb2.ListCalendarFeedsResponse:
        request = calendar_pb2.ListCalendarFeedsRequest(hotel_id=str(self.house.id), **fields)
        return await self.desk.call(self.desk.calendars.ListCalendarFeeds, request, token=self.owner.token)

    async def not_heard_for(self, feed: calendar_pb2.CalendarFeed, seconds: int) -> None:
        """Makes the last time that a feed was heard, and tried, lie further back."""
        async with self.desk.database.reading() as connection:
            await connection.execute(
                "UPDATE booking.calendar_feed SET succeeded_at = now() - make_interval(secs => $2),"
                " fetched_at = now() - make_interval(secs => $2) WHERE id = $1",
                uuid.UUID(feed.id),
                seconds,
            )

    async def announced(self) -> list[events_pb2.InventoryChanged]:
        """Every InventoryChanged of the room type, in order."""
        async with self.desk.database.reading() as connection:
            rows = await connection.fetch(
                "SELECT envelope FROM booking.outbox_event WHERE aggregate_id = $1 ORDER BY position", self.room_type_id
            )
        envelopes = [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]
        return [
            events_pb2.InventoryChanged.FromString(envelope.payload)
            for envelope in envelopes
            if envelope.type == "InventoryChanged"
        ]


async def backoffice(desk: Desk, owner: SignedIn, *kinds: Kind) -> Backoffice:
    return Backoffice(desk, owner, await desk.house(owner, *(kinds or (Kind(rooms=3),))))


def change(
    first_night: dt.date = ARRIVAL, last_night: dt.date | None = None, weekdays: Sequence[int] = (), **what: Any
) -> inventory_pb2.InventoryChange:
    return inventory_pb2.InventoryChange(
        first_night=first_night.isoformat(),
        last_night=(last_night or first_night).isoformat(),
        weekdays=weekdays,
        **what,
    )
