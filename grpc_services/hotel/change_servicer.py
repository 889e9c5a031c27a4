"""Reading the audit log of a house."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import change_queries, editing, messages, policies
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class ChangeMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def ListChanges(
        self, request: hotel_pb2.ListChangesRequest, context: Context
    ) -> hotel_pb2.ListChangesResponse:
        caller = policies.require_editor()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        subject_id = parse_id(request.subject_id, path=("subjectId",)) if request.subject_id else None
        limit = page_size(request.first)
        before_id = None
        if request.after:
            (identifier,) = decode_cursor(request.after, (str,))
            before_id = parse_id(str(identifier), path=("after",))
        async with self._database.reading() as connection:
            await editing.check_own_house(connection, caller, hotel_id, path=("hotelId",))
            rows = await change_queries.page_of_changes(
                connection, hotel_id, subject_id=subject_id, before_id=before_id, limit=limit + 1
            )
        shown = rows[:limit]
        return hotel_pb2.ListChangesResponse(
            changes=[messages.change_message(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )
