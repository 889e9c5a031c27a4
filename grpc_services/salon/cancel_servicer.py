"""Calling an appointment off, by its client or by its salon."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_cancellation as cancellation
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import master_time_queries
from grpc_services.salon.appointment_messages import money_of
from grpc_services.salon.appointment_moving import Move, MovingMethods, is_of_salon
from grpc_services.salon.appointment_reading import visible_appointment
from grpc_services.salon.appointment_rules import State
from runtime.database import Record
from runtime.field_checks import checked_line
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]


class CancelMethods(MovingMethods):
    async def PreviewAppointmentCancellation(
        self, request: appointment_pb2.PreviewAppointmentCancellationRequest, context: Context
    ) -> appointment_pb2.AppointmentCancellationPreview:
        caller = require_account()
        async with self._database.snapshot() as connection:
            row = await visible_appointment(connection, request.appointment_id)
            services = (await queries.load_services(connection, [row["id"]]))[row["id"]]
            sent_back = await refunds.records.sent_back(connection, row["id"])
        by_salon = is_of_salon(caller, row, services)
        self._check(row, by_salon=by_salon)
        stages = cancellation.stages(row)
        now = 0 if by_salon else cancellation.penalty_at(stages, self._now())

        return appointment_pb2.AppointmentCancellationPreview(
            penalty=money_of(row, now),
            refund=money_of(row, cancellation.refund_of(row, penalty=now, sent_back=sent_back)),
            stages=[cancellation.stage_message(row, stage, sent_back) for stage in stages],
        )

    async def CancelAppointment(
        self, request: appointment_pb2.CancelAppointmentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        reason = checked_line(request.reason, ("reason",), longest=rules.LONGEST_REASON)

        async def cancel(move: Move) -> Record:
            row, connection = move.row, move.connection
            self._check(row, by_salon=move.by_salon)
            penalty = 0 if move.by_salon else cancellation.penalty_at(cancellation.stages(row), self._now())
            sent_back = await refunds.records.sent_back(connection, row["id"])
            refund = cancellation.refund_of(row, penalty=penalty, sent_back=sent_back)
            cancellation.check_refund(row, request.expected_refund, refund)
            saved = await queries.save(connection, row, State.CANCELLED, penalty_minor_units=penalty)
            await master_time_queries.release_appointments(connection, [row["id"]])
            if refund:
                saved = await refunds.give_back(connection, saved, refund, refunds.CANCELLED)
            who = "the salon" if move.by_salon else "the client"
            await move.tell(saved, "AppointmentCancelled", f"Cancelled by {who}.")
            await events.publish_cancelled(connection, saved, refund=refund, by_salon=move.by_salon, reason=reason)
            return saved

        return await self._move_once("CancelAppointment", request, cancel)

    def _check(self, row: Record, *, by_salon: bool) -> None:
        """Whether the appointment's state allows it; once it has begun, only the salon can call it off."""
        rules.refuse_overdue(row)
        rules.refuse_held_for_booking(row)
        rules.check_move(State(row["state"]), State.CANCELLED)
        if not by_salon and self._now() >= row["starts_at"]:
            raise rules.refuse(State(row["state"]), "This appointment has begun; ask the salon.")
