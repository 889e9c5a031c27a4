"""The day at a salon: its hotelier and its masters see, confirm and complete appointments."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_cancellation as cancellation
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import visit_queries
from grpc_services.salon.appointment_moving import Move, MovingMethods
from grpc_services.salon.appointment_reading import (
    check_days,
    no_salon,
    place_after,
    sees_all,
    works_at,
)
from grpc_services.salon.appointment_rules import State
from grpc_services.salon.appointment_servicer import page
from runtime.cursors import page_size
from runtime.database import Record
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class SalonDayMethods(MovingMethods):
    async def ListSalonAppointments(
        self, request: appointment_pb2.ListSalonAppointmentsRequest, context: Context
    ) -> appointment_pb2.ListAppointmentsResponse:
        """By start."""
        caller = require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)
        asks_for_another = caller.role is Role.SYSTEM and bool(request.account_id)
        limit = page_size(request.first)
        first, last = messages.parse_day(request.first_day, "firstDay"), messages.parse_day(request.last_day, "lastDay")
        check_days(first, last)
        async with self._database.snapshot() as connection:
            salon = await visit_queries.load_salon(connection, parse_id(request.salon_id, path=("salonId",)))
            if salon is None or not (caller.role is Role.SYSTEM or any(await works_at(connection, caller, salon))):
                raise no_salon()
            begin, end = days_at(ZoneInfo(salon["time_zone"]), first, last)
            rows = await queries.salon_page(
                connection,
                account_id=parse_id(request.account_id, path=("accountId",)) if asks_for_another else caller.account_id,
                sees_all=sees_all(caller) and not asks_for_another,
                salon_id=salon["id"],
                master_id=parse_id(request.master_id, path=("masterId",)) if request.master_id else None,
                begin=begin,
                end=end,
                states=messages.state_names(request.states),
                after=place_after(request.after),
                limit=limit + 1,
            )
            return await page(connection, rows, limit)

    async def ConfirmAppointment(
        self, request: appointment_pb2.ConfirmAppointmentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        async def confirm(move: Move) -> Record:
            if move.state is not State.REQUESTED:  # a hold is confirmed by its payment alone
                raise rules.refuse(move.state, f"An appointment that is {move.state} does not wait to be confirmed.")
            saved = await queries.save(move.connection, move.row, State.CONFIRMED)
            await move.tell(saved, "AppointmentConfirmed", "Confirmed by the salon.")
            await events.publish_confirmed(move.connection, saved)
            return saved

        return await self._move_at_salon(request, State.CONFIRMED, confirm)

    async def CompleteAppointment(
        self, request: appointment_pb2.CompleteAppointmentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        async def complete(move: Move) -> Record:
            self._check_begun(move, State.COMPLETED, since=move.row["starts_at"] - rules.EARLY_CLIENTS)
            saved = await queries.save(move.connection, move.row, State.COMPLETED)
            await move.tell(saved, "AppointmentCompleted", "The client was here.")
            await events.publish_completed(move.connection, saved)
            return saved

        return await self._move_at_salon(request, State.COMPLETED, complete)

    async def MarkAppointmentNoShow(
        self, request: appointment_pb2.MarkAppointmentNoShowRequest, context: Context
    ) -> appointment_pb2.Appointment:
        async def mark(move: Move) -> Record:
            row, connection = move.row, move.connection
            self._check_begun(move, State.NO_SHOW, since=row["starts_at"])
            penalty = cancellation.strictest_penalty(row)
            sent_back = await refunds.records.sent_back(connection, row["id"])
            refund = cancellation.refund_of(row, penalty=penalty, sent_back=sent_back)
            saved = await queries.save(connection, row, State.NO_SHOW, penalty_minor_units=penalty)
            if refund:
                saved = await refunds.give_back(connection, saved, refund, refunds.NO_SHOW)
            await move.tell(saved, "AppointmentMarkedNoShow", "The client did not come.")
            await events.publish_marked_no_show(connection, saved)
            return saved

        return await self._move_at_salon(request, State.NO_SHOW, mark)

    def _check_begun(self, move: Move, to_state: State, *, since: dt.datetime) -> None:
        rules.check_move(move.state, to_state)
        if self._now() < since:
            raise rules.refuse(move.state, "This appointment has not begun.")


def days_at(zone: ZoneInfo, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Local days as a half-open span of moments."""
    end = last + dt.timedelta(days=1)
    return (
        dt.datetime.combine(first, dt.time(), tzinfo=zone).astimezone(dt.UTC),
        dt.datetime.combine(end, dt.time(), tzinfo=zone).astimezone(dt.UTC),
    )
