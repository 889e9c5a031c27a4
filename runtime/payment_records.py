"""The SQL of what a service that is paid keeps of payments, refunds and disputes; see `payment_tables`.

`owner_id` is what is paid: a booking, an appointment. Whoever writes has locked it, and it before its refunds.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Interval,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    delete,
    func,
    literal_column,
    null,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.payment_tables import PaymentTables

_AT_ONCE = dt.timedelta()
# A payment whose money came is looked at again after an hour, and then after twice as long each time nothing moved:
# a dozen times in the four months in which banks let guests contest it.
_FIRST_LOOK = text("interval '1 hour'")
_EXPECT_NOTHING_AFTER = text("interval '120 days'")


class PaymentRecords:
    def __init__(self, tables: PaymentTables) -> None:
        owner, _, captured, refund, dispute, open_payment = tables
        self._owner_id = tables.owner_id
        of_owner = bindparam("of_owner", type_=Uuid)
        requested = refund.c.state == literal_column("'REQUESTED'")  # written out, as in the index
        stands = and_(refund.c.state != "FAILED", refund.c.state != "REVERSED")  # else its amount is free again
        refund_owner = refund.c[tables.owner_id]

        this_payment = open_payment.c.payment_id == bindparam("of_payment")
        self._open = Statement(
            insert(open_payment)
            .values({"payment_id": bindparam("payment_id"), tables.owner_id: of_owner})
            .on_conflict_do_nothing()
        )
        self._is_open = Statement(select(open_payment.c.payment_id).where(this_payment))
        self._checked = Statement(update(open_payment).where(this_payment).values(checked_at=func.now()))
        self._close = Statement(delete(open_payment).where(this_payment))
        self._close_abandoned = Statement(
            delete(open_payment).where(this_payment, open_payment.c.opened_at < func.now() - text("interval '4 days'"))
        )
        self._stuck = _stuck(tables)

        self._record_capture = Statement(
            insert(captured)
            .values(
                {
                    "payment_id": bindparam("payment_id"),
                    tables.owner_id: of_owner,
                    "amount_minor_units": bindparam("amount"),
                    "shares": bindparam("shares"),
                    "look_at": func.now() + _FIRST_LOOK,
                }
            )
            .on_conflict_do_nothing()
        )
        this_capture = captured.c.payment_id == bindparam("of_payment")
        quiet_for = func.now() - captured.c.quiet_since
        self._was_quiet = Statement(
            update(captured)
            .where(this_capture)
            .values(
                look_at=case(
                    (quiet_for > _EXPECT_NOTHING_AFTER, null()),
                    else_=func.now() + func.greatest(quiet_for, _FIRST_LOOK),
                )
            )
        )
        self._has_moved = Statement(
            update(captured).where(this_capture).values(quiet_since=func.now(), look_at=func.now() + _FIRST_LOOK)
        )
        self._is_captured = Statement(
            select(captured.c.payment_id).where(captured.c.payment_id == bindparam("payment_id"))
        )
        self._kept = _kept(tables)
        self._sent_back = Statement(
            select(func.coalesce(func.sum(refund.c.amount_minor_units), 0).cast(BigInteger)).where(
                refund_owner == of_owner, stands
            )
        )

        self._request_refund = Statement(
            insert(refund)
            .values(
                {
                    "id": bindparam("id"),
                    tables.owner_id: of_owner,
                    "payment_id": bindparam("payment_id"),
                    "amount_minor_units": bindparam("amount"),
                    "shares": bindparam("shares"),
                    "reason": bindparam("reason"),
                    "state": "REQUESTED",
                    "provider_refund_id": "",
                    "attempt": bindparam("attempt"),
                    "due_at": func.now() + bindparam("pause", type_=Interval),
                }
            )
            .on_conflict_do_nothing()
        )
        with_currency = select(refund, owner.c.currency).join_from(refund, owner, refund_owner == owner.c.id)
        self._open_refunds = Statement(
            with_currency.where(refund_owner == of_owner, requested, refund.c.due_at <= func.now()).order_by(
                refund.c.id
            )
        )
        self._under_way = Statement(
            with_currency.where(
                refund.c.payment_id == bindparam("payment_id"), refund.c.provider_refund_id != "", stands
            ).order_by(refund.c.id)
        )
        one_refund = refund.c.id == bindparam("refund_id")
        self._lock_refund = Statement(select(refund).where(one_refund).with_for_update())
        self._move_refund = Statement(
            update(refund)
            .where(one_refund)
            .values(state=bindparam("to_state"), provider_refund_id=bindparam("provider_id"), checked_at=func.now())
        )
        self._postpone = Statement(
            update(refund)
            .where(one_refund, requested)
            .values(due_at=func.now() + bindparam("pause", type_=Interval), checked_at=func.now())
        )
        self._make_due = Statement(
            update(refund).where(refund.c.payment_id == bindparam("of_payment"), requested).values(due_at=func.now())
        )

        self._known_disputes = Statement(
            select(dispute.c.id, dispute.c.state).where(dispute.c.payment_id == bindparam("payment_id"))
        )
        new_dispute = insert(dispute).values({one.name: bindparam(one.name) for one in dispute.c})
        self._save_dispute = Statement(
            new_dispute.on_conflict_do_update(index_elements=[dispute.c.id], set_={"state": new_dispute.excluded.state})
        )

    async def open_new_payment(self, connection: Connection, owner_id: uuid.UUID, payment_id: str) -> None:
        """From now on somebody looks after it."""
        await self._open.execute(connection, payment_id=payment_id, of_owner=owner_id)

    async def is_open(self, connection: Connection, payment_id: str) -> bool:
        return await self._is_open.fetch_row(connection, of_payment=payment_id) is not None

    async def looked_at(self, connection: Connection, payment_id: str, *, over: bool, with_bank: bool) -> None:
        """Closes a payment that is over, and one that its guest left days ago unless its money is `with_bank`; one
        that was taken in is looked at again later, see `has_moved`."""
        await self._was_quiet.execute(connection, of_payment=payment_id)
        if over:
            await self._close.execute(connection, of_payment=payment_id)
        elif with_bank or not await self._close_abandoned.execute(connection, of_payment=payment_id):
            await self._checked.execute(connection, of_payment=payment_id)

    async def has_moved(self, connection: Connection, payment_id: str) -> None:
        """Something new came of a payment that was taken in, so more may come soon."""
        await self._has_moved.execute(connection, of_payment=payment_id)

    async def stuck_payments(self, connection: Connection, *, stuck_seconds: int, limit: int) -> list[str]:
        """Open payments, and payments with refunds under way, that nobody looked at for so long; then those whose
        money came long ago and that are to be looked at once more."""
        rows = await self._stuck.fetch(connection, seconds=float(stuck_seconds), limit=limit)
        return [row["payment_id"] for row in rows]

    async def record_capture(
        self, connection: Connection, owner_id: uuid.UUID, payment_id: str, shares: Mapping[str, int]
    ) -> None:
        """`shares` is what each payee got of it."""
        await self._record_capture.execute(
            connection, of_owner=owner_id, payment_id=payment_id, amount=sum(shares.values()), shares=shares
        )

    async def is_taken_in(self, connection: Connection, payment_id: str) -> bool:
        """Whether the money of a payment was counted before."""
        return await self._is_captured.fetch_row(connection, payment_id=payment_id) is not None

    async def kept_of_payments(self, connection: Connection, owner_id: uuid.UUID) -> dict[str, dict[str, int]]:
        """What each payee has of each payment less what went back or is about to, by payment and payee; the newest
        payments first."""
        found: dict[str, dict[str, int]] = {}
        for row in await self._kept.fetch(connection, of_owner=owner_id):
            found.setdefault(row["payment_id"], {})[row["payee_id"]] = row["kept"]
        return found

    async def kept_by_payee(self, connection: Connection, owner_id: uuid.UUID) -> Counter[str]:
        kept: Counter[str] = Counter()
        for parts in (await self.kept_of_payments(connection, owner_id)).values():
            kept.update(parts)
        return kept

    async def sent_back(self, connection: Connection, owner_id: uuid.UUID) -> int:
        """What went back of the owner's money or is about to."""
        return int(await self._sent_back.fetch_value(connection, of_owner=owner_id))

    async def request_refund(
        self,
        connection: Connection,
        owner_id: uuid.UUID,
        payment_id: str,
        shares: Mapping[str, int],
        reason: str,
        *,
        attempt: int = 1,
        pause: dt.timedelta | None = _AT_ONCE,
    ) -> uuid.UUID | None:
        """The id of the new refund; `shares` is what each payee gives back; without a pause it waits for a person.
        None when this late payment goes back already, however often that is asked."""
        refund_id = new_id()
        new = await self._request_refund.execute(
            connection,
            id=refund_id,
            of_owner=owner_id,
            payment_id=payment_id,
            amount=sum(shares.values()),
            shares=shares,
            reason=reason,
            attempt=attempt,
            pause=pause,
        )
        return refund_id if new else None

    async def request_again(self, connection: Connection, failed: Record, *, pause: dt.timedelta | None) -> uuid.UUID:
        """A new refund for one that failed, from the same payees."""
        refund_id = await self.request_refund(
            connection,
            self.owner_of(failed),
            failed["payment_id"],
            failed["shares"],
            failed["reason"],
            attempt=failed["attempt"] + 1,
            pause=pause,
        )
        if refund_id is None:
            raise RuntimeError("this refund was asked for again by somebody else")
        return refund_id

    def owner_of(self, refund: Record) -> uuid.UUID:
        found: uuid.UUID = refund[self._owner_id]
        return found

    async def open_refunds(self, connection: Connection, owner_id: uuid.UUID) -> list[Record]:
        """Those that are to be sent now, with their currency."""
        return await self._open_refunds.fetch(connection, of_owner=owner_id)

    async def refunds_under_way(self, connection: Connection, payment_id: str) -> list[Record]:
        """Those that the payment system knows and that may still change, with their currency."""
        return await self._under_way.fetch(connection, payment_id=payment_id)

    async def lock_refund(self, connection: Connection, refund_id: uuid.UUID) -> Record:
        return await self._lock_refund.fetch_one(connection, refund_id=refund_id)

    async def move_refund(self, connection: Connection, refund_id: uuid.UUID, state: str, provider_id: str) -> None:
        await self._move_refund.execute(connection, refund_id=refund_id, to_state=state, provider_id=provider_id)

    async def postpone(self, connection: Connection, refund_id: uuid.UUID, pause: dt.timedelta | None) -> None:
        """Without a pause it waits for a person."""
        await self._postpone.execute(connection, refund_id=refund_id, pause=pause)

    async def make_due(self, connection: Connection, payment_id: str) -> None:
        """What waits to be sent again is sent by whoever comes next."""
        await self._make_due.execute(connection, of_payment=payment_id)

    async def known_disputes(self, connection: Connection, payment_id: str) -> dict[str, str]:
        """Their states by id."""
        rows = await self._known_disputes.fetch(connection, payment_id=payment_id)
        return {row["id"]: row["state"] for row in rows}

    async def save_dispute(self, connection: Connection, owner_id: uuid.UUID, **values: Any) -> None:
        await self._save_dispute.execute(connection, **{self._owner_id: owner_id}, **values)


