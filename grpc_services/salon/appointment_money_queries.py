"""The SQL of money in appointments: stored webhooks, what was captured, and refunds that are owed."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from grpc_services.salon.appointment_models import (
    Appointment,
    AppointmentCapturedPayment,
    AppointmentPaymentEvent,
    AppointmentRefund,
)
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.request_context import request_id
from runtime.tables import table_of

refund = table_of(AppointmentRefund)
event = table_of(AppointmentPaymentEvent)
captured = table_of(AppointmentCapturedPayment)
appointment = table_of(Appointment)

_STORE_EVENT = Statement(
    insert(event)
    .values(
        provider=bindparam("provider"),
        event_id=bindparam("event_id"),
        payload=bindparam("payload"),
        request_id=bindparam("request_id"),
        outcome="",
        tries=0,
    )
    .on_conflict_do_nothing()
)
_this_event = (event.c.provider == bindparam("of_provider"), event.c.event_id == bindparam("of_event"))
_TRY_EVENT = Statement(update(event).where(*_this_event).values(tries=event.c.tries + 1).returning(event))
_SETTLE_EVENT = Statement(
    update(event)
    .where(*_this_event, event.c.settled_at.is_(None))
    .values(settled_at=func.now(), outcome=bindparam("to_outcome"))
)
_UNSETTLED = Statement(
    select(event.c.provider, event.c.event_id)
    .where(
        event.c.settled_at.is_(None),
        event.c.received_at <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds", type_=Integer)),
    )
    .order_by(event.c.received_at)
    .limit(bindparam("limit", type_=Integer))
)
_OWE = Statement(
    insert(refund)
    .values(
        id=bindparam("id"),
        appointment_id=bindparam("appointment_id"),
        payment_id=bindparam("payment_id"),
        amount_minor_units=bindparam("amount"),
        reason=bindparam("reason"),
        state="REQUESTED",
    )
    .on_conflict_do_nothing()
)
_OPEN_REFUNDS = Statement(
    select(refund, appointment.c.currency)
    .join_from(refund, appointment, refund.c.appointment_id == appointment.c.id)
    .where(refund.c.appointment_id == bindparam("appointment_id"), refund.c.state == "REQUESTED")
    .order_by(refund.c.id)
)
_SENT_BACK = Statement(
    select(func.coalesce(func.sum(refund.c.amount_minor_units), 0).cast(BigInteger)).where(
        refund.c.appointment_id == bindparam("appointment_id")
    )
)
_FINISH_REFUND = Statement(
    update(refund).where(refund.c.id == bindparam("refund_id"), refund.c.state == "REQUESTED").values(state="SUCCEEDED")
)
_RECORD_CAPTURE = Statement(
    insert(captured).values(
        payment_id=bindparam("payment_id"),
        appointment_id=bindparam("appointment_id"),
        amount_minor_units=bindparam("amount"),
    )
)
_IS_CAPTURED = Statement(select(captured.c.payment_id).where(captured.c.payment_id == bindparam("payment_id")))
_sent_back_of_it = (
    select(func.coalesce(func.sum(refund.c.amount_minor_units), 0))
    .where(refund.c.payment_id == captured.c.payment_id)
    .scalar_subquery()
)
_REFUNDABLE = Statement(
    select(
        captured.c.payment_id,
        (captured.c.amount_minor_units - _sent_back_of_it).cast(BigInteger).label("refundable"),
    )
    .where(captured.c.appointment_id == bindparam("appointment_id"))
    .order_by(captured.c.at.desc(), captured.c.payment_id)
)


async def store_payment_event(connection: Connection, provider: str, event_id: str, payload: bytes) -> bool:
    """True when it was not known before."""
    return bool(
        await _STORE_EVENT.execute(
            connection, provider=provider, event_id=event_id, payload=payload, request_id=request_id()
        )
    )


async def begin_payment_event(connection: Connection, provider: str, event_id: str) -> Record | None:
    """Counts a try and answers the event."""
    return await _TRY_EVENT.fetch_row(connection, of_provider=provider, of_event=event_id)


async def finish_payment_event(connection: Connection, provider: str, event_id: str, outcome: str) -> None:
    await _SETTLE_EVENT.execute(connection, of_provider=provider, of_event=event_id, to_outcome=outcome)


async def unsettled_payment_events(connection: Connection, *, older_than_seconds: int, limit: int) -> list[Record]:
    return await _UNSETTLED.fetch(connection, seconds=older_than_seconds, limit=limit)


async def owe_refund(
    connection: Connection, *, appointment_id: uuid.UUID, payment_id: str, amount: int, reason: str
) -> uuid.UUID | None:
    """Writes down that so much of a payment goes back; None when this was written down before, which is asked once
    for late money."""
    refund_id = new_id()
    new = await _OWE.execute(
        connection, id=refund_id, appointment_id=appointment_id, payment_id=payment_id, amount=amount, reason=reason
    )
    return refund_id if new else None


async def open_refunds(connection: Connection, appointment_id: uuid.UUID) -> list[Record]:
    """With the appointment's currency."""
    return await _OPEN_REFUNDS.fetch(connection, appointment_id=appointment_id)


async def sent_back(connection: Connection, appointment_id: uuid.UUID) -> int:
    """What went back of an appointment's money or is about to."""
    return int(await _SENT_BACK.fetch_value(connection, appointment_id=appointment_id))


async def finish_refund(connection: Connection, refund_id: uuid.UUID) -> bool:
    return bool(await _FINISH_REFUND.execute(connection, refund_id=refund_id))


async def record_capture(connection: Connection, appointment_id: uuid.UUID, payment_id: str, amount: int) -> None:
    await _RECORD_CAPTURE.execute(connection, appointment_id=appointment_id, payment_id=payment_id, amount=amount)


async def is_taken_in(connection: Connection, payment_id: str) -> bool:
    """Whether the money of a payment was counted before."""
    return await _IS_CAPTURED.fetch_row(connection, payment_id=payment_id) is not None


async def refundable_payments(connection: Connection, appointment_id: uuid.UUID) -> list[Record]:
    """(payment_id, refundable), the newest first."""
    return await _REFUNDABLE.fetch(connection, appointment_id=appointment_id)
