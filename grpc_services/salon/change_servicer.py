"""Reading the audit log of a salon."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.salon.v1 import salon_pb2
from grpc_services.salon import change_queries, editing, messages, policies, salon_queries
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class ChangeMethods:
    """A part of SalonServicer, which gives it the database."""

    _database: Database

    async def ListSalonChanges(
        self, request: salon_pb2.ListSalonChangesRequest, context: Context
    ) -> salon_pb2.ListSalonChangesResponse:
        caller = policies.require_editor()
        salon_id = parse_id(request.salon_id, path=("salonId",))
        limit = page_size(request.first)
        before_id = None
        if request.after:
            before_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            salon = await salon_queries.get_salon(connection, salon_id)
            if salon is None or not policies.edits_salon(caller, salon):
                raise editing.missing("salon", ("salonId",))
            rows = await change_queries.page_of_changes(connection, salon_id, before_id=before_id, limit=limit + 1)
        shown = rows[:limit]
        return salon_pb2.ListSalonChangesResponse(
            changes=[messages.change_message(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )
