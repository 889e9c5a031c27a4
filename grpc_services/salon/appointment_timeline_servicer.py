"""The use cases of an appointment's timeline: reading it, and hearing of what was told about it by e-mail."""

from __future__ import annotations

import re
import uuid
from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon.appointment_reading import no_appointment, visible_appointment
from grpc_services.salon.appointment_timeline_topics import NOTIFICATION_FAILED, NOTIFICATION_SENT, wanted_topics
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_KIND = re.compile(r"[A-Za-z]{1,64}")
_RECIPIENTS = {
    appointment_pb2.APPOINTMENT_NOTICE_RECIPIENT_CLIENT: "client",
    appointment_pb2.APPOINTMENT_NOTICE_RECIPIENT_SALON: "salon",
}


class AppointmentTimelineMethods:
    """A part of AppointmentServicer, which gives it the database."""

    _database: Database

    async def ListAppointmentTimeline(
        self, request: appointment_pb2.ListAppointmentTimelineRequest, context: Context
    ) -> appointment_pb2.ListAppointmentTimelineResponse:
        limit = page_size(request.first)
        topics = wanted_topics(request.topics)
        after_id = NOBODY
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        reading = self._database.snapshot if request.with_appointment else self._database.reading
        async with reading() as connection:
            row = await visible_appointment(connection, request.appointment_id)
            rows = await timeline_queries.timeline_page(
                connection,
                row["id"],
                after_id=after_id,
                after_version=request.after_version,
                state_changes_only=request.state_changes_only,
                topics=topics,
                limit=limit + 1,
            )
            standing = await messages.appointments_as_messages(
                connection, [row] if request.with_appointment and rows else []
            )
        shown = rows[:limit]
        return appointment_pb2.ListAppointmentTimelineResponse(
            entries=[messages.timeline_message(entry) for entry in shown],
            cursors=[encode_cursor(str(entry["id"])) for entry in shown],
            has_next_page=len(rows) > limit,
            appointment=standing[0] if standing else None,
        )

    async def RecordAppointmentNotice(
        self, request: appointment_pb2.RecordAppointmentNoticeRequest, context: Context
    ) -> appointment_pb2.RecordAppointmentNoticeResponse:
        require_role(Role.SYSTEM)
        appointment_id = parse_id(request.appointment_id, path=("appointmentId",))
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        if not _KIND.fullmatch(request.kind):
            raise InvalidInput("This is not the name of an event.", path=("kind",))
        recipient = _RECIPIENTS.get(request.recipient)
        if recipient is None:
            raise InvalidInput("Say who was told.", path=("recipient",))
        how = "could not be" if request.failed else "was"
        async with self._database.transaction() as connection:
            row = await queries.lock_appointment(connection, appointment_id)
            if row is None:
                raise no_appointment()
            await timeline_queries.write_notice(
                connection,
                row,
                delivery_id=_id_of_failure(delivery_id) if request.failed else delivery_id,
                kind=NOTIFICATION_FAILED if request.failed else NOTIFICATION_SENT,
                actor=Role.SYSTEM,
                summary=f"The {recipient} {how} told of {request.kind} by e-mail.",
            )
        return appointment_pb2.RecordAppointmentNoticeResponse()


def _id_of_failure(delivery_id: uuid.UUID) -> uuid.UUID:
    """Beside the delivery's own, which is that of the good news when it is sent again after all."""
    return uuid.UUID(int=delivery_id.int ^ 1)
