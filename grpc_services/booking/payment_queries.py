"""The SQL of money in booking: stored webhooks, and refunds that are owed."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import Booking, CapturedPayment, PaymentEvent, Refund
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.request_context import request_id
from runtime.tables import table_of

refund = table_of(Refund)
payment_event = table_of(PaymentEvent)
captured = table_of(CapturedPayment)
booking = table_of(Booking)

_seconds = bindparam("seconds", type_=Integer)

_STORE_EVENT = Statement(
    upsert(payment_event)
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
_TRY_EVENT = Statement(
    update(payment_event)
    .where(payment_event.c.provider == bindparam("b_provider"), payment_event.c.event_id == bindparam("b_event_id"))
    .values(tries=payment_event.c.tries + 1)
    .returning(payment_event)
)
_SETTLE_EVENT = Statement(
    update(payment_event)
    .where(
        payment_event.c.provider == bindparam("b_provider"),
        payment_event.c.event_id == bindparam("b_event_id"),
        payment_event.c.settled_at.is_(None),
    )
    .values(settled_at=func.now(), outcome=bindparam("b_outcome"))
)
_UNSETTLED = Statement(
    select(payment_event.c.provider, payment_event.c.event_id)
    .where(
        payment_event.c.settled_at.is_(None),
        payment_event.c.received_at <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _seconds),
    )
    .order_by(payment_event.c.received_at)
    .limit(bindparam("limit", type_=Integer))
)
_REQUEST_REFUND = Statement(
    upsert(refund)
    .values(
        id=bindparam("id"),
        booking_id=bindparam("booking_id"),
        payment_id=bindparam("payment_id"),
        amount_minor_units=bindparam("amount"),
        reason=bindparam("reason"),
        state="REQUESTED",
    )
    .on_conflict_do_nothing()
)
_OPEN_REFUNDS = Statement(
    select(refund, booking.c.currency)
    .join_from(refund, booking, refund.c.booking_id == booking.c.id)
    .where(refund.c.booking_id == bindparam("booking_id"), refund.c.state == "REQUESTED")
    .order_by(refund.c.id)
)
_SENT_BACK = Statement(
    select(func.coalesce(func.sum(refund.c.amount_minor_units), 0).cast(BigInteger)).where(
        refund.c.booking_id == bindparam("booking_id")
    )
)
_RECORD_CAPTURE = Statement(
    upsert(captured)
    .values(
        payment_id=bindparam("payment_id"), booking_id=bindparam("booking_id"), amount_minor_units=bindparam("amount")
    )
    .on_conflict_do_nothing()
)
_CAPTURED = Statement(select(captured.c.payment_id).where(captured.c.payment_id == bindparam("payment_id")))
_REFUNDABLE = Statement(
    select(
        captured.c.payment_id,
        (
            captured.c.amount_minor_units
            - func.coalesce(
                select(func.sum(refund.c.amount_minor_units))
                .where(refund.c.payment_id == captured.c.payment_id)
                .scalar_subquery(),
                0,
            )
        )
        .cast(BigInteger)
        .label("refundable"),
    )
    .where(captured.c.booking_id == bindparam("booking_id"))
    .order_by(captured.c.at.desc(), captured.c.payment_id)
)
_FINISH_REFUND = Statement(
    update(refund).where(refund.c.id == bindparam("refund_id"), refund.c.state == "REQUESTED").values(state="SUCCEEDED")
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
    return await _TRY_EVENT.fetch_row(connection, b_provider=provider, b_event_id=event_id)


async def finish_payment_event(connection: Connection, provider: str, event_id: str, outcome: str) -> bool:
    """True when it was not finished before."""
    return bool(await _SETTLE_EVENT.execute(connection, b_provider=provider, b_event_id=event_id, b_outcome=outcome))


async def unsettled_payment_events(connection: Connection, *, older_than_seconds: int, limit: int) -> list[Record]:
    return await _UNSETTLED.fetch(connection, seconds=older_than_seconds, limit=limit)


async def request_refund(
    connection: Connection, *, booking_id: uuid.UUID, payment_id: str, amount: int, reason: str
) -> bool:
    """Asks once for each late payment, however often it is asked; True the first time."""
    return bool(
        await _REQUEST_REFUND.execute(
            connection, id=new_id(), booking_id=booking_id, payment_id=payment_id, amount=amount, reason=reason
        )
    )


async def owe_refund(
    connection: Connection, *, booking_id: uuid.UUID, payment_id: str, amount: int, reason: str
) -> uuid.UUID:
    """Asks for a part of a payment; answers the refund's id."""
    refund_id = new_id()
    await _REQUEST_REFUND.execute(
        connection, id=refund_id, booking_id=booking_id, payment_id=payment_id, amount=amount, reason=reason
    )
    return refund_id


async def open_refunds(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """With the booking's currency."""
    return await _OPEN_REFUNDS.fetch(connection, booking_id=booking_id)


async def sent_back(connection: Connection, booking_id: uuid.UUID) -> int:
    """What went back of a booking's money or is about to."""
    return int(await _SENT_BACK.fetch_value(connection, booking_id=booking_id))


async def record_capture(connection: Connection, booking_id: uuid.UUID, payment_id: str, amount: int) -> None:
    await _RECORD_CAPTURE.execute(connection, booking_id=booking_id, payment_id=payment_id, amount=amount)


async def is_taken_in(connection: Connection, payment_id: str) -> bool:
    """Whether the money of a payment was counted before."""
    return await _CAPTURED.fetch_row(connection, payment_id=payment_id) is not None


async def refundable_payments(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """(payment_id, refundable), the newest first."""
    return await _REFUNDABLE.fetch(connection, booking_id=booking_id)


async def finish_refund(connection: Connection, refund_id: uuid.UUID) -> bool:
    return bool(await _FINISH_REFUND.execute(connection, refund_id=refund_id))
