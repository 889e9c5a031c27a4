"""The use cases of paying: beginning a payment, and looking how it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.booking import (
    basket_queries,
    events,
    folio,
    messages,
    payees,
    queries,
    refunds,
    rules,
    settlement,
)
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.reading import keys, visible_booking
from grpc_services.booking.salon_gateway import Salons
from runtime.clock import to_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, NotFound, Unavailable
from runtime.idempotency import check_key
from runtime.identity import require_account
from runtime.payment_system import PaymentSystem, payment_state_name

_ENDED = ("CAPTURED", "FAILED", "VOIDED")
_PAYS_MORE = (rules.State.CONFIRMED, rules.State.CHECKED_IN)
_TIME_TO_PAY = dt.timedelta(hours=1)

Context = grpc.aio.ServicerContext[Any, Any]


class PaymentMethods:
    """A part of BookingServicer, which gives it the database and the payment system."""

    _database: Database
    _payments: PaymentSystem
    _salons: Salons
    _stale_seconds: int
    _commission_basis_points: int
    _now: Callable[[], dt.datetime]

    async def StartPayment(
        self, request: booking_pb2.StartPaymentRequest, context: Context
    ) -> booking_pb2.StartPaymentResponse:
        caller = require_account()
        check_key(request.idempotency_key)
        key = {"principal": str(caller.account_id), "operation": "StartPayment", "key": request.idempotency_key}
        async with self._database.reading() as connection:
            row = await visible_booking(connection, request.booking_id)
            visits = await basket_queries.load_visits(connection, row["id"])
            kept = await refunds.records.kept_by_payee(connection, row["id"])
            earlier = await keys.find(connection, **key, request=request, answer=booking_pb2.StartPaymentResponse)
        if earlier is not None:
            return earlier
        if row["guest_account_id"] != caller.account_id:
            raise NotFound("There is no such booking.", path=("bookingId",))
        _check_payable(row)
        amount = folio.due(row)
        payment = await self._open_payment(row, amount)
        if payment is None:
            payment = await self._payments.create(
                payment_pb2.CreatePaymentRequest(
                    idempotency_key=f"{row['id']}:{row['payment_attempts'] + 1}:{amount}",
                    amount=money_pb2.Money(minor_units=amount, currency=row["currency"]),
                    booking_id=str(row["id"]),
                    booking_reference=row["reference"],
                    description=messages.priced_stay(row).hotel_name,
                    return_url=request.return_url,
                    locale=request.locale or row["guest_locale"],
                    expires_at=to_timestamp(row["hold_expires_at"] or self._now() + _TIME_TO_PAY),
                    shares=payees.shares_of(row, visits, kept, amount, self._commission_basis_points),
                )
            )
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.StartPaymentResponse)
            if earlier is not None:
                return earlier
            locked = await queries.lock_booking(connection, row["id"])
            if locked is None:
                raise NotFound("There is no such booking.", path=("bookingId",))
            if locked["payment_id"] != payment.id:
                _check_payable(locked)
                if locked["payment_id"] != row["payment_id"] or folio.due(locked) != amount:
                    raise IllegalState("Another payment of this booking is under way.", path=("bookingId",))
                locked = await _begin_payment(connection, locked, payment, caller.role)
            response = booking_pb2.StartPaymentResponse(booking=await booking_as_message(connection, locked))
            await keys.store(connection, **key, answer=response)
        return response

    async def RefreshPayment(self, request: booking_pb2.RefreshPaymentRequest, context: Context) -> booking_pb2.Booking:
        async with self._database.reading() as connection:
            row = await visible_booking(connection, request.booking_id)
            is_open = await refunds.records.is_open(connection, row["payment_id"])
        if is_open:
            settle = partial(
                settlement.settle_payment,
                self._database,
                self._payments,
                self._salons,
                stale_seconds=self._stale_seconds,
            )
            await refunds.settling.look_after(self._database, row["payment_id"], settle)
        async with self._database.reading() as connection:
            return await booking_as_message(connection, await visible_booking(connection, request.booking_id))

    async def _open_payment(self, row: Record, amount: int) -> payment_pb2.Payment | None:
        """The payment that is already open for this amount; one for another amount is ended."""
        if not row["payment_id"] or row["payment_state"] in _ENDED:
            return None
        payment = await self._payments.get(row["payment_id"])
        if row["state"] == rules.State.PAYMENT_PENDING:
            return payment
        state = payment_state_name(payment)
        if state == "CAPTURED":
            raise Unavailable("A payment of this booking is being settled; please try again.")
        if state in _ENDED:
            return None
        if payment.amount.minor_units == amount:
            return payment
        await self._payments.void(payment.id)
        return None


async def _begin_payment(connection: Connection, row: Record, payment: payment_pb2.Payment, actor: str) -> Record:
    state = rules.State(row["state"])
    moved = await queries.move_booking(
        connection,
        row,
        rules.State.PAYMENT_PENDING if state is rules.State.HELD else state,
        payment=(payment.id, payment_state_name(payment), payment.amount.minor_units, payment.checkout_url),
        new_attempt=True,
    )
    if moved is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await refunds.records.open_new_payment(connection, row["id"], payment.id)
    await queries.write_timeline(
        connection,
        moved,
        kind="PaymentStarted",
        actor=actor,
        summary="Payment begun.",
        changed_state=moved["state"] != state,
    )
    await events.publish_payment_started(connection, moved)
    return moved


def _check_payable(row: Record) -> None:
    state = rules.State(row["state"])
    if state in rules.HOLDING and not row["overdue"]:
        return
    prepaid = rules.first_state(messages.priced_stay(row), row["visits_minor_units"]) is rules.State.HELD
    if state in _PAYS_MORE and prepaid and folio.due(row):
        return
    told = rules.State.EXPIRED if row["hold_expires_at"] is not None else state
    raise IllegalState(
        f"A booking that is {told} cannot be paid.", path=("bookingId",), details={"state": told, "allowed": ""}
    )
