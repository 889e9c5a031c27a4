"""The bill at the desk: extras, and money taken or given back there."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from grpc_services.booking import (
    basket_queries,
    events,
    folio,
    folio_queries,
    move_queries,
    move_rules,
    payees,
    refunds,
    rules,
)
from grpc_services.booking.moving import Move, MovingMethods
from grpc_services.booking.rules import State
from runtime.database import Record
from runtime.errors import InvalidInput

Context = grpc.aio.ServicerContext[Any, Any]
_TAKES_CHARGES = (State.CONFIRMED, State.CHECKED_IN)
_UNPAID_YET = (State.HELD, State.PAYMENT_PENDING, State.EXPIRED)


class BillMethods(MovingMethods):
    async def AddCharge(self, request: front_desk_pb2.AddChargeRequest, context: Context) -> booking_pb2.Booking:
        rules.check_line(request.description, move_rules.LONGEST_DESCRIPTION, ("description",), required=True)

        async def charge(move: Move) -> Record:
            row, connection = move.row, move.connection
            amount = move_rules.check_amount(row, request.amount)
            if move.state not in _TAKES_CHARGES:
                raise move_rules.refuse(row, f"A booking that is {move.state} takes no charges.")
            charges = row["charges_minor_units"] + amount
            if row["total_minor_units"] + charges < 0:
                raise InvalidInput("An allowance is at most what the booking costs.", path=("amount", "minorUnits"))
            await folio_queries.insert_charge(
                connection,
                row["id"],
                description=request.description.strip(),
                amount=amount,
                actor_id=move.caller.account_id,
            )
            saved = await move_queries.save_booking(connection, row, move.state, charges_minor_units=charges)
            back = payees.going_back(
                row,
                await refunds.records.kept_by_payee(connection, row["id"]),
                owed=folio.owed(saved),
                salons=payees.of_salons(await basket_queries.load_visits(connection, row["id"])),
            )
            if back:
                await refunds.owe(connection, row["id"], back, refunds.ALLOWANCE)
            await move.tell(saved, "ChargeAdded", request.description.strip(), changed_state=False)
            await events.publish_charge_added(connection, saved, amount, request.description.strip())
            return saved

        return await self._move("AddCharge", request, charge, at_desk=True)

    async def RecordDeskPayment(
        self, request: front_desk_pb2.RecordDeskPaymentRequest, context: Context
    ) -> booking_pb2.Booking:
        if request.method not in _METHODS:
            raise InvalidInput("Say how it was paid.", path=("method",))

        async def record(move: Move) -> Record:
            row, connection = move.row, move.connection
            amount = move_rules.check_amount(row, request.amount)
            if move.state in _UNPAID_YET:
                raise move_rules.refuse(row, f"A booking that is {move.state} is not paid at the desk.")
            sent_back = await refunds.records.sent_back(connection, row["id"])
            if amount > folio.due(row, sent_back=sent_back):
                raise InvalidInput("This is more than is due.", path=("amount", "minorUnits"))
            desk_paid = row["desk_paid_minor_units"] + amount
            if desk_paid < 0:
                raise InvalidInput("This is more than was taken at the desk.", path=("amount", "minorUnits"))
            await folio_queries.insert_desk_payment(
                connection,
                row["id"],
                method=_METHODS[request.method],
                amount=amount,
                actor_id=move.caller.account_id,
            )
            saved = await move_queries.save_booking(connection, row, move.state, desk_paid_minor_units=desk_paid)
            if move.state is State.COMPLETED and folio.due(saved, sent_back=sent_back):
                raise InvalidInput("The guest has left; the bill has to stay settled.", path=("amount", "minorUnits"))
            told = "Paid at the desk." if amount > 0 else "Given back at the desk."
            await move.tell(saved, "DeskPaymentRecorded", told, changed_state=False)
            await events.publish_payment_received(connection, saved, amount, _METHODS[request.method])
            return saved

        return await self._move("RecordDeskPayment", request, record, at_desk=True)


_METHODS: dict[int, str] = {
    booking_pb2.DESK_PAYMENT_METHOD_CASH: "CASH",
    booking_pb2.DESK_PAYMENT_METHOD_CARD: "CARD",
    booking_pb2.DESK_PAYMENT_METHOD_TRANSFER: "TRANSFER",
}
