"""Money that goes back: written down in the transaction that decides it, sent to the payment system after the commit.

Beside each refund stands a payment event of its own, so that the sweeper that works off forgotten webhooks also sends
what nobody has sent. The payment system is asked under the refund's id: asking twice pays once. What fails or comes
back is owed again: it is sent twice more, and then waits for a person among the parked events.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping

import orjson
import structlog

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.booking import events, payment_queries, queries, refund_queries
from grpc_services.booking.gateway import PROVIDER, PaymentSystem, refund_state_name
from grpc_services.booking.models import inbox as inbox_rows
from grpc_services.booking.refund_rules import RefundStep, pause_before_refund, refund_steps
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, ServiceError
from runtime.identity import Role
from runtime.inbox import PARKED, Inbox

log = structlog.get_logger()

inbox = Inbox(inbox_rows)

OWED = "refund.owed"  # what booking tells itself among the webhooks, so that the sweeper finds it
REFUND_FAILED = "REFUND_FAILED"  # why such an event is parked

CANCELLED = "CANCELLED"
MODIFIED = "MODIFIED"
NO_SHOW = "NO_SHOW"
ALLOWANCE = "ALLOWANCE"
LATE_MONEY = "LATE_MONEY"
VISIT = "VISIT"
_PAUSE_WHILE_DISPUTED = dt.timedelta(hours=1)


async def owe(connection: Connection, booking_id: uuid.UUID, parts: Mapping[str, int], reason: str) -> None:
    """Writes down what goes back, in minor units by the payee who gives it, of the newest payments first. The booking
    is locked."""
    left = Counter(parts)
    for payment_id, kept in (await payment_queries.kept_of_payments(connection, booking_id)).items():
        shares = {payee: min(amount, left[payee]) for payee, amount in kept.items() if amount > 0 and left[payee] > 0}
        if not shares:
            continue
        refund_id = await refund_queries.request_refund(
            connection, booking_id=booking_id, payment_id=payment_id, shares=shares, reason=reason
        )
        await inbox.store(connection, PROVIDER, f"refund-{refund_id}", _owed(payment_id))
        left.subtract(shares)
    if any(left.values()):
        raise RuntimeError("more is to go back than was ever paid")


async def send_open(database: Database, payments: PaymentSystem, booking_id: uuid.UUID) -> None:
    """Sends every refund of a booking that is due. Safe to repeat, to race and to be killed in."""
    async with database.reading() as connection:
        owed = await refund_queries.open_refunds(connection, booking_id)
    for refund in owed:
        await _send(database, payments, refund)


async def try_to_send(database: Database, payments: PaymentSystem, booking_id: uuid.UUID) -> None:
    """As `send_open`; when the payment system does not answer, the sweeper sends it later."""
    try:
        await send_open(database, payments, booking_id)
    except ServiceError as refusal:
        log.warning("refund.not_sent_yet", booking_id=str(booking_id), code=refusal.code)


async def follow(database: Database, payments: PaymentSystem, payment_id: str) -> bool:
    """Takes in what became of the refunds of a payment; whether anything did."""
    async with database.reading() as connection:
        under_way = await refund_queries.refunds_under_way(connection, payment_id)
    if not under_way:
        return False
    told = {one.id: one for one in await payments.refunds(payment_id)}
    news = [
        await _take_in(database, refund, told[refund["provider_refund_id"]])
        for refund in under_way
        if refund["provider_refund_id"] in told
    ]
    return any(news)


async def _send(database: Database, payments: PaymentSystem, refund: Record) -> None:
    try:
        told = await payments.refund(
            idempotency_key=str(refund["id"]),
            payment_id=refund["payment_id"],
            amount=_amount(refund),
            shares=refund["shares"],
            reason=refund["reason"],
        )
    except ServiceError as refusal:
        if refusal.code != IllegalState.code:
            raise
        log.warning("refund.not_possible_now", refund_id=str(refund["id"]))  # the payment is disputed
        async with database.transaction() as connection:
            await refund_queries.postpone(connection, refund["id"], _PAUSE_WHILE_DISPUTED)
        return
    await _take_in(database, refund, told)


async def _take_in(database: Database, refund: Record, told: payment_pb2.Refund) -> bool:
    """Whether the payment system tells anything new of a refund."""
    async with database.transaction() as connection:
        row = await queries.lock_booking(connection, refund["booking_id"])  # before its refund, as everywhere
        if row is None:
            raise RuntimeError("a refund of no booking")
        known = await refund_queries.lock_refund(connection, refund["id"])
        steps = refund_steps(known["state"], refund_state_name(told))
        await refund_queries.move_refund(
            connection, refund["id"], refund_state_name(told) if steps else known["state"], told.id
        )
        for step in steps:
            match step:
                case RefundStep.SUCCEED:
                    await _succeed(connection, refund)
                case RefundStep.FAIL | RefundStep.REVERSE:
                    await _owe_again(connection, row, refund, reversed_=step is RefundStep.REVERSE)
    return bool(set(steps) - {RefundStep.WAIT})


async def _succeed(connection: Connection, refund: Record) -> None:
    row = await queries.add_refunded(connection, refund["booking_id"], refund["amount_minor_units"])
    await _tell(connection, row, "BookingRefunded", "Money was sent back.")
    await events.publish_refunded(connection, row, _amount(refund), refund["reason"])
    await inbox.finish(connection, PROVIDER, f"refund-{refund['id']}", "APPLIED")


async def _owe_again(connection: Connection, row: Record, refund: Record, *, reversed_: bool) -> None:
    if reversed_:
        row = await queries.add_refunded(connection, refund["booking_id"], -refund["amount_minor_units"])
    pause = pause_before_refund(refund["attempt"] + 1)
    again = await refund_queries.request_again(connection, refund, pause=pause)
    await inbox.finish(connection, PROVIDER, f"refund-{refund['id']}", "APPLIED")
    if pause is None:
        event_id = f"refund-{again}"
        await inbox.store(connection, PROVIDER, event_id, _owed(refund["payment_id"]))
        await inbox.finish(connection, PROVIDER, event_id, PARKED, reason=REFUND_FAILED)
        log.error("refund.given_up", refund_id=str(again), booking_id=str(row["id"]))
    what = "Money that was sent back came back" if reversed_ else "Money could not be sent back"
    how = "a person looks at it." if pause is None else "it is sent again."
    await _tell(connection, row, "RefundReversed" if reversed_ else "RefundFailed", f"{what}; {how}")
    await events.publish_refund_failed(
        connection, row, _amount(refund), refund["reason"], reversed_=reversed_, given_up=pause is None
    )


async def _tell(connection: Connection, row: Record, kind: str, summary: str) -> None:
    await queries.write_timeline(connection, row, kind=kind, actor=Role.SYSTEM, summary=summary, changed_state=False)


def _amount(refund: Record) -> money_pb2.Money:
    return money_pb2.Money(minor_units=refund["amount_minor_units"], currency=refund["currency"])


def _owed(payment_id: str) -> bytes:
    return orjson.dumps({"type": OWED, "data": {"payment_id": payment_id}})
