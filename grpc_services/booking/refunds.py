"""Money that goes back: written down in the transaction that decides it, sent to the payment system after the commit.

Beside each refund stands a payment event of its own, so that the sweeper that works off forgotten webhooks also sends
what nobody has sent. The payment system is asked under the refund's id: asking twice pays once.
"""

from __future__ import annotations

import uuid

import orjson
import structlog

from contracts.money.v1 import money_pb2
from grpc_services.booking import events, payment_queries, queries
from grpc_services.booking.gateway import PROVIDER, PaymentSystem
from grpc_services.booking.models import inbox as inbox_rows
from runtime.database import Connection, Database, Record
from runtime.errors import ServiceError
from runtime.identity import Role
from runtime.inbox import Inbox

log = structlog.get_logger()

inbox = Inbox(inbox_rows)

OWED = "refund.owed"  # what booking tells itself among the webhooks, so that the sweeper finds it

CANCELLED = "CANCELLED"
MODIFIED = "MODIFIED"
NO_SHOW = "NO_SHOW"
ALLOWANCE = "ALLOWANCE"


async def owe(connection: Connection, booking_id: uuid.UUID, amount: int, reason: str) -> None:
    """Writes down that so many minor units go back, of the newest payments first. The booking is locked."""
    for payment in await payment_queries.refundable_payments(connection, booking_id):
        part = min(amount, payment["refundable"])
        if part <= 0:
            continue
        refund_id = await payment_queries.owe_refund(
            connection, booking_id=booking_id, payment_id=payment["payment_id"], amount=part, reason=reason
        )
        payload = orjson.dumps({"type": OWED, "data": {"payment_id": payment["payment_id"]}})
        await inbox.store(connection, PROVIDER, _event_id(refund_id), payload)
        amount -= part
    if amount > 0:
        raise RuntimeError("more is to go back than was ever paid")


async def send_open(database: Database, payments: PaymentSystem, booking_id: uuid.UUID) -> None:
    """Sends every refund of a booking that is not yet sent. Safe to repeat, to race and to be killed in."""
    async with database.reading() as connection:
        owed = await payment_queries.open_refunds(connection, booking_id)
    for refund in owed:
        await _send(database, payments, refund)


async def try_to_send(database: Database, payments: PaymentSystem, booking_id: uuid.UUID) -> None:
    """As `send_open`; when the payment system does not answer, the sweeper sends it later."""
    try:
        await send_open(database, payments, booking_id)
    except ServiceError as refusal:
        log.warning("refund.not_sent_yet", booking_id=str(booking_id), code=refusal.code)


async def _send(database: Database, payments: PaymentSystem, refund: Record) -> None:
    amount = money_pb2.Money(minor_units=refund["amount_minor_units"], currency=refund["currency"])
    await payments.refund(
        idempotency_key=str(refund["id"]), payment_id=refund["payment_id"], amount=amount, reason=refund["reason"]
    )
    async with database.transaction() as connection:
        await queries.lock_booking(connection, refund["booking_id"])  # before its refund, as everywhere
        if not await payment_queries.finish_refund(connection, refund["id"]):
            return
        row = await queries.add_refunded(connection, refund["booking_id"], refund["amount_minor_units"])
        await queries.write_timeline(
            connection,
            row,
            kind="BookingRefunded",
            actor=Role.SYSTEM,
            summary="Money was sent back.",
            changed_state=False,
        )
        await events.publish_refunded(connection, row, amount, refund["reason"])
        await inbox.finish(connection, PROVIDER, _event_id(refund["id"]), "APPLIED")


def _event_id(refund_id: uuid.UUID) -> str:
    return f"refund-{refund_id}"
