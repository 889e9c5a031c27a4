"""What a payment does to its booking, from one locked place: the webhook's path and every later one.

The payment's state is fetched anew each time, so stale, reordered and repeated webhooks all settle alike.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping

import structlog

from contracts.payment.v1 import payment_pb2
from grpc_services.booking import (
    basket_queries,
    basket_tending,
    baskets,
    events,
    folio,
    folio_queries,
    holds,
    inventory_queries,
    paid_bookings,
    payees,
    queries,
    refunds,
    rules,
)
from grpc_services.booking.inventory_queries import Shift
from grpc_services.booking.rules import Settlement, State
from grpc_services.booking.salon_gateway import Salons
from runtime.database import Connection, Database, Record
from runtime.disputes import take_in_disputes
from runtime.errors import Unavailable
from runtime.identity import NOBODY, Role
from runtime.payment_system import CAPTURED, FAILED, PaymentFacts, PaymentSystem, got_by, payment_state_name
from runtime.settling import Outcome, Parked, Settled, what_is_paid

log = structlog.get_logger()


async def settle_payment(
    database: Database, payments: PaymentSystem, salons: Salons, payment_id: str, *, stale_seconds: int
) -> Settled:
    """Brings the booking of a payment in line with it. Safe to repeat, to race and to be killed in."""
    paid = await what_is_paid(payments, payment_id)
    if paid is None:
        return await refunds.settling.leave(database, payment_id, Parked.UNKNOWN_PAYMENT)
    payment, booking_id = paid
    state = payment_state_name(payment)
    again = None
    if state in CAPTURED:
        await _make_way(database, booking_id)
        again = await baskets.hold_again(database, salons, booking_id)
    try:
        async with database.transaction() as connection:
            row = await queries.lock_booking(connection, booking_id)
            if row is not None:
                outcome = await _apply(connection, row, payment, stale_seconds, again)
                taken_in = state in CAPTURED and outcome is not Outcome.PARKED
                await refunds.records.looked_at(
                    connection, payment_id, over=taken_in or state in FAILED, with_bank=state == "AUTHORIZED"
                )
                news = await take_in_disputes(connection, refunds.records, paid_bookings, row, payment)
    finally:
        if again is not None:  # nothing is left of the attempt where its visits were taken
            await baskets.let_go(database, salons, booking_id, again.attempt)
    if row is None:
        log.error("payment.without_booking", payment_id=payment_id)
        return await refunds.settling.leave(database, payment_id, Parked.NOTHING_TO_PAY)
    news = await refunds.follow(database, payments, payment_id) or news
    await refunds.send_open(database, payments, booking_id)
    await basket_tending.tend(database, salons, payments, booking_id)
    if news and outcome is Outcome.NOTHING_TO_DO:
        outcome = Outcome.APPLIED
    return Settled(outcome, booking_id, Parked.AMOUNT_DIFFERS if outcome is Outcome.PARKED else None)


async def _make_way(database: Database, booking_id: uuid.UUID) -> None:
    """Late money shall not go back because of overdue holds that only nobody has released yet."""
    async with database.reading() as connection:
        rows = await queries.visible_bookings(connection, [booking_id], account_id=NOBODY, sees_all=True)
        rooms = _rooms(await folio_queries.load_rooms(connection, booking_id))
    for row in rows:
        if row["state"] == State.EXPIRED and not row["paid_minor_units"]:
            await holds.expire_in_the_way(database, rooms, row["check_in"], row["check_out"])


async def _apply(
    connection: Connection,
    row: Record,
    payment: payment_pb2.Payment,
    stale_seconds: int,
    again: baskets.HeldAgain | None,
) -> Outcome:
    decision = rules.settlement(
        rules.BookingFacts(
            State(row["state"]),
            folio.total(row),
            row["currency"],
            row["paid_minor_units"],
            row["payment_minor_units"],
        ),
        PaymentFacts(
            payment_state_name(payment),
            (payment.captured if payment.captured.minor_units else payment.amount).minor_units,
            payment.amount.currency,
            is_current=payment.id == row["payment_id"],
            is_taken_in=await refunds.records.is_taken_in(connection, payment.id),
        ),
    )
    match decision:
        case Settlement.CONFIRM:
            await _confirm(connection, row, payment)
        case Settlement.KEEP_WHAT_IS_DUE:
            await _keep_what_is_due(connection, row, payment)
        case Settlement.TAKE_AGAIN:
            await _take_again(connection, row, payment, stale_seconds, again)
        case Settlement.REFUND:
            await _owe_refund(connection, row, payment, "The booking could not use this payment any more.")
        case Settlement.REOPEN:
            await _reopen(connection, row, payment)
        case Settlement.PARK:
            log.error("payment.amount_differs", payment_id=payment.id, booking_id=str(row["id"]))
            return Outcome.PARKED
        case Settlement.NOTHING:
            return Outcome.NOTHING_TO_DO
    if decision is not Settlement.REOPEN:
        await _tell_received(connection, row["id"], payment)
    return Outcome.APPLIED


async def _tell_received(connection: Connection, booking_id: uuid.UUID, payment: payment_pb2.Payment) -> None:
    now = await queries.lock_booking(connection, booking_id)
    if now is not None:
        await events.publish_payment_received(connection, now, payment.amount.minor_units, "ONLINE")


async def _confirm(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    confirmed = await queries.move_booking(
        connection, row, State.CONFIRMED, paid=payment.amount.minor_units, payment=_paid_by(row, payment)
    )
    if confirmed is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await _record_capture(connection, row, payment)
    await queries.write_timeline(
        connection, confirmed, kind="BookingConfirmed", actor=Role.SYSTEM, summary="Paid in full and confirmed."
    )
    await events.publish_confirmed(connection, confirmed)
    rooms = _rooms(await folio_queries.load_rooms(connection, row["id"]))
    await inventory_queries.shift_nights(connection, rooms, row["check_in"], row["check_out"], Shift.HELD_TO_SOLD)


async def _keep_what_is_due(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    """More to pay came after the booking was confirmed. If it changed since, some may be too much."""
    paid = await queries.add_paid(connection, row["id"], payment.amount.minor_units, payment_state_name(payment))
    await _record_capture(connection, row, payment)
    await queries.write_timeline(
        connection, paid, kind="PaymentReceived", actor=Role.SYSTEM, summary="Paid.", changed_state=False
    )
    too_much = payees.going_back(
        paid,
        await refunds.records.kept_by_payee(connection, row["id"]),
        owed=folio.owed(paid),
        salons=payees.of_salons(await basket_queries.load_visits(connection, row["id"])),
    )
    if too_much:
        await refunds.owe(connection, row["id"], too_much, refunds.LATE_MONEY)
        await queries.write_timeline(
            connection,
            paid,
            kind="RefundRequested",
            actor=Role.SYSTEM,
            summary="More was paid than the booking costs by now.",
            changed_state=False,
        )


async def _record_capture(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    await refunds.records.record_capture(connection, row["id"], payment.id, got_by(payment))


async def _take_again(
    connection: Connection,
    row: Record,
    payment: payment_pb2.Payment,
    stale_seconds: int,
    again: baskets.HeldAgain | None,
) -> None:
    """The hold ran out, then the money came: nights and visits again at the quoted price, or everything back."""
    if again is None and await basket_queries.load_visits(connection, row["id"]):
        raise Unavailable("The hold ran out just now; its visits are still to be asked for.")
    if again is not None and again.held is None:
        await _owe_refund(
            connection, row, payment, "The payment arrived after the time of a visit was given to others."
        )
        return
    rooms = _rooms(await folio_queries.load_rooms(connection, row["id"]))
    try:
        async with connection.transaction():
            await inventory_queries.take_nights(
                connection, rooms, row["check_in"], row["check_out"], stale_seconds=stale_seconds, sold=True
            )
    except inventory_queries.NightsRefused:
        await _owe_refund(connection, row, payment, "The payment arrived after the rooms were given to others.")
        return
    if again is not None and again.held is not None:
        await baskets.take_held_again(connection, again.held)
    confirmed = await queries.move_booking(
        connection, row, State.CONFIRMED, paid=payment.amount.minor_units, payment=_paid_by(row, payment)
    )
    if confirmed is None:
        raise RuntimeError("a locked booking was moved by somebody else")
    await _record_capture(connection, row, payment)
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
    if not await refunds.owe_of(connection, row["id"], payment.id, got_by(payment), refunds.LATE_MONEY):
        return
    await _record_capture(connection, row, payment)
    paid = await queries.add_paid(connection, row["id"], payment.amount.minor_units, payment_state_name(payment))
    await queries.write_timeline(
        connection, paid, kind="RefundRequested", actor=Role.SYSTEM, summary=why, changed_state=False
    )


async def _reopen(connection: Connection, row: Record, payment: payment_pb2.Payment) -> None:
    held = await queries.move_booking(
        connection, row, State.HELD, payment=(payment.id, payment_state_name(payment), row["payment_minor_units"], "")
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


def _paid_by(row: Record, payment: payment_pb2.Payment) -> tuple[str, str, int, str]:
    return payment.id, payment_state_name(payment), payment.amount.minor_units, row["checkout_url"]


def _rooms(rooms: Iterable[Record]) -> Mapping[str, int]:
    """How many of each type stand."""
    return Counter(str(room["room_type_id"]) for room in folio.standing(rooms))
