"""The use cases of rooms, the numbered doors."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    messages,
    policies,
    room_fields,
    room_queries,
    room_type_queries,
)
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]
MOST_ROOMS_AT_ONCE = 200
MOST_ROOMS = 10_000


class RoomMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def CreateRooms(
        self, request: hotel_pb2.CreateRoomsRequest, context: Context
    ) -> hotel_pb2.CreateRoomsResponse:
        caller = policies.require_editor()
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",))
        if not 1 <= len(request.rooms) <= MOST_ROOMS_AT_ONCE:
            raise InvalidInput(f"Send 1 to {MOST_ROOMS_AT_ONCE} rooms at a time.", path=("rooms",))
        asked = [room_fields.new_room(room, ("rooms", str(number))) for number, room in enumerate(request.rooms)]
        async with self._database.transaction() as connection:
            found = await room_type_queries.get(connection, room_type_id)
            hotel_id = found["hotel_id"] if found else None
            house = await editing.lock_open_house(connection, caller, hotel_id, path=("roomTypeId",), kind="room type")
            room_type = await room_type_queries.get(connection, room_type_id)
            if room_type is None or room_type["archived"]:
                raise editing.archived("room type")
            if await room_queries.count_in_use(connection, house["id"]) + len(asked) > MOST_ROOMS:
                raise InvalidInput(f"A house has at most {MOST_ROOMS} rooms.", path=("rooms",))
            numbers = [str(values["number"]) for values in asked]
            taken = await room_queries.taken_numbers(connection, house["id"], numbers)
            for position, number in enumerate(numbers):
                if number in taken or number in numbers[:position]:
                    raise _number_taken(("rooms", str(position), "number"))
            made = {"hotel_id": house["id"], "room_type_id": room_type_id, "archived": False, "version": 1}
            rows = [{"id": new_id(), **made, **values} for values in asked]
            await room_queries.insert_rooms(connection, rows)
            for row in rows:
                after = _facts(row) | {"room_type_id": room_type_id}
                await change_log.record_part_change(connection, "Room", row, "created", before=None, after=after)
            await events.publish_rooms_changed(connection, rows)
        return hotel_pb2.CreateRoomsResponse(rooms=[messages.room_message(row) for row in rows])

    async def UpdateRoom(self, request: hotel_pb2.UpdateRoomRequest, context: Context) -> hotel_pb2.Room:
        caller = policies.require_editor()
        changes = room_fields.written_room(request.room, request.fields)
        async with self._database.transaction() as connection:
            row = await _locked(connection, caller, request.room.id, request.expected_version)
            before = _facts(row)
            after = before | changes
            if after["number"] != before["number"] and await room_queries.taken_numbers(
                connection, row["hotel_id"], [after["number"]]
            ):
                raise _number_taken(("number",))
            if after != before:
                row = await room_queries.save(connection, row["id"], after)
                await change_log.record_part_change(connection, "Room", row, "updated", before=before, after=after)
                await events.publish_rooms_changed(connection, [row])
        return messages.room_message(row)

    async def ArchiveRoom(self, request: hotel_pb2.ArchiveRoomRequest, context: Context) -> hotel_pb2.Room:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            row = await _locked(connection, caller, request.id, request.expected_version)
            row = await room_queries.archive(connection, row["id"])
            await change_log.record_part_change(
                connection, "Room", row, "archived", before={"archived": False}, after={"archived": True}
            )
            await events.publish_rooms_changed(connection, [row])
        return messages.room_message(row)

    async def ListRooms(self, request: hotel_pb2.ListRoomsRequest, context: Context) -> hotel_pb2.ListRoomsResponse:
        caller = policies.require_editor()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",)) if request.room_type_id else None
        limit = page_size(request.first)
        after = str(decode_cursor(request.after, (str,))[0]) if request.after else None
        async with self._database.reading() as connection:
            await editing.check_own_house(connection, caller, hotel_id, path=("hotelId",))
            rows = await room_queries.page(
                connection, hotel_id, room_type_id=room_type_id, after=after, limit=limit + 1
            )
        shown = rows[:limit]
        return hotel_pb2.ListRoomsResponse(
            rooms=[messages.room_message(row) for row in shown],
            cursors=[encode_cursor(row["number"]) for row in shown],
            has_next_page=len(rows) > limit,
        )


async def _locked(connection: Connection, caller: Caller, room_id: str, expected_version: int) -> Record:
    """The room, which may be edited, under the lock of its house."""
    _, row = await editing.lock_part(
        connection, caller, room_id, expected_version, room_queries.get, field="roomId", kind="room"
    )
    return row


def _number_taken(path: tuple[str, ...]) -> InvalidInput:
    return InvalidInput("Another door of this house has this number.", path=path)


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in room_queries.WRITTEN}
