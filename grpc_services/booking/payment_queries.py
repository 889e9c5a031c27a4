"""The SQL of money that comes into booking: payments that are open, and what was captured."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import CapturedPayment, OpenPayment
from runtime.database import Connection, Statement
from runtime.tables import table_of

open_payment = table_of(OpenPayment)
captured = table_of(CapturedPayment)

_OPEN_PAYMENT = Statement(
    upsert(open_payment)
    .values(payment_id=bindparam("payment_id"), booking_id=bindparam("booking_id"))
    .on_conflict_do_nothing()
)
_this_payment = open_payment.c.payment_id == bindparam("of_payment")
_IS_OPEN = Statement(select(open_payment.c.payment_id).where(_this_payment))
_CHECKED = Statement(update(open_payment).where(_this_payment).values(checked_at=func.now()))
_CLOSE_PAYMENT = Statement(delete(open_payment).where(_this_payment))
_CLOSE_ABANDONED = Statement(
    delete(open_payment).where(_this_payment, open_payment.c.opened_at < func.now() - text("interval '4 days'"))
)
# The older a payment or a refund is, the more seldom it is looked at, but at least once an hour.
_STUCK = Statement(
    text("""
        SELECT payment_id FROM (
            SELECT payment_id, opened_at, coalesce(checked_at, opened_at) AS looked_at FROM booking.open_payment
            UNION ALL
            SELECT payment_id, due_at, greatest(due_at, checked_at) FROM booking.refund
            WHERE state = 'REQUESTED' AND due_at <= now()
            UNION ALL
            SELECT payment_id, created_at, coalesce(checked_at, created_at) FROM booking.refund WHERE state = 'PENDING'
        ) AS waiting
        WHERE looked_at <= now() - make_interval(
            secs => least(greatest(CAST(:seconds AS float8), extract(epoch FROM looked_at - opened_at) / 4), 3600)
        )
        GROUP BY payment_id ORDER BY min(looked_at) LIMIT CAST(:limit AS int)
    """)
)
_RECORD_CAPTURE = Statement(
    upsert(captured)
    .values(
        payment_id=bindparam("payment_id"),
        booking_id=bindparam("booking_id"),
        amount_minor_units=bindparam("amount"),
        shares=bindparam("shares"),
    )
    .on_conflict_do_nothing()
)
_CAPTURED = Statement(select(captured.c.payment_id).where(captured.c.payment_id == bindparam("payment_id")))
# What each payee has of each payment, the newest payments first.
_KEPT = Statement(
    text("""
        SELECT moved.payment_id, share.key AS payee_id, sum(moved.sign * share.value::bigint)::bigint AS kept
        FROM (
            SELECT payment_id, 1 AS sign, shares FROM booking.captured_payment WHERE booking_id = :booking_id
            UNION ALL
            SELECT payment_id, -1, shares FROM booking.refund
            WHERE booking_id = :booking_id AND state NOT IN ('FAILED', 'REVERSED')
        ) AS moved
        JOIN booking.captured_payment AS captured USING (payment_id)
        CROSS JOIN jsonb_each_text(moved.shares) AS share
        GROUP BY captured.at, moved.payment_id, share.key
        ORDER BY captured.at DESC, moved.payment_id, share.key
    """).bindparams(bindparam("booking_id", type_=Uuid))
)


async def open_new_payment(connection: Connection, booking_id: uuid.UUID, payment_id: str) -> None:
    """From now on somebody looks after it."""
    await _OPEN_PAYMENT.execute(connection, payment_id=payment_id, booking_id=booking_id)


async def is_open(connection: Connection, payment_id: str) -> bool:
    return await _IS_OPEN.fetch_row(connection, of_payment=payment_id) is not None


async def looked_at(connection: Connection, payment_id: str, *, over: bool, with_bank: bool) -> None:
    """Closes a payment that is over, and one that its guest left days ago unless its money is `with_bank`."""
    if over:
        await _CLOSE_PAYMENT.execute(connection, of_payment=payment_id)
    elif with_bank or not await _CLOSE_ABANDONED.execute(connection, of_payment=payment_id):
        await _CHECKED.execute(connection, of_payment=payment_id)


async def stuck_payments(connection: Connection, *, stuck_seconds: int, limit: int) -> list[str]:
    """Open payments, and payments with refunds under way, that nobody looked at for so long."""
    rows = await _STUCK.fetch(connection, seconds=float(stuck_seconds), limit=limit)
    return [row["payment_id"] for row in rows]


async def record_capture(
    connection: Connection, booking_id: uuid.UUID, payment_id: str, shares: Mapping[str, int]
) -> None:
    """`shares` is what each payee got of it."""
    await _RECORD_CAPTURE.execute(
        connection, booking_id=booking_id, payment_id=payment_id, amount=sum(shares.values()), shares=shares
    )


async def is_taken_in(connection: Connection, payment_id: str) -> bool:
    """Whether the money of a payment was counted before."""
    return await _CAPTURED.fetch_row(connection, payment_id=payment_id) is not None


async def kept_of_payments(connection: Connection, booking_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """What each payee has of each payment less what went back or is about to, by payment and payee; the newest
    payments first."""
    found: dict[str, dict[str, int]] = {}
    for row in await _KEPT.fetch(connection, booking_id=booking_id):
        found.setdefault(row["payment_id"], {})[row["payee_id"]] = row["kept"]
    return found


async def kept_by_payee(connection: Connection, booking_id: uuid.UUID) -> Counter[str]:
    kept: Counter[str] = Counter()
    for parts in (await kept_of_payments(connection, booking_id)).values():
        kept.update(parts)
    return kept
