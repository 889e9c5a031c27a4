"""The use cases of a booking's timeline: reading it, and hearing of what was told about it by e-mail."""

from __future__ import annotations

import re
import uuid
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from grpc_services.booking import messages, queries, timeline_queries
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.reading import visible_booking
from grpc_services.booking.timeline_topics import NOTIFICATION_FAILED, NOTIFICATION_SENT
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_KIND = re.compile(r"[A-Za-z]{1,64}")
_RECIPIENTS = {
    booking_pb2.NOTICE_RECIPIENT_GUEST: "guest",
    booking_pb2.NOTICE_RECIPIENT_HOTELIER: "hotelier",
}


class TimelineMethods:
    """A part of BookingServicer, which gives it the database."""

    _database: Database

    async def ListTimeline(
        self, request: booking_pb2.ListTimelineRequest, context: Context
    ) -> booking_pb2.ListTimelineResponse:
        limit = page_size(request.first)
        topics = messages.topics(request.topics)
        after_id = NOBODY
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        reading = self._database.snapshot if request.with_booking else self._database.reading
        async with reading() as connection:
            booking = await visible_booking(connection, request.booking_id)
            rows = await timeline_queries.timeline_page(
                connection,
                booking["id"],
                after_id=after_id,
                after_version=request.after_version,
                state_changes_only=request.state_changes_only,
                topics=topics,
                limit=limit + 1,
            )
            standing = await booking_as_message(connection, booking) if request.with_booking and rows else None
        shown = rows[:limit]
        return booking_pb2.ListTimelineResponse(
            entries=[messages.timeline_message(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
            booking=standing,
        )

    async def RecordNotice(
        self, request: booking_pb2.RecordNoticeRequest, context: Context
    ) -> booking_pb2.RecordNoticeResponse:
        require_role(Role.SYSTEM)
        booking_id = parse_id(request.booking_id, path=("bookingId",))
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        if not _KIND.fullmatch(request.kind):
            raise InvalidInput("This is not the name of an event.", path=("kind",))
        recipient = _RECIPIENTS.get(request.recipient)
        if recipient is None:
            raise InvalidInput("Say who was told.", path=("recipient",))
        async with self._database.transaction() as connection:
            row = await queries.lock_booking(connection, booking_id)
            if row is None:
                raise NotFound("There is no such booking.", path=("bookingId",))
            await timeline_queries.write_notice(
                connection,
                row,
                delivery_id=_id_of_failure(delivery_id) if request.failed else delivery_id,
                kind=NOTIFICATION_FAILED if request.failed else NOTIFICATION_SENT,
                actor=Role.SYSTEM,
                summary=(
                    f"The {recipient} could not be told of {request.kind} by e-mail."
                    if request.failed
                    else f"The {recipient} was told of {request.kind} by e-mail."
                ),
            )
        return booking_pb2.RecordNoticeResponse()


def _id_of_failure(delivery_id: uuid.UUID) -> uuid.UUID:
    """Beside the delivery's own, which is that of the good news when it is sent again after all."""
    return uuid.UUID(int=delivery_id.int ^ 1)
