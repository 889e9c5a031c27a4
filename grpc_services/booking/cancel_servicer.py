"""Calling a booking off, whole or some of its rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import (
    cancellation,
    doors,
    events,
    folio_queries,
    messages,
    move_queries,
    move_rules,
    refund_queries,
    refunds,
    rules,
)
from grpc_services.booking.moving import Move, MovingMethods, runs_house
from grpc_services.booking.reading import visible_booking
from grpc_services.booking.rules import State
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import NotFound
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]


class CancelMethods(MovingMethods):
    async def PreviewCancellation(
        self, request: booking_pb2.PreviewCancellationRequest, context: Context
    ) -> booking_pb2.CancellationPreview:
        caller = require_account()
        async with self._database.snapshot() as connection:
            row = await visible_booking(connection, request.booking_id)
            by_hotel = runs_house(caller, row)
            if not by_hotel and row["guest_account_id"] != caller.account_id:
                raise NotFound("There is no such booking.", path=("bookingId",))
            rooms = await folio_queries.load_rooms(connection, row["id"])
            sent_back = await refund_queries.sent_back(connection, row["id"])
        chosen = _check(row, rooms, list(request.positions))
        stages = move_rules.policy_stages(row, chosen)

        def costs(penalty: int, *, hotel: bool = False) -> move_rules.Cancelling:
            return move_rules.cancelling(row, rooms, chosen, penalty=penalty, by_hotel=hotel, sent_back=sent_back)

        def money(minor_units: int) -> money_pb2.Money:
            return money_pb2.Money(minor_units=minor_units, currency=row["currency"])

        now = costs(cancellation.penalty_at(stages, self._now()), hotel=by_hotel)
        return booking_pb2.CancellationPreview(
            booking_id=str(row["id"]),
            version=row["version"],
            penalty=money(now.penalty),
            refund=money(now.refund),
            stages=[
                booking_pb2.CancellationStage(
                    begins=to_timestamp(stage.begins) if stage.begins else None,
                    ends=to_timestamp(stage.ends) if stage.ends else None,
                    penalty=money(stage.penalty),
                    refund=money(costs(stage.penalty).refund),
                )
                for stage in stages
            ],
            time_zone=messages.priced_stay(row).time_zone,
            by_hotel=by_hotel,
        )

    async def CancelBooking(self, request: booking_pb2.CancelBookingRequest, context: Context) -> booking_pb2.Booking:
        move_rules.check_reason(request.reason)

        async def cancel(move: Move) -> Record:
            row, connection = move.row, move.connection
            chosen = _check(row, move.rooms, list(request.positions))
            costs = move_rules.cancelling(
                row,
                move.rooms,
                chosen,
                penalty=cancellation.penalty_at(move_rules.policy_stages(row, chosen), self._now()),
                by_hotel=move.by_hotel,
                sent_back=await refund_queries.sent_back(connection, row["id"]),
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
            )
            await move_queries.save_rooms(connection, row["id"], rooms)
            if costs.refund:
                await refunds.owe(connection, row["id"], costs.refund, refunds.CANCELLED)
            who = "the hotel" if move.by_hotel else "the guest"
            what = "The booking was" if costs.whole else "Some rooms were"
            await move.tell(saved, "BookingCancelled", f"{what} cancelled by {who}.")
            await events.publish_cancelled(
                connection,
                saved,
                move.rooms,
                refund=costs.refund,
                penalty=costs.penalty,
                by_hotel=move.by_hotel,
                whole=costs.whole,
                reason=request.reason,
            )
            await move.swap_nights(rooms)
            for position in sorted(gone):
                await doors.free(connection, row, position=position)
            return saved

        return await self._move("CancelBooking", request, cancel)


def _check(row: Record, rooms: Sequence[Record], positions: list[int]) -> list[Record]:
    """The rooms to cancel, if the booking's state allows it."""
    move_rules.refuse_overdue(row)
    rules.check_move(State(row["state"]), State.CANCELLED)
    chosen = move_rules.chosen_rooms(rooms, positions)
    whole = len(chosen) == sum(not room["cancelled"] for room in rooms)
    if row["state"] == State.PAYMENT_PENDING and not whole:
        raise move_rules.refuse(row, "While a payment is under way only the whole booking can be cancelled.")
    return chosen
