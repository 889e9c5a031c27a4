"""The SQL of money that goes back, and of disputes about money that came."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Interval, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.models import Booking, Dispute, Refund
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

refund = table_of(Refund)
dispute = table_of(Dispute)
booking = table_of(Booking)

_stands = and_(refund.c.state != "FAILED", refund.c.state != "REVERSED")  # else its amount is free again

_REQUEST_REFUND = Statement(
    upsert(refund)
    .values(
        id=bindparam("id"),
        booking_id=bindparam("booking_id"),
        payment_id=bindparam("payment_id"),
        amount_minor_units=bindparam("amount"),
        shares=bindparam("shares"),
        reason=bindparam("reason"),
        state="REQUESTED",
        provider_refund_id="",
        attempt=bindparam("attempt"),
        due_at=func.now() + bindparam("pause", type_=Interval),
    )
    .on_conflict_do_nothing()
)
_OPEN_REFUNDS = Statement(
    select(refund, booking.c.currency)
    .join_from(refund, booking, refund.c.booking_id == booking.c.id)
    .where(
        refund.c.booking_id == bindparam("booking_id"),
        refund.c.state == "REQUESTED",
        refund.c.due_at <= func.now(),
    )
    .order_by(refund.c.id)
)
_UNDER_WAY = Statement(
    select(refund, booking.c.currency)
    .join_from(refund, booking, refund.c.booking_id == booking.c.id)
    .where(
        refund.c.payment_id == bindparam("payment_id"),
        refund.c.provider_refund_id != "",
        _stands,
    )
    .order_by(refund.c.id)
)
_SENT_BACK = Statement(
    select(func.coalesce(func.sum(refund.c.amount_minor_units), 0).cast(BigInteger)).where(
        refund.c.booking_id == bindparam("booking_id"), _stands
    )
)
_LOCK_REFUND = Statement(select(refund).where(refund.c.id == bindparam("refund_id")).with_for_update())
_MOVE_REFUND = Statement(
    update(refund)
    .where(refund.c.id == bindparam("refund_id"))
    .values(state=bindparam("to_state"), provider_refund_id=bindparam("provider_id"), checked_at=func.now())
)
_POSTPONE = Statement(
    update(refund)
    .where(refund.c.id == bindparam("refund_id"), refund.c.state == "REQUESTED")
    .values(due_at=func.now() + bindparam("pause", type_=Interval), checked_at=func.now())
)
_MAKE_DUE = Statement(
    update(refund)
    .where(refund.c.payment_id == bindparam("of_payment"), refund.c.state == "REQUESTED")
    .values(due_at=func.now())
)
_KNOWN_DISPUTES = Statement(
    select(dispute.c.id, dispute.c.state).where(dispute.c.payment_id == bindparam("payment_id"))
)
_insert_dispute = upsert(dispute).values({column.name: bindparam(column.name) for column in dispute.c})
_SAVE_DISPUTE = Statement(
    _insert_dispute.on_conflict_do_update(index_elements=[dispute.c.id], set_={"state": _insert_dispute.excluded.state})
)
_AT_ONCE = dt.timedelta()


async def request_refund(
    connection: Connection, *, booking_id: uuid.UUID, payment_id: str, shares: Mapping[str, int], reason: str
) -> uuid.UUID | None:
    """The id of the new refund; `shares` is what each payee gives back. None when this late payment goes back already,
    however often that is asked."""
    return await _insert(connection, booking_id, payment_id, shares, reason, attempt=1, pause=_AT_ONCE)


async def request_again(connection: Connection, failed: Record, *, pause: dt.timedelta | None) -> uuid.UUID:
    """A new refund for one that failed; without a pause it waits for a person."""
    refund_id = await _insert(
        connection,
        failed["booking_id"],
        failed["payment_id"],
        failed["shares"],
        failed["reason"],
        attempt=failed["attempt"] + 1,
        pause=pause,
    )
    if refund_id is None:
        raise RuntimeError("this refund was asked for again by somebody else")
    return refund_id


async def open_refunds(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """Those that are to be sent now, with the booking's currency."""
    return await _OPEN_REFUNDS.fetch(connection, booking_id=booking_id)


async def refunds_under_way(connection: Connection, payment_id: str) -> list[Record]:
    """Those that the payment system knows and that may still change, with the booking's currency."""
    return await _UNDER_WAY.fetch(connection, payment_id=payment_id)


async def sent_back(connection: Connection, booking_id: uuid.UUID) -> int:
    """What went back of a booking's money or is about to."""
    return int(await _SENT_BACK.fetch_value(connection, booking_id=booking_id))


async def lock_refund(connection: Connection, refund_id: uuid.UUID) -> Record:
    return await _LOCK_REFUND.fetch_one(connection, refund_id=refund_id)


async def move_refund(connection: Connection, refund_id: uuid.UUID, state: str, provider_id: str) -> None:
    await _MOVE_REFUND.execute(connection, refund_id=refund_id, to_state=state, provider_id=provider_id)


async def postpone(connection: Connection, refund_id: uuid.UUID, pause: dt.timedelta) -> None:
    await _POSTPONE.execute(connection, refund_id=refund_id, pause=pause)


async def make_due(connection: Connection, payment_id: str) -> None:
    """What waits to be sent again is sent by whoever comes next."""
    await _MAKE_DUE.execute(connection, of_payment=payment_id)


async def known_disputes(connection: Connection, payment_id: str) -> dict[str, str]:
    """Their states by id."""
    return {row["id"]: row["state"] for row in await _KNOWN_DISPUTES.fetch(connection, payment_id=payment_id)}


async def save_dispute(connection: Connection, **values: Any) -> None:
    await _SAVE_DISPUTE.execute(connection, **values)


async def _insert(
    connection: Connection,
    booking_id: uuid.UUID,
    payment_id: str,
    shares: Mapping[str, int],
    reason: str,
    *,
    attempt: int,
    pause: dt.timedelta | None,
) -> uuid.UUID | None:
    refund_id = new_id()
    new = await _REQUEST_REFUND.execute(
        connection,
        id=refund_id,
        booking_id=booking_id,
        payment_id=payment_id,
        amount=sum(shares.values()),
        shares=shares,
        reason=reason,
        attempt=attempt,
        pause=pause,
    )
    return refund_id if new else None
