"""What a payment does to its appointment, from one locked place: the webhook's path and every later one.

The payment's state is fetched anew each time, so stale, reordered and repeated webhooks all settle alike.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import NamedTuple

import orjson
import structlog

from contracts.payment.v1 import payment_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_disputes as disputes
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_holds as holds
from grpc_services.salon import appointment_money_queries as money_queries
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refund_queries as refund_queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import visit_queries
from grpc_services.salon.appointment_refunds import inbox
from grpc_services.salon.appointment_rules import Settlement, State
from grpc_services.salon.appointment_timeline_topics import WEBHOOK_RECEIVED, webhook_summary
from grpc_services.salon.errors import SlotUnavailable
from grpc_services.salon.gateway import PROVIDER, PaymentSystem
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound, ServiceError
from runtime.identity import NOBODY, Role

log = structlog.get_logger()

LOOKED_AFTER = "payment.looked_after"  # what salon tells itself of a payment that it found by itself


class Outcome(enum.StrEnum):
    APPLIED = "APPLIED"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    PARKED = "PARKED"


class Parked(enum.StrEnum):
    """Why a person must look at a payment."""

    UNREADABLE = "UNREADABLE"
    UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT"
    NOTHING_TO_PAY = "NOTHING_TO_PAY"  # no appointment of ours
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"  # or its currency


class Settled(NamedTuple):
    """What came of looking at a payment, and the appointment that it was about; None when there is none."""

    outcome: Outcome
    appointment_id: uuid.UUID | None = None
    reason: Parked | None = None  # of what is parked


def type_of(payload: bytes) -> str:
    """What a stored webhook calls its event; empty when it does not."""
    try:
        named = orjson.loads(payload)["type"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return named if isinstance(named, str) else ""


def payment_of(payload: bytes) -> str | None:
    """The payment that a stored webhook speaks of; None when it speaks of none."""
    try:
        identifier = orjson.loads(payload)["data"]["payment_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return identifier if isinstance(identifier, str) else None


async def settle_payment(database: Database, payments: PaymentSystem, payment_id: str, *, now: dt.datetime) -> Settled:
    """Brings the appointment of a payment in line with it. Safe to repeat, to race and to be killed in."""
    try:
        payment = await payments.get(payment_id)
        appointment_id = uuid.UUID(payment.booking_id)
    except (ServiceError, ValueError) as refusal:
        if isinstance(refusal, ServiceError) and refusal.code not in (NotFound.code, InvalidInput.code):
            raise
        log.error("payment.unknown", payment_id=payment_id)
        return await _without_appointment(database, payment_id, Parked.UNKNOWN_PAYMENT)
    state = _state_of(payment)
    if state in rules.CAPTURED:
        await _make_way(database, appointment_id)
    async with database.transaction() as connection:
        row = await queries.lock_appointment(connection, appointment_id)
        if row is not None:
            outcome = await _apply(connection, row, payment, now)
            news = await disputes.take_in(connection, row, payment)
            taken_in = state in rules.CAPTURED and outcome is not Outcome.PARKED
            await money_queries.looked_at(
                connection, payment_id, over=taken_in or state in rules.FAILED, with_bank=state == "AUTHORIZED"
            )
    if row is None:
        log.error("payment.without_appointment", payment_id=payment_id)
        return await _without_appointment(database, payment_id, Parked.NOTHING_TO_PAY)
    news = await refunds.follow(database, payments, payment_id) or news
    await refunds.send_open(database, payments, appointment_id)
    if news and outcome is Outcome.NOTHING_TO_DO:
        outcome = Outcome.APPLIED
    return Settled(outcome, appointment_id, Parked.AMOUNT_DIFFERS if outcome is Outcome.PARKED else None)


async def settle_event(database: Database, payments: PaymentSystem, event: Record, *, now: dt.datetime) -> Settled:
    """Works one stored webhook off to its end. Safe to repeat, to race and to be killed in."""
    payment_id = payment_of(event["payload"])
    if payment_id and type_of(event["payload"]) == refunds.OWED:
        async with database.transaction() as connection:
            await refund_queries.make_due(connection, payment_id)
    settled = (
        await settle_payment(database, payments, payment_id, now=now)
        if payment_id
        else Settled(Outcome.PARKED, reason=Parked.UNREADABLE)
    )
    async with database.transaction() as connection:
        await _finish_event(connection, event, settled)
    return settled


async def look_after(database: Database, payments: PaymentSystem, payment_id: str, *, now: dt.datetime) -> Settled:
    """Settles a payment that nobody told of. What does not fit is parked in the inbox, as a webhook's would be."""
    settled = await settle_payment(database, payments, payment_id, now=now)
    if settled.outcome is Outcome.PARKED:
        event_id = f"looked-after-{payment_id}"
        payload = orjson.dumps({"type": LOOKED_AFTER, "data": {"payment_id": payment_id}})
        async with database.transaction() as connection:
            if await inbox.store(connection, PROVIDER, event_id, payload):
                await inbox.finish(connection, PROVIDER, event_id, settled.outcome, reason=settled.reason or "")
    return settled


async def _finish_event(connection: Connection, event: Record, settled: Settled) -> None:
    """Closes a stored webhook and writes it into its appointment's timeline; of two who close it only one writes."""
    row = await queries.lock_appointment(connection, settled.appointment_id) if settled.appointment_id else None
    first = await inbox.finish(
        connection, event["source"], event["event_id"], settled.outcome, reason=settled.reason or ""
    )
    event_type = type_of(event["payload"])
    if row is None or not first or event_type in (refunds.OWED, LOOKED_AFTER):
        return
    await timeline_queries.write_timeline(
        connection,
        row,
        kind=WEBHOOK_RECEIVED,
        actor=Role.SYSTEM,
        summary=webhook_summary(event_type, settled.outcome),
        changed_state=False,
    )


async def _without_appointment(database: Database, payment_id: str, reason: Parked) -> Settled:
    async with database.transaction() as connection:
        await money_queries.looked_at(connection, payment_id, over=True, with_bank=False)
    return Settled(Outcome.PARKED, reason=reason)


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
    facts = rules.PaymentFacts(
        _state_of(payment),
        (payment.captured if payment.captured.minor_units else payment.amount).minor_units,
        payment.amount.currency,
        is_current=payment.id == row["payment_id"],
        is_taken_in=await money_queries.is_taken_in(connection, payment.id),
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
        payment_state=_state_of(payment),
        payment_minor_units=payment.amount.minor_units,
    )
    await money_queries.record_capture(connection, row["id"], payment.id, payment.amount.minor_units)
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
    if not await refunds.owe_late_money(connection, row["id"], payment.id, amount):
        return
    await money_queries.record_capture(connection, row["id"], payment.id, amount)
    state = _state_of(payment) if payment.id == row["payment_id"] else None
    paid = await queries.add_money(connection, row["id"], paid=amount, payment_state=state)
    await timeline_queries.write_timeline(
        connection, paid, kind="RefundRequested", actor=Role.SYSTEM, summary=why, changed_state=False
    )


async def _reopen(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    held = await queries.save(connection, row, State.HELD, payment_state=_state_of(payment), checkout_url="")
    await timeline_queries.write_timeline(
        connection,
        held,
        kind="PaymentFailed",
        actor=Role.SYSTEM,
        summary="The payment failed; it can be tried again while the hold lives.",
    )
    await events.publish_payment_failed(connection, held, payment.failure_code)


def _state_of(payment: payment_pb2.Payment) -> str:
    return payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")
