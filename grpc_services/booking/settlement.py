"""What a payment does to its booking, from one locked place: the webhook's path and every later one.

The payment's state is fetched anew each time, so stale, reordered and repeated webhooks all settle alike.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping

import orjson
import structlog

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.booking import events, holds, inventory_queries, messages, payment_queries, queries, rules
from grpc_services.booking.gateway import PaymentSystem, payment_state_name
from grpc_services.booking.inventory_queries import Shift
from grpc_services.booking.rules import Settlement, State
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound, ServiceError
from runtime.identity import NOBODY, Role

log = structlog.get_logger()

LATE_MONEY = "LATE_MONEY"


class Outcome(enum.StrEnum):
    APPLIED = "APPLIED"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    PARKED = "PARKED"


def payment_of(payload: bytes) -> str | None:
    """The payment that a stored webhook speaks of; None when it speaks of none."""
    try:
        identifier = orjson.loads(payload)["data"]["payment_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return identifier if isinstance(identifier, str) else None


async def settle_payment(
    database: Database, payments: PaymentSystem, payment_id: str, *, stale_seconds: int
) -> Outcome:
    """Brings the booking of a payment in line with it. Safe to repeat, to race and to be killed in."""
    try:
        payment = await payments.get(payment_id)
        booking_id = uuid.UUID(payment.booking_id)
    except (ServiceError, ValueError) as refusal:
        if isinstance(refusal, ServiceError) and refusal.code not in (NotFound.code, InvalidInput.code):
            raise
        log.warning("payment.unknown", payment_id=payment_id)
        return Outcome.PARKED
    if payment.state == payment_pb2.PAYMENT_STATE_CAPTURED:
        await _make_way(database, booking_id)
    async with database.transaction() as connection:
        row = await queries.lock_booking(connection, booking_id)
        if row is None:
            log.warning("payment.without_booking", payment_id=payment_id)
            return Outcome.PARKED
        outcome = await _apply(connection, row, payment, stale_seconds)
    await _send_open_refund(database, payments, payment)
    return outcome


async def _make_way(database: Database, booking_id: uuid.UUID) -> None:
    """Late money shall not go back because of overdue holds that only nobody has released yet."""
    async with database.reading() as connection:
        rows = await queries.visible_bookings(connection, [booking_id], account_id=NOBODY, sees_all=True)
    for row in rows:
        if row["state"] == State.EXPIRED and not row["paid_minor_units"]:
            await holds.expire_in_the_way(database, _rooms(row), row["check_in"], row["check_out"])


async def _apply(connection: Connection, row: Record, payment: payment_pb2.Payment, stale_seconds: int) -> Outcome:
    decision = rules.settlement(
        rules.BookingFacts(State(row["state"]), row["total_minor_units"], row["currency"], row["paid_minor_units"]),
        rules.PaymentFacts(
            payment_state_name(payment),
            payment.amount.minor_units,
            payment.amount.currency,
            is_current=payment.id == row["payment_id"],
        ),
    )
    match decision:
        case Settlement.CONFIRM:
            await _confirm(connection, row, payment)
        case Settlement.TAKE_AGAIN:
            await _take_again(connection, row, payment, stale_seconds)
        case Settlement.REFUND:
            await _owe_refund(connection, row, payment, "The booking could not use this payment any more.")
        case Settlement.REOPEN:
            await _reopen(connection, row, payment)
        case Settlement.PARK:
            log.error("payment.amount_differs", payment_id=payment.id, booking_id=str(row["id"]))
            return Outcome.PARKED
        case Settlement.NOTHING:
            return Outcome.NOTHING_TO_DO
    return Outcome.APPLIED


async def _confirm(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    confirmed = await queries.move_booking(
        connection, row, State.CONFIRMED, paid=payment.amount.minor_units, payment=_paid_by(row, payment)
    )
    if confirmed is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await queries.write_timeline(
        connection, confirmed, kind="BookingConfirmed", actor=Role.SYSTEM, summary="Paid in full and confirmed."
    )
    await events.publish_confirmed(connection, confirmed)
    await inventory_queries.shift_nights(connection, _rooms(row), row["check_in"], row["check_out"], Shift.HELD_TO_SOLD)


async def _take_again(connection: Connection, row: Record, payment: payment_pb2.Payment, stale_seconds: int) -> None:
    """The hold ran out, then the money came: the nights again at the quoted price, or everything back."""
    try:
        async with connection.transaction():
            await inventory_queries.take_nights(
                connection, _rooms(row), row["check_in"], row["check_out"], stale_seconds=stale_seconds, sold=True
            )
    except inventory_queries.NightsRefused:
        await _owe_refund(connection, row, payment, "The payment arrived after the rooms were given to others.")
        return
    confirmed = await queries.move_booking(
        connection, row, State.CONFIRMED, paid=payment.amount.minor_units, payment=_paid_by(row, payment)
    )
    if confirmed is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await queries.write_timeline(
        connection,
        confirmed,
        kind="BookingConfirmed",
        actor=Role.SYSTEM,
        summary="The payment came after the hold; the rooms were still free and are yours.",
    )
    await events.publish_confirmed(connection, confirmed)


async def _owe_refund(connection: Connection, row: Record, payment: payment_pb2.Payment, why: str) -> None:
    """Records that all of this payment goes back; the payment system is asked after the commit."""
    new = await payment_queries.request_refund(
        connection,
        booking_id=row["id"],
        payment_id=payment.id,
        amount=payment.amount.minor_units,
        reason=LATE_MONEY,
    )
    if not new:
        return
    paid = await queries.add_paid(connection, row["id"], payment.amount.minor_units, payment_state_name(payment))
    await queries.write_timeline(
        connection, paid, kind="RefundRequested", actor=Role.SYSTEM, summary=why, changed_state=False
    )


async def _reopen(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    held = await queries.move_booking(
        connection, row, State.HELD, payment=(payment.id, payment_state_name(payment), "")
    )
    if held is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await queries.write_timeline(
        connection,
        held,
        kind="PaymentFailed",
        actor=Role.SYSTEM,
        summary="The payment failed; it can be tried again while the hold lives.",
    )
    await events.publish_payment_failed(connection, held, payment.failure_code)


async def _send_open_refund(database: Database, payments: PaymentSystem, payment: payment_pb2.Payment) -> None:
    """Asks the payment system for a refund that is owed. Killed in between, the next settling asks again
    under the same key."""
    async with database.reading() as connection:
        owed = await payment_queries.open_refund(connection, payment.id)
    if owed is None:
        return
    amount = money_pb2.Money(minor_units=owed["amount_minor_units"], currency=payment.amount.currency)
    await payments.refund(idempotency_key=str(owed["id"]), payment_id=payment.id, amount=amount, reason=owed["reason"])
    async with database.transaction() as connection:
        await queries.lock_booking(connection, owed["booking_id"])  # before its refund, as everywhere
        if not await payment_queries.finish_refund(connection, owed["id"]):
            return
        row = await queries.add_refunded(connection, owed["booking_id"], owed["amount_minor_units"])
        await queries.write_timeline(
            connection,
            row,
            kind="BookingRefunded",
            actor=Role.SYSTEM,
            summary="The whole payment was sent back.",
            changed_state=False,
        )
        await events.publish_refunded(connection, row, amount, owed["reason"])


def _paid_by(row: Record, payment: payment_pb2.Payment) -> tuple[str, str, str]:
    return payment.id, payment_state_name(payment), row["checkout_url"]


def _rooms(row: Record) -> Mapping[str, int]:
    return rules.rooms_per_type(messages.priced_stay(row))
