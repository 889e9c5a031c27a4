"""The use cases of paying an appointment: beginning a payment, and looking how it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_settlement as settlement
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon.appointment_reading import keys, no_appointment, visible_appointment
from grpc_services.salon.appointment_rules import State
from runtime.clock import to_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState
from runtime.idempotency import check_key
from runtime.identity import require_account
from runtime.payment_system import PaymentSystem, payment_state_name

Context = grpc.aio.ServicerContext[Any, Any]


class AppointmentPaymentMethods:
    """A part of AppointmentServicer, which gives it the database, the payment system and the clock."""

    _database: Database
    _payments: PaymentSystem
    _commission_basis_points: int
    _now: Callable[[], dt.datetime]

    async def StartAppointmentPayment(
        self, request: appointment_pb2.StartAppointmentPaymentRequest, context: Context
    ) -> appointment_pb2.StartAppointmentPaymentResponse:
        caller = require_account()
        check_key(request.idempotency_key)
        key = {"principal": str(caller.account_id), "operation": "StartPayment", "key": request.idempotency_key}
        answer = appointment_pb2.StartAppointmentPaymentResponse
        async with self._database.reading() as connection:
            row = await visible_appointment(connection, request.appointment_id)
            earlier = await keys.find(connection, **key, request=request, answer=answer)
        if earlier is not None:
            return earlier
        if row["client_account_id"] != caller.account_id:
            raise no_appointment()
        _check_payable(row)
        payment = await self._open_payment(row, request)
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=answer)
            if earlier is not None:
                return earlier
            locked = await queries.lock_appointment(connection, row["id"])
            if locked is None:
                raise no_appointment()
            if locked["payment_id"] != payment.id:
                _check_payable(locked)
                if locked["payment_id"] != row["payment_id"]:
                    raise IllegalState("Another payment of this appointment is under way.", path=("appointmentId",))
                locked = await _begin(connection, locked, payment, caller.role)
            response = appointment_pb2.StartAppointmentPaymentResponse(
                appointment=await messages.appointment_as_message(connection, locked)
            )
            await keys.store(connection, **key, answer=response)
        return response

    async def RefreshAppointmentPayment(
        self, request: appointment_pb2.RefreshAppointmentPaymentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        async with self._database.reading() as connection:
            row = await visible_appointment(connection, request.appointment_id)
            is_open = await refunds.records.is_open(connection, row["payment_id"])
        if is_open:
            settle = partial(settlement.settle_payment, self._database, self._payments, now=self._now())
            await refunds.settling.look_after(self._database, row["payment_id"], settle)
        async with self._database.reading() as connection:
            now = await visible_appointment(connection, request.appointment_id)
            return await messages.appointment_as_message(connection, now)

    async def _open_payment(
        self, row: Record, request: appointment_pb2.StartAppointmentPaymentRequest
    ) -> payment_pb2.Payment:
        """The payment that is under way, or a new one for the whole price."""
        if row["state"] == State.PAYMENT_PENDING:
            return await self._payments.get(row["payment_id"])
        amount = money_pb2.Money(minor_units=row["total_minor_units"], currency=row["currency"])
        return await self._payments.create(
            payment_pb2.CreatePaymentRequest(
                idempotency_key=f"{row['id']}:{row['payment_attempts'] + 1}",
                purpose=payment_pb2.PAYMENT_PURPOSE_APPOINTMENT,
                amount=amount,
                booking_id=str(row["id"]),
                booking_reference=row["reference"],
                description=row["salon_name"],
                return_url=request.return_url,
                locale=request.locale,
                expires_at=to_timestamp(row["hold_expires_at"]),
                shares=[
                    payment_pb2.PayeeShare(
                        payee_id=str(row["salon_id"]),
                        amount=amount,
                        commission_basis_points=self._commission_basis_points,
                    )
                ],
            )
        )


async def _begin(connection: Connection, row: Record, payment: payment_pb2.Payment, actor: str) -> Record:
    moved = await queries.save(
        connection,
        row,
        State.PAYMENT_PENDING,
        payment_id=payment.id,
        payment_state=payment_state_name(payment),
        payment_minor_units=payment.amount.minor_units,
        checkout_url=payment.checkout_url,
        payment_attempts=row["payment_attempts"] + 1,
    )
    await refunds.records.open_new_payment(connection, row["id"], payment.id)
    await timeline_queries.write_timeline(
        connection, moved, kind="PaymentStarted", actor=actor, summary="Payment begun."
    )
    await events.publish_payment_started(connection, moved)
    return moved


def _check_payable(row: Record) -> None:
    rules.refuse_overdue(row)
    rules.refuse_held_for_booking(row)
    state = State(row["state"])
    if state not in rules.HOLDING:
        raise rules.refuse(state, f"An appointment that is {state} cannot be paid.")
