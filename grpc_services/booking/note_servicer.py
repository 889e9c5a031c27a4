"""The use cases of notes that the hotel keeps on its bookings; their guests never see them."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import front_desk_pb2
from grpc_services.booking import desk_queries, desk_rules
from grpc_services.booking.desk_servicer import lock_own_booking, own_booking
from grpc_services.booking.reading import keys, require_hotelier
from runtime.clock import to_timestamp
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database, Record
from runtime.idempotency import check_key
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class NoteMethods:
    """A part of FrontDeskServicer, which gives it the database."""

    _database: Database

    async def AddNote(self, request: front_desk_pb2.AddNoteRequest, context: Context) -> front_desk_pb2.Note:
        caller = require_hotelier()
        check_key(request.idempotency_key)
        booking_id = parse_id(request.booking_id, path=("bookingId",))
        words = desk_rules.note_text(request.text)
        key = {"principal": str(caller.account_id), "operation": "AddNote", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=front_desk_pb2.Note)
            if earlier is not None:
                return earlier
            booking = await lock_own_booking(connection, caller, booking_id)
            answer = _note(await desk_queries.insert_note(connection, booking["id"], caller.account_id, words))
            await keys.store(connection, **key, answer=answer)
        return answer

    async def ListNotes(
        self, request: front_desk_pb2.ListNotesRequest, context: Context
    ) -> front_desk_pb2.ListNotesResponse:
        caller = require_hotelier()
        booking_id = parse_id(request.booking_id, path=("bookingId",))
        limit = page_size(request.first)
        after_id = None
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            await own_booking(connection, caller, booking_id)
            rows = await desk_queries.note_page(connection, booking_id, after_id=after_id, limit=limit + 1)
        shown = rows[:limit]
        return front_desk_pb2.ListNotesResponse(
            notes=[_note(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )


def _note(row: Record) -> front_desk_pb2.Note:
    return front_desk_pb2.Note(
        id=str(row["id"]),
        booking_id=str(row["booking_id"]),
        author_id=str(row["author_id"]),
        text=row["text"],
        at=to_timestamp(row["at"]),
    )
