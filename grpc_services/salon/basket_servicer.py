"""The use cases of visits that are booked and paid with rooms: booking decides, salon keeps the masters' time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from contracts.salon.v1 import basket_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import basket_holding as holding
from grpc_services.salon import basket_pricing as pricing
from grpc_services.salon import basket_queries, master_time_queries
from grpc_services.salon.appointment_cancellation import stage_message, stages
from grpc_services.salon.appointment_rules import State
from grpc_services.salon.gateway import Hotels
from runtime.cursors import page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState
from runtime.identifiers import parse_id
from runtime.identity import Role, current_caller, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_HELD_OR_TO_BE = frozenset({State.HELD, State.CONFIRMED, State.EXPIRED})


class BasketMethods:
    """A part of BasketServicer, which gives it the database, the clock, how long holds live, what
    the platform keeps and the hotel service."""

    _database: Database
    _now: Callable[[], dt.datetime]
    _hold_seconds: int
    _commission_basis_points: int
    _hotels: Hotels

    async def PriceVisits(self, request: basket_pb2.PriceVisitsRequest, context: Context) -> basket_pb2.QuotedVisits:
        terms = pricing.Terms(self._commission_basis_points, await self._hotels.exchange_rates_day())
        async with self._database.snapshot() as connection:
            return await pricing.price(connection, request, current_caller(), self._now(), terms)

    async def HoldVisits(self, request: basket_pb2.HoldVisitsRequest, context: Context) -> basket_pb2.BasketVisits:
        require_role(Role.SYSTEM)
        booking_id = _booking_id(request)

        async def hold() -> basket_pb2.BasketVisits:
            async with self._database.transaction() as connection:
                known = await basket_queries.lock_basket(connection, booking_id)
                if not {row["state"] for row in known} <= _HELD_OR_TO_BE:
                    raise IllegalState("These visits have come to an end.", path=("quoteId",))
                await holding.take(
                    connection, request, booking_id, known, hold_seconds=self._hold_seconds, now=self._now()
                )
                await basket_queries.keep_held(
                    connection, booking_id, attempt=request.attempt, hold_seconds=self._hold_seconds
                )
                return await _answer(connection, booking_id)

        return await booking.claim_time(self._database, hold, self._now)

    async def ConfirmVisits(
        self, request: basket_pb2.ConfirmVisitsRequest, context: Context
    ) -> basket_pb2.BasketVisits:
        require_role(Role.SYSTEM)
        booking_id = _booking_id(request)
        async with self._database.transaction() as connection:
            for row in await basket_queries.lock_basket(connection, booking_id):
                if row["state"] != State.HELD:
                    continue
                confirmed = await queries.save(
                    connection, row, State.CONFIRMED, paid_minor_units=row["total_minor_units"]
                )
                await _tell(connection, confirmed, "AppointmentConfirmed", "Paid with its booking and confirmed.")
                await events.publish_confirmed(connection, confirmed)
            return await _answer(connection, booking_id)

    async def ReleaseVisits(
        self, request: basket_pb2.ReleaseVisitsRequest, context: Context
    ) -> basket_pb2.BasketVisits:
        require_role(Role.SYSTEM)
        booking_id = _booking_id(request)
        async with self._database.transaction() as connection:
            for row in await basket_queries.lock_basket(connection, booking_id):
                if row["state"] != State.HELD or row["booking_attempt"] > request.attempt:
                    continue
                released = await queries.save(connection, row, State.EXPIRED)
                await master_time_queries.release_appointments(connection, [row["id"]])
                await _tell(
                    connection, released, "AppointmentExpired", "Its booking was not made, or not paid in time."
                )
                await events.publish_expired(connection, released)
            return await _answer(connection, booking_id)

    async def CancelVisits(self, request: basket_pb2.CancelVisitsRequest, context: Context) -> basket_pb2.BasketVisits:
        require_role(Role.SYSTEM)
        booking_id = _booking_id(request)
        penalties = {one.appointment_id: one.minor_units for one in request.penalties}
        async with self._database.transaction() as connection:
            for row in await basket_queries.lock_basket(connection, booking_id):
                penalty = penalties.get(str(row["id"]))
                if penalty is None or State.CANCELLED not in rules.MOVES[State(row["state"])]:
                    continue
                await _cancel(connection, row, penalty)
            return await _answer(connection, booking_id)

    async def GetVisits(self, request: basket_pb2.GetVisitsRequest, context: Context) -> basket_pb2.BasketVisits:
        require_role(Role.SYSTEM)
        async with self._database.snapshot() as connection:
            return await _answer(connection, _booking_id(request))

    async def ListOverdueBaskets(
        self, request: basket_pb2.ListOverdueBasketsRequest, context: Context
    ) -> basket_pb2.ListOverdueBasketsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            overdue = await basket_queries.overdue_baskets(connection, page_size(request.first))
        return basket_pb2.ListOverdueBasketsResponse(booking_ids=map(str, overdue))


def _booking_id(
    request: basket_pb2.HoldVisitsRequest
    | basket_pb2.ConfirmVisitsRequest
    | basket_pb2.ReleaseVisitsRequest
    | basket_pb2.CancelVisitsRequest
    | basket_pb2.GetVisitsRequest,
) -> uuid.UUID:
    return parse_id(request.booking_id, path=("bookingId",))


async def _tell(connection: Connection, row: Record, kind: str, summary: str) -> None:
    await timeline_queries.write_timeline(connection, row, kind=kind, actor=Role.SYSTEM, summary=summary)


async def _answer(connection: Connection, booking_id: uuid.UUID) -> basket_pb2.BasketVisits:
    rows: Sequence[Record] = await basket_queries.load_basket(connection, booking_id)
    appointments = await messages.appointments_as_messages(connection, rows)
    return basket_pb2.BasketVisits(
        visits=[
            basket_pb2.BasketVisit(
                position=row["booking_position"],
                appointment=appointment,
                stages=[stage_message(row, stage) for stage in stages(row)],
            )
            for row, appointment in zip(rows, appointments, strict=True)
        ]
    )


async def _cancel(connection: Connection, row: Record, penalty: int) -> None:
    cancelled = await queries.save(connection, row, State.CANCELLED, penalty_minor_units=penalty)
    await master_time_queries.release_appointments(connection, [row["id"]])
    refund = max(0, row["paid_minor_units"] - penalty)
    cancelled = await queries.add_money(connection, row["id"], refunded=refund)
    await _tell(connection, cancelled, "AppointmentCancelled", "Cancelled with its booking.")
    await events.publish_cancelled(connection, cancelled, refund=refund, by_salon=False, reason="", with_booking=True)
