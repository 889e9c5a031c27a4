"""Following an appointment live."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

import strawberry

from api.appointments import Appointment, AppointmentState, appointment, appointment_state
from api.context import Info
from api.node_ids import decode_id
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import NotFound
from runtime.live_channels import appointment_channel

_MOVES = (  # webhooks and mails are told late, and move nothing
    appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_APPOINTMENT,
    appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_PAYMENT,
)


@strawberry.type(description="A move of an appointment.")
class AppointmentStatusChanged:
    appointment: Appointment = strawberry.field(description="As it stands now, which may be later than this move.")
    kind: str = strawberry.field(description="What happened, such as AppointmentMoved; CURRENT for how it stands.")
    state: AppointmentState = strawberry.field(description="The state that this move led to.")
    version: int = strawberry.field(description="The version that this move led to.")
    at: dt.datetime | None = strawberry.field(description="When it moved; null for how it stands.")


@strawberry.type
class AppointmentSubscriptions:
    @strawberry.subscription(
        description=(
            "An appointment's moves as they happen. First how it stands, or with `afterVersion` every move after "
            "that version, so that a client that was away misses nothing; then every move in order."
        )
    )
    async def appointment_status(
        self,
        info: Info,
        appointment_id: Annotated[strawberry.ID, strawberry.argument(description="The appointment.")],
        after_version: Annotated[
            int | None, strawberry.argument(description="The last version the client has seen; 0 for all.")
        ] = None,
    ) -> AsyncGenerator[AppointmentStatusChanged, None]:
        identifier = decode_id("Appointment", appointment_id, path=("appointmentId",))
        with info.context.services.live.listen(appointment_channel(identifier)) as listener:
            current = await _current(info, identifier)
            seen = after_version if after_version is not None else current.version
            if after_version is None:
                yield AppointmentStatusChanged(
                    appointment=appointment(current),
                    kind="CURRENT",
                    state=appointment_state(current.state),
                    version=current.version,
                    at=None,
                )
            while True:
                async for entry, newest in _moves_after(info, identifier, seen):
                    if entry.version <= seen:  # money that was sent back moves nothing
                        continue
                    seen = entry.version
                    yield AppointmentStatusChanged(
                        appointment=appointment(newest),
                        kind=entry.kind,
                        state=appointment_state(entry.state),
                        version=entry.version,
                        at=from_timestamp(entry.at),
                    )
                await listener.wait()


async def _current(info: Info, identifier: str) -> appointment_pb2.Appointment:
    response = await call(
        info.context.services.appointments.GetAppointments, appointment_pb2.GetAppointmentsRequest(ids=[identifier])
    )
    if not response.appointments:
        raise NotFound("There is no such appointment.", path=("appointmentId",))
    return response.appointments[0]


async def _moves_after(
    info: Info, identifier: str, version: int
) -> AsyncIterator[tuple[appointment_pb2.AppointmentTimelineEntry, appointment_pb2.Appointment]]:
    """Every move after a version, in order, with the appointment as it stands. Asked in the name of the listener, so
    a session that ended or an appointment that is no longer theirs ends the subscription."""
    request = appointment_pb2.ListAppointmentTimelineRequest(
        appointment_id=identifier, topics=_MOVES, with_appointment=True
    )
    more = True
    while more:
        request.after_version = version
        page = await call(info.context.services.appointments.ListAppointmentTimeline, request)
        more = page.has_next_page
        for entry in page.entries:
            yield entry, page.appointment
            version = entry.version
