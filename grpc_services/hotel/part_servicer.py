"""Reading parts of houses by ids of their own: room types, extras, doors and entries of the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import messages, part_queries, policies
from grpc_services.hotel.part_queries import CHANGES, EXTRAS, ROOM_TYPES, ROOMS
from runtime.database import Database
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id
from runtime.identity import current_caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200


class PartMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def GetHotelParts(
        self, request: hotel_pb2.GetHotelPartsRequest, context: Context
    ) -> hotel_pb2.GetHotelPartsResponse:
        caller = current_caller()
        room_type_ids, extra_ids = _parsed(request.room_type_ids), _parsed(request.extra_ids)
        reader: dict[str, Any] = {"reader_id": caller.account_id, "of_anybody": policies.sees_every_house(caller)}
        async with self._database.reading() as connection:
            room_types = await part_queries.visible(connection, ROOM_TYPES, room_type_ids, **reader)
            extras = await part_queries.visible(connection, EXTRAS, extra_ids, **reader)
        return hotel_pb2.GetHotelPartsResponse(
            room_types=[messages.room_type_message(row, row["currency"]) for row in room_types],
            extras=[messages.extra_message(row, row["currency"]) for row in extras],
        )

    async def GetOwnHotelParts(
        self, request: hotel_pb2.GetOwnHotelPartsRequest, context: Context
    ) -> hotel_pb2.GetOwnHotelPartsResponse:
        caller = require_account()
        room_ids, change_ids = _parsed(request.room_ids), _parsed(request.change_ids)
        reader: dict[str, Any] = {"reader_id": caller.account_id, "of_anybody": policies.sees_every_house(caller)}
        async with self._database.reading() as connection:
            rooms = await part_queries.visible(connection, ROOMS, room_ids, **reader)
            changes = await part_queries.visible(connection, CHANGES, change_ids, **reader)
        return hotel_pb2.GetOwnHotelPartsResponse(
            rooms=[messages.room_message(row) for row in rooms],
            changes=[messages.change_message(row) for row in changes],
        )


def _parsed(ids: Sequence[str]) -> list[uuid.UUID]:
    if len(ids) > MOST_IDS:
        raise InvalidInput(f"Ask for at most {MOST_IDS} of a kind at a time.", path=("ids",))
    return [parse_id(value, path=("id",)) for value in ids]
