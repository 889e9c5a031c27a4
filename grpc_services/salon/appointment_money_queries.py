"""The SQL of money in appointments: payments that are open, what was captured, and refunds that are owed."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from grpc_services.salon.appointment_models import (
    Appointment,
    AppointmentCapturedPayment,
    AppointmentOpenPayment,
    AppointmentRefund,
)
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

refund = table_of(AppointmentRefund)
open_payment = table_of(AppointmentOpenPayment)
captured = table_of(AppointmentCapturedPayment)
appointment = table_of(Appointment)

_OPEN_PAYMENT = Statement(
    insert(open_payment)
    .values(payment_id=bindparam("payment_id"), appointment_id=bindparam("appointment_id"))
    .on_conflict_do_nothing()
)
_this_payment = open_payment.c.payment_id == bindparam("of_payment")
_IS_OPEN = Statement(select(open_payment.c.payment_id).where(_this_payment))
_CHECKED = Statement(update(open_payment).where(_this_payment).values(checked_at=func.now()))
_CLOSE_PAYMENT = Statement(delete(open_payment).where(_this_payment))
_CLOSE_ABANDONED = Statement(
    delete(open_payment).where(_this_payment, open_payment.c.opened_at < func.now() - text("interval '4 days'"))
)
_last_look = func.coalesce(open_payment.c.checked_at, open_payment.c.opened_at)
_wait_seconds = func.least(
    func.greatest(
        bindparam("seconds", type_=Integer), func.extract("epoch", _last_look - open_payment.c.opened_at) / 4
    ),
    3600,
)
_STUCK = Statement(
    select(open_payment.c.payment_id)
    .where(_last_look <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _wait_seconds))
    .order_by(_last_look)
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


async def open_new_payment(connection: Connection, appointment_id: uuid.UUID, payment_id: str) -> None:
    """From now on somebody looks after it."""
    await _OPEN_PAYMENT.execute(connection, payment_id=payment_id, appointment_id=appointment_id)


async def is_open(connection: Connection, payment_id: str) -> bool:
    return await _IS_OPEN.fetch_row(connection, of_payment=payment_id) is not None


async def looked_at(connection: Connection, payment_id: str, *, over: bool, with_bank: bool) -> None:
    """Closes a payment that is over, and one that its client left days ago unless its money is `with_bank`."""
    if over:
        await _CLOSE_PAYMENT.execute(connection, of_payment=payment_id)
    elif with_bank or not await _CLOSE_ABANDONED.execute(connection, of_payment=payment_id):
        await _CHECKED.execute(connection, of_payment=payment_id)


async def stuck_payments(connection: Connection, *, stuck_seconds: int, limit: int) -> list[str]:
    """Open payments that nobody looked at for so long; the older they are the longer, at most an hour."""
    return [row["payment_id"] for row in await _STUCK.fetch(connection, seconds=stuck_seconds, limit=limit)]


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
