"""Money of appointments that goes back: written down in the transaction that decides it, sent after the commit.

Beside each refund stands a payment event of its own, so that the sweeper that works off forgotten webhooks also sends
what nobody has sent. The payment system is asked under the refund's id: asking twice pays once.
"""

from __future__ import annotations

import uuid

import orjson
import structlog

from contracts.money.v1 import money_pb2
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_money_queries as money_queries
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon.gateway import PROVIDER, PaymentSystem
from grpc_services.salon.models import inbox as inbox_rows
from runtime.database import Connection, Database, Record
from runtime.errors import ServiceError
from runtime.identity import Role
from runtime.inbox import Inbox

log = structlog.get_logger()

inbox = Inbox(inbox_rows)

CANCELLED = "CANCELLED"
NO_SHOW = "NO_SHOW"
LATE_MONEY = "LATE_MONEY"


async def owe(connection: Connection, appointment_id: uuid.UUID, amount: int, reason: str) -> None:
    """Writes down that so many minor units go back, of the newest payments first. The appointment is locked."""
    for payment in await money_queries.refundable_payments(connection, appointment_id):
        part = min(amount, payment["refundable"])
        if part > 0:
            await _owe_part(connection, appointment_id, payment["payment_id"], part, reason)
            amount -= part
    if amount > 0:
        raise RuntimeError("more is to go back than was ever paid")


async def owe_late_money(connection: Connection, appointment_id: uuid.UUID, payment_id: str, amount: int) -> bool:
    """A whole payment, once however often it is asked; True the first time."""
    return await _owe_part(connection, appointment_id, payment_id, amount, LATE_MONEY)


async def send_open(database: Database, payments: PaymentSystem, appointment_id: uuid.UUID) -> None:
    """Sends every refund of an appointment that is not yet sent. Safe to repeat, to race and to be killed in."""
    async with database.reading() as connection:
        owed = await money_queries.open_refunds(connection, appointment_id)
    for refund in owed:
        await _send(database, payments, refund)


async def try_to_send(database: Database, payments: PaymentSystem, appointment_id: uuid.UUID) -> None:
    """As `send_open`; when the payment system does not answer, the sweeper sends it later."""
    try:
        await send_open(database, payments, appointment_id)
    except ServiceError as refusal:
        log.warning("refund.not_sent_yet", appointment_id=str(appointment_id), code=refusal.code)


async def _owe_part(
    connection: Connection, appointment_id: uuid.UUID, payment_id: str, amount: int, reason: str
) -> bool:
    refund_id = await money_queries.owe_refund(
        connection, appointment_id=appointment_id, payment_id=payment_id, amount=amount, reason=reason
    )
    if refund_id is None:
        return False
    payload = orjson.dumps({"type": "refund.owed", "data": {"payment_id": payment_id}})
    await inbox.store(connection, PROVIDER, _event_id(refund_id), payload)
    return True


async def _send(database: Database, payments: PaymentSystem, refund: Record) -> None:
    amount = money_pb2.Money(minor_units=refund["amount_minor_units"], currency=refund["currency"])
    await payments.refund(
        idempotency_key=str(refund["id"]), payment_id=refund["payment_id"], amount=amount, reason=refund["reason"]
    )
    async with database.transaction() as connection:
        await queries.lock_appointment(connection, refund["appointment_id"])  # before its refund, as everywhere
        if not await money_queries.finish_refund(connection, refund["id"]):
            return
        row = await queries.add_money(connection, refund["appointment_id"], refunded=refund["amount_minor_units"])
        await timeline_queries.write_timeline(
            connection,
            row,
            kind="AppointmentRefunded",
            actor=Role.SYSTEM,
            summary="Money was sent back.",
            changed_state=False,
        )
        await events.publish_refunded(connection, row, amount, refund["reason"])
        await inbox.finish(connection, PROVIDER, _event_id(refund["id"]), "APPLIED")


def _event_id(refund_id: uuid.UUID) -> str:
    return f"refund-{refund_id}"
