"""The use cases of clients: finding a free start, making an appointment of it, and reading appointments."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from contracts.salon.v1 import appointment_pb2, basket_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import master_time_queries, visit_queries, visits
from grpc_services.salon.appointment_reading import (
    check_days,
    cursor_of,
    keys,
    no_salon,
    place_after,
    require_caller,
    sees_all,
    shown_salon,
    visible_appointment,
)
from grpc_services.salon.appointment_rules import State
from grpc_services.salon.gateway import Hotels
from runtime.clock import from_timestamp
from runtime.cursors import page_size
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, PermissionDenied
from runtime.field_checks import Values, check_count, checked_text
from runtime.idempotency import check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]

MOST_IDS = 200
LATEST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


class AppointmentMethods:
    """A part of AppointmentServicer, which gives it the database, the clock, the hotel service and how long holds
    live."""

    _database: Database
    _hotels: Hotels
    _now: Callable[[], dt.datetime]
    _hold_seconds: int

    async def FindSlots(
        self, request: appointment_pb2.FindSlotsRequest, context: Context
    ) -> appointment_pb2.FindSlotsResponse:
        first, last = messages.parse_day(request.first_day, "firstDay"), messages.parse_day(request.last_day, "lastDay")
        check_days(first, last)
        now = self._now()
        async with self._database.snapshot() as connection:
            salon = await shown_salon(connection, request.salon_id)
            visit = await visits.read_visit(connection, salon, request.services)
            moving = None
            if request.moving_appointment_id:
                moving = (await visible_appointment(connection, request.moving_appointment_id))["id"]
            begin = visits.earliest_start(salon, now)
            first = max(first, begin.astimezone(ZoneInfo(salon["time_zone"])).date())
            last = min(last, visits.last_day(salon, now))
            if first > last:
                return appointment_pb2.FindSlotsResponse()
            outlook = await visits.look(connection, visit, first, last, overdue_is_free=True, but_of=moving)
        written = messages.SlotMessages(salon["currency"])
        starts = outlook.starts(first, last, not_before=begin)
        return appointment_pb2.FindSlotsResponse(slots=[written.slot(booked) for booked in starts])

    async def CreateAppointment(
        self, request: appointment_pb2.CreateAppointmentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        caller = require_account()
        check_key(request.idempotency_key)
        given = rules.checked_client(request.client)
        given["note"] = checked_text(request.note, ("note",), longest=rules.LONGEST_NOTE)
        starts_at = wanted_start(request)
        given["exchange_rates_day"] = await self._hotels.exchange_rates_day()
        return await booking.claim_time(
            self._database, lambda: self._book(request, caller, given, starts_at), self._now
        )

    async def _book(
        self,
        request: appointment_pb2.CreateAppointmentRequest,
        caller: Caller,
        given: Values,
        starts_at: dt.datetime,
    ) -> appointment_pb2.Appointment:
        """All of it or nothing, in one transaction. Raises NotFree."""
        key = {"principal": str(caller.account_id), "operation": "CreateAppointment", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=appointment_pb2.Appointment)
            if earlier is not None:
                return earlier
            salon = await visit_queries.share_salon(connection, parse_id(request.salon_id, path=("salonId",)))
            if salon is None or salon["state"] != "PUBLISHED":
                raise no_salon()
            if salon["owner_id"] == caller.account_id:
                raise PermissionDenied("You cannot book at your own salon as a client.")
            visit = await visits.read_visit(connection, salon, request.services)
            visit = without_caller(visit, caller)
            booked = await _take_first(connection, visit, starts_at, self._now())
            appointment_id = new_id()
            total = sum(offer.price_minor_units for offer, _ in booked)
            state = rules.first_state(prepaid=visit.prepaid, total=total, confirms_by_hand=salon["confirms_by_hand"])
            row = await booking.insert(
                connection,
                appointment_id,
                booked,
                visit,
                reference=rules.new_reference(),
                state=state,
                hold_seconds=self._hold_seconds if state is State.HELD else None,
                client_account_id=caller.account_id,
                total_minor_units=total,
                **given,
            )
            await booking.take(connection, appointment_id, booked, visit)
            await _tell(connection, row, caller)
            answer = await messages.appointment_as_message(connection, row)
            await keys.store(connection, **key, answer=answer)
        return answer

    async def GetAppointments(
        self, request: appointment_pb2.GetAppointmentsRequest, context: Context
    ) -> appointment_pb2.GetAppointmentsResponse:
        caller = require_caller()
        check_count(request.ids, ("ids",), most=MOST_IDS)
        async with self._database.snapshot() as connection:
            rows = await queries.visible_appointments(
                connection,
                [parse_id(identifier, path=("ids",)) for identifier in request.ids],
                account_id=caller.account_id,
                sees_all=sees_all(caller),
            )
            return appointment_pb2.GetAppointmentsResponse(
                appointments=await messages.appointments_as_messages(connection, rows)
            )

    async def ListAppointments(
        self, request: appointment_pb2.ListAppointmentsRequest, context: Context
    ) -> appointment_pb2.ListAppointmentsResponse:
        caller = require_account()
        limit = page_size(request.first)
        async with self._database.snapshot() as connection:
            rows = await queries.own_page(
                connection,
                account_id=caller.account_id,
                states=messages.state_names(request.states),
                after=place_after(request.after),
                limit=limit + 1,
            )
            return await page(connection, rows, limit)


async def page(connection: Connection, rows: list[Record], limit: int) -> appointment_pb2.ListAppointmentsResponse:
    """Of rows that were asked for one more than the page holds."""
    shown = rows[:limit]
    return appointment_pb2.ListAppointmentsResponse(
        appointments=await messages.appointments_as_messages(connection, shown),
        cursors=[cursor_of(row) for row in shown],
        has_next_page=len(rows) > limit,
    )


def wanted_start(
    request: appointment_pb2.CreateAppointmentRequest | appointment_pb2.MoveAppointmentRequest | basket_pb2.WantedVisit,
) -> dt.datetime:
    """The moment asked for. Raises InvalidInput for one that no calendar holds."""
    if not request.HasField("starts_at"):
        raise InvalidInput("Say when it begins.", path=("startsAt",))
    if not 0 <= request.starts_at.seconds < LATEST.timestamp() or not 0 <= request.starts_at.nanos < 1_000_000_000:
        raise InvalidInput("This moment cannot be booked.", path=("startsAt",))
    return from_timestamp(request.starts_at)


def without_caller(visit: visits.Visit, caller: Caller) -> visits.Visit:
    """Masters are welcome as clients, but not with themselves."""
    left = visit.without_master_of(caller.account_id)
    for before, after in itertools.zip_longest(visit.offers, left.offers):
        if before and not after:
            raise PermissionDenied("You cannot book with yourself.")
    return left


async def _take_first(
    connection: Connection, visit: visits.Visit, starts_at: dt.datetime, now: dt.datetime
) -> visits.Booked:
    """Locks the masters, then chooses among those who are free. Raises NotFree."""
    if not visits.is_start(visit.salon, starts_at, now):
        raise booking.NotFree(visit, starts_at)
    await master_time_queries.lock_masters(connection, visit.master_ids)
    day = starts_at.astimezone(visit.zone).date()
    outlook = await visits.look(connection, visit, day, day, overdue_is_free=False)
    booked = outlook.at(starts_at)
    if booked is None:
        raise booking.NotFree(visit, starts_at)
    return booked


async def _tell(connection: Connection, row: Record, caller: Caller) -> None:
    """Of a new appointment, in its timeline and as an event."""
    match State(row["state"]):
        case State.HELD:
            kind, summary, publish = "AppointmentHeld", "Time held, waiting for payment.", events.publish_held
        case State.REQUESTED:
            kind, summary, publish = (
                "AppointmentRequested",
                "Asked for; the salon will confirm it.",
                events.publish_requested,
            )
        case _:
            kind, summary, publish = (
                "AppointmentConfirmed",
                "Confirmed; paid at the salon.",
                events.publish_confirmed,
            )
    await timeline_queries.write_timeline(connection, row, kind=kind, actor=caller.role, summary=summary)
    await publish(connection, row)
