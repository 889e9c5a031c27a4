"""Calling a booking off, whole or some of its rooms."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import structlog

from contracts.booking.v1 import booking_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import (
    basket_queries,
    basket_rules,
    basket_tending,
    cancellation,
    doors,
    events,
    folio_queries,
    messages,
    move_queries,
    move_rules,
    payees,
    refunds,
    rules,
)
from grpc_services.booking.basket_rules import Steps
from grpc_services.booking.moving import Move, MovingMethods, runs_house
from grpc_services.booking.reading import visible_booking
from grpc_services.booking.rules import State
from grpc_services.booking.salon_gateway import Salons
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import NotFound, ServiceError, Unavailable
from runtime.identifiers import parse_id
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()
_BEFORE_ALL = dt.datetime.min.replace(tzinfo=dt.UTC)


class CancelMethods(MovingMethods):
    _salons: Salons

    async def PreviewCancellation(
        self, request: booking_pb2.PreviewCancellationRequest, context: Context
    ) -> booking_pb2.CancellationPreview:
        caller = require_account()
        steps = await self._visit_steps(request.booking_id)
        async with self._database.snapshot() as connection:
            row = await visible_booking(connection, request.booking_id)
            by_hotel = runs_house(caller, row)
            if not by_hotel and row["guest_account_id"] != caller.account_id:
                raise NotFound("There is no such booking.", path=("bookingId",))
            rooms = await folio_queries.load_rooms(connection, row["id"])
            kept = await refunds.records.kept_by_payee(connection, row["id"])
            visits = await basket_queries.load_visits(connection, row["id"])
        now = self._now()
        chosen = _check(row, rooms, list(request.positions))
        of_rooms = move_rules.policy_stages(row, chosen)
        leaving = _leaving(rooms, chosen, visits, steps, now)
        stages = basket_rules.combined(of_rooms, leaving, steps, State(row["state"]))

        def refund(rooms_penalty: int, of_visits: Mapping[uuid.UUID, int], *, hotel: bool = False) -> int:
            return move_rules.cancelling(
                row,
                rooms,
                chosen,
                penalty=rooms_penalty,
                by_hotel=hotel,
                kept=kept,
                salons=payees.of_salons(visits, of_visits),
            ).refund

        def money(minor_units: int) -> money_pb2.Money:
            return money_pb2.Money(minor_units=minor_units, currency=row["currency"])

        rooms_penalty = 0 if by_hotel else cancellation.penalty_at(of_rooms, now)
        penalties = _visit_penalties(row, leaving, steps, now, by_hotel=by_hotel)
        return booking_pb2.CancellationPreview(
            booking_id=str(row["id"]),
            version=row["version"],
            penalty=money(rooms_penalty + sum(penalties.values())),
            refund=money(refund(rooms_penalty, penalties, hotel=by_hotel)),
            stages=[
                booking_pb2.CancellationStage(
                    begins=to_timestamp(stage.begins) if stage.begins else None,
                    ends=to_timestamp(stage.ends) if stage.ends else None,
                    penalty=money(stage.penalty),
                    refund=money(
                        refund(
                            cancellation.penalty_at(of_rooms, stage.begins or _BEFORE_ALL),
                            _visit_penalties(row, leaving, steps, stage.begins, by_hotel=False),
                        )
                    ),
                )
                for stage in stages
            ],
            time_zone=messages.priced_stay(row).time_zone,
            by_hotel=by_hotel,
            rooms_penalty=money(rooms_penalty),
            visits=[
                booking_pb2.VisitCancellation(position=one["position"], penalty=money(penalties[one["appointment_id"]]))
                for one in leaving
            ],
        )

    async def CancelBooking(self, request: booking_pb2.CancelBookingRequest, context: Context) -> booking_pb2.Booking:
        require_account()
        move_rules.check_reason(request.reason)
        steps = await self._visit_steps(request.booking_id)

        async def cancel(move: Move) -> Record:
            row, connection = move.row, move.connection
            now = self._now()
            chosen = _check(row, move.rooms, list(request.positions))
            visits = await basket_queries.load_visits(connection, row["id"])
            leaving = _leaving(move.rooms, chosen, visits, steps, now)
            penalties = _visit_penalties(row, leaving, steps, now, by_hotel=move.by_hotel)
            salons = payees.of_salons(visits, penalties)
            costs = move_rules.cancelling(
                row,
                move.rooms,
                chosen,
                penalty=cancellation.penalty_at(move_rules.policy_stages(row, chosen), now),
                by_hotel=move.by_hotel,
                kept=await refunds.records.kept_by_payee(connection, row["id"]),
                salons=salons,
            )
            move_rules.check_refund(row, request.expected_refund, costs.refund)
            gone = {room["position"] for room in chosen}
            rooms = [
                move_queries.changed(room, cancelled=room["cancelled"] or room["position"] in gone)
                for room in move.rooms
            ]
            saved = await move_queries.save_booking(
                connection,
                row,
                State.CANCELLED if costs.whole else move.state,
                total_minor_units=costs.new_total,
                penalty_minor_units=costs.penalty_in_all,
                visits_minor_units=salons.total(),
            )
            for one in leaving:
                await basket_queries.call_off(connection, one, penalties[one["appointment_id"]])
            await move_queries.save_rooms(connection, row["id"], rooms)
            if costs.refund:
                await refunds.owe(connection, row["id"], costs.back, refunds.CANCELLED)
            who = "the hotel" if move.by_hotel else "the guest"
            what = "The booking was" if costs.whole else "Some rooms were"
            await move.tell(saved, "BookingCancelled", f"{what} cancelled by {who}.")
            await events.publish_cancelled(
                connection,
                saved,
                move.rooms,
                refund=costs.refund,
                penalty=costs.penalty + sum(penalties.values()),
                by_hotel=move.by_hotel,
                whole=costs.whole,
                reason=request.reason,
            )
            await move.swap_nights(rooms)
            for position in sorted(gone):
                await doors.free(connection, row, position=position)
            return saved

        cancelled = await self._move("CancelBooking", request, cancel)
        if cancelled.visits:
            await self._try_to_tell(uuid.UUID(cancelled.id))
        return cancelled

    async def _visit_steps(self, booking_id: str) -> Mapping[int, Steps]:
        """What calling each visit of a booking off costs, as its salon says now; asked before anything is locked.
        Raises Unavailable when salon does not answer: its penalties are its own."""
        identifier = parse_id(booking_id, path=("bookingId",))
        told = await basket_tending.tend(self._database, self._salons, self._payments, identifier)
        return {one.position: basket_rules.heard(one).steps for one in told}

    async def _try_to_tell(self, booking_id: uuid.UUID) -> None:
        """Salon hears of it now, or from the sweeper."""
        try:
            await basket_tending.tend(self._database, self._salons, self._payments, booking_id)
        except ServiceError as refusal:
            log.warning("visits.not_cancelled_yet", booking_id=str(booking_id), code=refusal.code)


def _leaving(
    rooms: Sequence[Record],
    chosen: Sequence[Record],
    visits: Sequence[Record],
    steps: Mapping[int, Steps],
    now: dt.datetime,
) -> list[Record]:
    """The visits that are called off with these rooms: those to come, when no room is left."""
    whole = len(chosen) == sum(not room["cancelled"] for room in rooms)
    leaving = basket_rules.falling_away(visits, now) if whole else []
    if any(one["position"] not in steps for one in leaving):
        raise Unavailable("The visits of this booking are just being changed; please try again.")
    return leaving


def _visit_penalties(
    row: Record, leaving: Sequence[Record], steps: Mapping[int, Steps], moment: dt.datetime | None, *, by_hotel: bool
) -> dict[uuid.UUID, int]:
    """By appointment, at a moment (None: since ever). The house itself takes none."""
    state = State(row["state"])
    return {
        one["appointment_id"]: 0 if by_hotel else basket_rules.penalty_at(one, steps[one["position"]], moment, state)
        for one in leaving
    }


def _check(row: Record, rooms: Sequence[Record], positions: list[int]) -> list[Record]:
    """The rooms to cancel, if the booking's state allows it."""
    move_rules.refuse_overdue(row)
    rules.check_move(State(row["state"]), State.CANCELLED)
    chosen = move_rules.chosen_rooms(rooms, positions)
    whole = len(chosen) == sum(not room["cancelled"] for room in rooms)
    if row["state"] == State.PAYMENT_PENDING and not whole:
        raise move_rules.refuse(row, "While a payment is under way only the whole booking can be cancelled.")
    return chosen
