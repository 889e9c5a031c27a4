"""The use cases of room types."""

from __future__ import annotations

from typing import Any

import grpc
import structlog

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    hotel_queries,
    messages,
    policies,
    room_type_fields,
    room_type_queries,
)
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()
MOST_ROOM_TYPES = 100


class RoomTypeMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def CreateRoomType(self, request: hotel_pb2.CreateRoomTypeRequest, context: Context) -> hotel_pb2.RoomType:
        caller = policies.require_editor()
        hotel_id = parse_id(request.room_type.hotel_id, path=("hotelId",))
        values = room_type_fields.new_room_type(request.room_type)
        room_type_fields.check_room_type(values)
        async with self._database.transaction() as connection:
            house = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            room_type_fields.check_currency(request.room_type, house["currency"])
            if len(await room_type_queries.in_use(connection, hotel_id)) >= MOST_ROOM_TYPES:
                raise InvalidInput(f"A house has at most {MOST_ROOM_TYPES} room types.", path=("hotelId",))
            row = await room_type_queries.append(connection, hotel_id, values | {"id": new_id()})
            after = _facts(row) | {"number_of_rooms": row["number_of_rooms"]}
            await change_log.record_part_change(connection, "RoomType", row, "created", before=None, after=after)
            await events.publish_room_type_created(connection, row, house["owner_id"])
            await events.publish_hotel_changed(connection, house)
        return messages.room_type_message(row, house["currency"])

    async def UpdateRoomType(self, request: hotel_pb2.UpdateRoomTypeRequest, context: Context) -> hotel_pb2.RoomType:
        caller = policies.require_editor()
        changes = room_type_fields.written_room_type(request.room_type, request.fields)
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.room_type.id, request.expected_version)
            room_type_fields.check_currency(request.room_type, house["currency"])
            before = _facts(row)
            after = before | changes
            room_type_fields.check_room_type(after)
            if after != before:
                row = await room_type_queries.save(connection, row["id"], after)
                await change_log.record_part_change(connection, "RoomType", row, "updated", before=before, after=after)
                await events.publish_hotel_changed(connection, house)
                if any(before[name] != after[name] for name in room_type_queries.PRICING):
                    await editing.move_rates(connection, house)
        return messages.room_type_message(row, house["currency"])

    async def ArchiveRoomType(self, request: hotel_pb2.ArchiveRoomTypeRequest, context: Context) -> hotel_pb2.RoomType:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.id, request.expected_version)
            row = await room_type_queries.archive(connection, row["id"])
            if house["state"] == "PUBLISHED" and await hotel_queries.missing_to_sell(connection, house["id"]):
                raise IllegalState(
                    "A published house keeps one room type; unpublish it first.",
                    details={"state": "PUBLISHED", "allowed": "DRAFT"},
                )
            await change_log.record_part_change(
                connection, "RoomType", row, "archived", before={"archived": False}, after={"archived": True}
            )
            await events.publish_room_type_archived(connection, row)
            await events.publish_hotel_changed(connection, house)
        return messages.room_type_message(row, house["currency"])

    async def PutNumberOfRooms(
        self, request: hotel_pb2.PutNumberOfRoomsRequest, context: Context
    ) -> hotel_pb2.PutNumberOfRoomsResponse:
        require_role(Role.SYSTEM)
        identifier = parse_id(request.room_type_id, path=("roomTypeId",))
        async with self._database.transaction() as connection:
            found = await room_type_queries.get(connection, identifier)
            house = await hotel_queries.lock_hotel(connection, found["hotel_id"]) if found else None
            row = await room_type_queries.get(connection, identifier)
            if house is None or row is None:
                log.warning("room_type.unknown", room_type_id=request.room_type_id)  # news of it would never fit
                return hotel_pb2.PutNumberOfRoomsResponse()
            news = await room_type_queries.put_number_of_rooms(
                connection, identifier, request.number_of_rooms, request.inventory_version
            )
            if news and row["number_of_rooms"] != request.number_of_rooms:
                await events.publish_hotel_changed(connection, house)
        return hotel_pb2.PutNumberOfRoomsResponse()


async def _locked(
    connection: Connection, caller: Caller, room_type_id: str, expected_version: int
) -> tuple[Record, Record]:
    """The locked house and the room type, which may be edited."""
    return await editing.lock_part(
        connection, caller, room_type_id, expected_version, room_type_queries.get, field="roomTypeId", kind="room type"
    )


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in room_type_queries.WRITTEN}
