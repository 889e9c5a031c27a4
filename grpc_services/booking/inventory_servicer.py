"""The use cases of nights: what is free, and what becomes sellable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from contracts.booking.v1 import inventory_pb2
from grpc_services.booking import events, inventory_change_queries, inventory_queries, messages
from grpc_services.booking.reading import parse_ids
from runtime.database import Database
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class InventoryMethods:
    """A part of InventoryServicer, which gives it the database."""

    _database: Database
    _stale_seconds: int

    async def GetAvailability(
        self, request: inventory_pb2.GetAvailabilityRequest, context: Context
    ) -> inventory_pb2.GetAvailabilityResponse:
        ids = parse_ids(request.room_type_ids)
        first_night = messages.parse_date(request.first_night, "firstNight")
        end_night = messages.parse_date(request.end_night, "endNight")
        async with self._database.reading() as connection:
            types = await inventory_queries.room_types(connection, ids, stale_seconds=self._stale_seconds)
            nights = await inventory_queries.free_rooms(
                connection, ids, first_night, end_night, with_holds=request.with_holds
            )
        return inventory_pb2.GetAvailabilityResponse(room_types=messages.availability_messages(types, nights))

    async def StreamAvailability(
        self, request: inventory_pb2.StreamAvailabilityRequest, context: Context
    ) -> AsyncIterator[inventory_pb2.RoomTypeAvailability]:
        first_night = messages.parse_date(request.first_night, "firstNight")
        end_night = messages.parse_date(request.end_night, "endNight")
        async with self._database.reading() as connection:
            async for types in inventory_queries.all_room_types(connection, stale_seconds=self._stale_seconds):
                ids = [row["room_type_id"] for row in types]
                nights = await inventory_queries.free_rooms(connection, ids, first_night, end_night)
                for availability in messages.availability_messages(types, nights):
                    yield availability

    async def TakeInRoomTypes(
        self, request: inventory_pb2.TakeInRoomTypesRequest, context: Context
    ) -> inventory_pb2.TakeInRoomTypesResponse:
        require_role(Role.SYSTEM)
        taken_in = 0
        async with self._database.transaction() as connection:
            for announced in request.room_types:
                new = await inventory_queries.take_in_room_type(
                    connection,
                    parse_id(announced.room_type_id, path=("roomTypeId",)),
                    parse_id(announced.hotel_id, path=("hotelId",)),
                    parse_id(announced.owner_id, path=("ownerId",)),
                    announced.number_of_rooms,
                )
                if new:
                    taken_in += 1
                    await events.publish_sellable(connection, announced.room_type_id, announced.hotel_id)
        return inventory_pb2.TakeInRoomTypesResponse(taken_in=taken_in)

    async def CloseRoomType(
        self, request: inventory_pb2.CloseRoomTypeRequest, context: Context
    ) -> inventory_pb2.CloseRoomTypeResponse:
        caller = require_role(Role.SYSTEM)
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",))
        async with self._database.transaction() as connection:
            await inventory_change_queries.lock_room_type(connection, room_type_id)
            closed = await inventory_change_queries.close_room_type(connection, room_type_id)
            if closed is not None:
                await inventory_change_queries.write_change(
                    connection, closed, "closed", caller, before=None, after=None
                )
                await events.publish_inventory_changed(connection, closed)
        return inventory_pb2.CloseRoomTypeResponse()
