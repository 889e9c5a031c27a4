"""The use cases of doors: taking them in from the hotel service, and taking them off sale for some nights."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import grpc

from contracts.booking.v1 import inventory_pb2
from grpc_services.booking import (
    doors,
    events,
    holds,
    inventory_change_queries,
    inventory_messages,
    inventory_rules,
    out_of_order_queries,
)
from grpc_services.booking.capacity import block_again, refuse_if_short, save_changed
from grpc_services.booking.errors import CapacityBelowSold
from grpc_services.booking.reading import (
    keys,
    lock_own_room_type,
    own_house,
    own_room_type,
    parse_ids,
    require_hotelier,
)
from runtime.clock import utc_now
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.idempotency import check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_DAY = dt.timedelta(days=1)


class OutOfOrderMethods:
    """A part of InventoryServicer, which gives it the database."""

    _database: Database

    async def TakeInRooms(
        self, request: inventory_pb2.TakeInRoomsRequest, context: Context
    ) -> inventory_pb2.TakeInRoomsResponse:
        require_role(Role.SYSTEM)
        taken_in = 0
        async with self._database.transaction() as connection:
            for announced in sorted(request.rooms, key=lambda room: room.id):
                taken_in += await out_of_order_queries.take_in_room(
                    connection,
                    room_id=parse_id(announced.id, path=("id",)),
                    room_type_id=parse_id(announced.room_type_id, path=("roomTypeId",)),
                    hotel_id=parse_id(announced.hotel_id, path=("hotelId",)),
                    number=announced.number,
                    floor=announced.floor,
                    archived=announced.archived,
                    version=announced.version,
                )
        return inventory_pb2.TakeInRoomsResponse(taken_in=taken_in)

    async def CreateOutOfOrder(
        self, request: inventory_pb2.CreateOutOfOrderRequest, context: Context
    ) -> inventory_pb2.OutOfOrder:
        caller = require_hotelier()
        check_key(request.idempotency_key)
        room_id = parse_id(request.room_id, path=("roomId",))
        first_night = inventory_rules.parse_date(request.first_night, ("firstNight",))
        last_night = inventory_rules.parse_date(request.last_night, ("lastNight",))
        inventory_rules.check_open_period(first_night, last_night, utc_now())
        inventory_rules.check_text(request.reason, inventory_rules.LONGEST_REASON, ("reason",), required=False)
        async with self._database.reading() as connection:
            room = await _own_room(connection, caller, room_id)
        try:
            return await self._take_off_sale(request, caller, room, first_night, last_night)
        except CapacityBelowSold as refusal:
            await holds.expire_on_nights(self._database, room["room_type_id"], refusal.nights)
        return await self._take_off_sale(request, caller, room, first_night, last_night)

    async def _take_off_sale(
        self,
        request: inventory_pb2.CreateOutOfOrderRequest,
        caller: Caller,
        room: Record,
        first_night: dt.date,
        last_night: dt.date,
    ) -> inventory_pb2.OutOfOrder:
        """All nights or none, in one transaction."""
        key = {"principal": str(caller.account_id), "operation": "CreateOutOfOrder", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=inventory_pb2.OutOfOrder)
            if earlier is not None:
                return earlier
            kind = await lock_own_room_type(connection, caller, room["room_type_id"])
            row = await out_of_order_queries.insert_period(
                connection,
                id=new_id(),
                room_id=room["room_id"],
                room_type_id=room["room_type_id"],
                hotel_id=room["hotel_id"],
                first_night=first_night,
                end_night=last_night + _DAY,
                reason=request.reason.strip(),
                created_by=caller.account_id,
            )
            await _change_nights(connection, kind, first_night, last_night + _DAY, rooms=1)
            await doors.close_door(connection, row)
            kind = await inventory_change_queries.save_room_type(connection, kind)
            await inventory_change_queries.write_change(
                connection, kind, "out_of_order", caller, before=None, after=inventory_messages.logged_period(row, room)
            )
            await events.publish_inventory_changed(connection, kind)
            answer = inventory_messages.out_of_order(row)
            await keys.store(connection, **key, answer=answer)
        return answer

    async def EndOutOfOrder(
        self, request: inventory_pb2.EndOutOfOrderRequest, context: Context
    ) -> inventory_pb2.OutOfOrder:
        """Frees the nights that may still be sold. Ending it again changes nothing."""
        caller = require_hotelier()
        period_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            standing = await out_of_order_queries.load_period(connection, period_id)
            if standing is None:
                raise _no_such_period()
            try:
                kind = await lock_own_room_type(connection, caller, standing["room_type_id"])
            except NotFound:
                raise _no_such_period() from None
            now = utc_now()
            ended = await out_of_order_queries.end_period(connection, period_id, now)
            if ended is None:  # before, or by somebody else while this waited for the lock
                again = await out_of_order_queries.load_period(connection, period_id)
                return inventory_messages.out_of_order(again or standing)
            first_night = max(ended["first_night"], inventory_rules.first_open_night(now))
            await _change_nights(connection, kind, first_night, ended["end_night"], rooms=-1)
            await doors.open_door(connection, ended, first_night)
            room = await out_of_order_queries.load_room(connection, ended["room_id"])
            kind = await inventory_change_queries.save_room_type(connection, kind)
            await inventory_change_queries.write_change(
                connection,
                kind,
                "back_in_order",
                caller,
                before=inventory_messages.logged_period(standing, room),
                after=inventory_messages.logged_period(ended, room),
            )
            await events.publish_inventory_changed(connection, kind)
        return inventory_messages.out_of_order(ended)

    async def ListOutOfOrder(
        self, request: inventory_pb2.ListOutOfOrderRequest, context: Context
    ) -> inventory_pb2.ListOutOfOrderResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        room_ids = parse_ids(request.room_ids)
        from_night = inventory_rules.first_open_night(utc_now())
        if request.from_night:
            from_night = inventory_rules.parse_date(request.from_night, ("fromNight",))
        limit = page_size(request.first)
        after_id = None
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            rows = await out_of_order_queries.period_page(
                connection, hotel_id, room_ids=room_ids, from_night=from_night, after_id=after_id, limit=limit + 1
            )
        shown = rows[:limit]
        return inventory_pb2.ListOutOfOrderResponse(
            periods=[inventory_messages.out_of_order(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )


async def _own_room(connection: Connection, caller: Caller, room_id: uuid.UUID) -> Record:
    room = await out_of_order_queries.load_room(connection, room_id)
    try:
        if room is not None and not room["archived"]:
            await own_room_type(connection, caller, room["room_type_id"])
            return room
    except NotFound:
        pass
    raise NotFound("There is no such room.", path=("roomId",))


def _no_such_period() -> NotFound:
    return NotFound("There is no such period.", path=("id",))


async def _change_nights(
    connection: Connection, kind: Record, first_night: dt.date, end_night: dt.date, *, rooms: int
) -> None:
    """One room more or less out of order on nights of a locked room type."""
    known = await inventory_change_queries.lock_nights(connection, kind["room_type_id"], first_night, end_night)
    before = inventory_rules.every_night(known, first_night, end_night, kind["capacity"])
    changed = inventory_rules.what_changed(before, inventory_rules.put_out_of_order(before, rooms))
    refuse_if_short(changed)
    await save_changed(
        connection, kind["room_type_id"], known, await block_again(connection, kind["room_type_id"], changed)
    )