def _stuck(tables: PaymentTables) -> Statement:
    opened, refund, captured = tables.open_payment.c, tables.refund.c, tables.captured.c

    def not_looked_at(looked_at: ColumnElement[Any], since: ColumnElement[Any]) -> ColumnElement[bool]:
        """The older it is, the more seldom it is looked at, but at least once an hour."""
        age = func.extract("epoch", looked_at - since).cast(Float)
        pause = func.least(func.greatest(bindparam("seconds", type_=Float), age / 4.0), 3600.0)
        return looked_at <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, pause)

    opened_looked_at = func.coalesce(opened.checked_at, opened.opened_at)
    requested_looked_at = func.greatest(refund.due_at, refund.checked_at)
    pending_looked_at = func.coalesce(refund.checked_at, refund.created_at)
    urgent, at_leisure = literal_column("0", Integer).label("turn"), literal_column("1", Integer)
    waiting = union_all(
        select(opened.payment_id, urgent, opened_looked_at.label("looked_at")).where(
            not_looked_at(opened_looked_at, opened.opened_at)
        ),
        select(refund.payment_id, urgent, requested_looked_at).where(
            refund.state == literal_column("'REQUESTED'"),
            refund.due_at <= func.now(),
            not_looked_at(requested_looked_at, refund.due_at),
        ),
        select(refund.payment_id, urgent, pending_looked_at).where(
            refund.state == literal_column("'PENDING'"), not_looked_at(pending_looked_at, refund.created_at)
        ),
        select(captured.payment_id, at_leisure, captured.look_at).where(captured.look_at <= func.now()),
    ).subquery("waiting")
    return Statement(
        select(waiting.c.payment_id)
        .group_by(waiting.c.payment_id)
        .order_by(func.min(waiting.c.turn), func.min(waiting.c.looked_at))
        .limit(bindparam("limit", type_=Integer))
    )


def _kept(tables: PaymentTables) -> Statement:
    captured, refund = tables.captured.c, tables.refund.c
    of_owner = bindparam("of_owner", type_=Uuid)
    moved = union_all(
        select(captured.payment_id, literal_column("1").label("sign"), captured.shares).where(
            captured[tables.owner_id] == of_owner
        ),
        select(refund.payment_id, literal_column("-1"), refund.shares).where(
            refund[tables.owner_id] == of_owner, refund.state != "FAILED", refund.state != "REVERSED"
        ),
    ).subquery("moved")
    share = func.jsonb_each_text(moved.c.shares).table_valued(column("key", Text), column("value", Text), name="share")
    kept = func.sum(moved.c.sign * share.c.value.cast(BigInteger)).cast(BigInteger)
    return Statement(
        select(moved.c.payment_id, share.c.key.label("payee_id"), kept.label("kept"))
        .select_from(moved)
        .join(tables.captured, captured.payment_id == moved.c.payment_id)
        .join(share, text("true"))
        .group_by(captured.at, moved.c.payment_id, share.c.key)
        .order_by(captured.at.desc(), moved.c.payment_id, share.c.key)
    )
