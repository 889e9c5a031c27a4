"""The SQL of money in booking: stored webhooks, and refunds that are owed."""

from __future__ import annotations

import uuid

from sqlalchemy import Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import PaymentEvent, Refund
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.request_context import request_id
from runtime.tables import table_of

refund = table_of(Refund)
payment_event = table_of(PaymentEvent)

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
_OPEN_REFUND = Statement(
    select(refund).where(refund.c.payment_id == bindparam("payment_id"), refund.c.state == "REQUESTED")
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


async def finish_payment_event(connection: Connection, provider: str, event_id: str, outcome: str) -> None:
    await _SETTLE_EVENT.execute(connection, b_provider=provider, b_event_id=event_id, b_outcome=outcome)


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


async def open_refund(connection: Connection, payment_id: str) -> Record | None:
    return await _OPEN_REFUND.fetch_row(connection, payment_id=payment_id)


async def finish_refund(connection: Connection, refund_id: uuid.UUID) -> bool:
    return bool(await _FINISH_REFUND.execute(connection, refund_id=refund_id))
