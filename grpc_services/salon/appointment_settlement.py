"""What a payment does to its appointment, from one locked place: the webhook's path and every later one.

The payment's state is fetched anew each time, so stale, reordered and repeated webhooks all settle alike.
"""

from __future__ import annotations

import datetime as dt
import uuid

import structlog

from contracts.payment.v1 import payment_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_holds as holds
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import paid_appointments, visit_queries
from grpc_services.salon.appointment_rules import Settlement, State
from grpc_services.salon.errors import SlotUnavailable
from runtime.database import Connection, Database, Record
from runtime.disputes import take_in_disputes
from runtime.identity import NOBODY, Role
from runtime.payment_system import CAPTURED, FAILED, PaymentFacts, PaymentSystem, got_by, payment_state_name
from runtime.settling import Outcome, Parked, Settled, what_is_paid

log = structlog.get_logger()


async def settle_payment(database: Database, payments: PaymentSystem, payment_id: str, *, now: dt.datetime) -> Settled:
    """Brings the appointment of a payment in line with it. Safe to repeat, to race and to be killed in."""
    paid = await what_is_paid(payments, payment_id)
    if paid is None:
        return await refunds.settling.leave(database, payment_id, Parked.UNKNOWN_PAYMENT)
    payment, appointment_id = paid
    state = payment_state_name(payment)
    if state in CAPTURED:
        await _make_way(database, appointment_id)
    async with database.transaction() as connection:
        row = await queries.lock_appointment(connection, appointment_id)
        if row is not None:
            outcome = await _apply(connection, row, payment, now)
            taken_in = state in CAPTURED and outcome is not Outcome.PARKED
            await refunds.records.looked_at(
                connection, payment_id, over=taken_in or state in FAILED, with_bank=state == "AUTHORIZED"
            )
            news = await take_in_disputes(connection, refunds.records, paid_appointments, row, payment)
    if row is None:
        log.error("payment.without_appointment", payment_id=payment_id)
        return await refunds.settling.leave(database, payment_id, Parked.NOTHING_TO_PAY)
    news = await refunds.follow(database, payments, payment_id) or news
    await refunds.send_open(database, payments, appointment_id)
    if news and outcome is Outcome.NOTHING_TO_DO:
        outcome = Outcome.APPLIED
    return Settled(outcome, appointment_id, Parked.AMOUNT_DIFFERS if outcome is Outcome.PARKED else None)


async def _make_way(database: Database, appointment_id: uuid.UUID) -> None:
    """Late money shall not go back because of overdue holds that only nobody has released yet."""
    async with database.reading() as connection:
        rows = await queries.visible_appointments(connection, [appointment_id], account_id=NOBODY, sees_all=True)
        services = (await queries.load_services(connection, [appointment_id]))[appointment_id]
    if not any(row["state"] == State.EXPIRED for row in rows):
        return
    for one in services:
        begin = one["starts_at"] - dt.timedelta(minutes=one["buffer_before_minutes"])
        end = one["ends_at"] + dt.timedelta(minutes=one["buffer_after_minutes"])
        await holds.expire_in_the_way(database, [one["master_id"]], begin, end)


async def _apply(connection: Connection, row: Record, payment: payment_pb2.Payment, now: dt.datetime) -> Outcome:
    facts = PaymentFacts(
        payment_state_name(payment),
        (payment.captured if payment.captured.minor_units else payment.amount).minor_units,
        payment.amount.currency,
        is_current=payment.id == row["payment_id"],
        is_taken_in=await refunds.records.is_taken_in(connection, payment.id),
    )
    decision = rules.settlement(row, facts)
    match decision:
        case Settlement.CONFIRM:
            await _confirm(connection, row, payment, "Paid in full and confirmed.")
        case Settlement.TAKE_AGAIN:
            await _take_again(connection, row, payment, now)
        case Settlement.REFUND:
            await _send_back(connection, row, payment, "The appointment could not use this payment any more.")
        case Settlement.REOPEN:
            await _reopen(connection, row, payment)
        case Settlement.PARK:
            log.error("payment.amount_differs", payment_id=payment.id, appointment_id=str(row["id"]))
            return Outcome.PARKED
        case Settlement.NOTHING:
            return Outcome.NOTHING_TO_DO
    if decision is not Settlement.REOPEN:
        await _tell_received(connection, row["id"], payment)
    return Outcome.APPLIED


async def _tell_received(connection: Connection, appointment_id: uuid.UUID, payment: payment_pb2.Payment) -> None:
    now = await queries.lock_appointment(connection, appointment_id)
    if now is not None:
        await events.publish_payment_received(connection, now, payment.amount.minor_units)


async def _confirm(connection: Connection, row: Record, payment: payment_pb2.Payment, summary: str) -> None:
    confirmed = await queries.save(
        connection,
        row,
        State.CONFIRMED,
        paid_minor_units=row["paid_minor_units"] + payment.amount.minor_units,
        payment_id=payment.id,
        payment_state=payment_state_name(payment),
        payment_minor_units=payment.amount.minor_units,
    )
    await refunds.records.record_capture(connection, row["id"], payment.id, got_by(payment))
    await timeline_queries.write_timeline(
        connection, confirmed, kind="AppointmentConfirmed", actor=Role.SYSTEM, summary=summary
    )
    await events.publish_confirmed(connection, confirmed)


async def _take_again(connection: Connection, row: Record, payment: payment_pb2.Payment, now: dt.datetime) -> None:
    """The hold ran out, then the money came: the same time again at the same price, or everything back."""
    services = (await queries.load_services(connection, [row["id"]]))[row["id"]]
    if row["starts_at"] <= now:
        await _send_back(connection, row, payment, "The payment arrived after the appointment would have begun.")
        return
    await visit_queries.share_salon(connection, row["salon_id"])
    try:
        async with connection.transaction():
            await booking.retake(connection, row, services)
    except SlotUnavailable:
        await _send_back(connection, row, payment, "The payment arrived after the time was given to others.")
        return
    await _confirm(connection, row, payment, "The payment came after the hold; the time was still free and is yours.")


async def _send_back(connection: Connection, row: Record, payment: payment_pb2.Payment, why: str) -> None:
    """Records that all of this payment goes back; the payment system is asked after the commit."""
    amount = payment.amount.minor_units
    if not await refunds.owe_of(connection, row["id"], payment.id, got_by(payment), refunds.LATE_MONEY):
        return
    await refunds.records.record_capture(connection, row["id"], payment.id, got_by(payment))
    state = payment_state_name(payment) if payment.id == row["payment_id"] else None
    paid = await queries.add_money(connection, row["id"], paid=amount, payment_state=state)
    await timeline_queries.write_timeline(
        connection, paid, kind="RefundRequested", actor=Role.SYSTEM, summary=why, changed_state=False
    )


async def _reopen(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    held = await queries.save(connection, row, State.HELD, payment_state=payment_state_name(payment), checkout_url="")
    await timeline_queries.write_timeline(
        connection,
        held,
        kind="PaymentFailed",
        actor=Role.SYSTEM,
        summary="The payment failed; it can be tried again while the hold lives.",
    )
    await events.publish_payment_failed(connection, held, payment.failure_code)
