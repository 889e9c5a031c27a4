"""The tables of a service that is paid: what it keeps of the payment system's payments, refunds and disputes.

They are alike wherever something is paid; `owner` is what is paid, such as a booking, and its table has the currency.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


class PaymentTables(NamedTuple):
    owner: Table
    owner_id: str  # the column that names the owner, in each of the others
    captured: Table
    refund: Table
    dispute: Table
    open_payment: Table


def payment_tables(owner: Table) -> PaymentTables:
    metadata, owner_id = owner.metadata, f"{owner.name}_id"

    def of_owner(*, ondelete: str | None = None) -> Column[Any]:
        key = ForeignKey(owner.c.id, ondelete=ondelete)
        return Column(owner_id, Uuid, key, nullable=False, index=True)

    def moment(name: str, *, default_now: bool = False, required: bool = True) -> Column[Any]:
        return Column(
            name, DateTime(timezone=True), nullable=not required, server_default=func.now() if default_now else None
        )

    def amount() -> Column[Any]:
        return Column("amount_minor_units", BigInteger, nullable=False)

    def words(name: str, *, primary_key: bool = False) -> Column[Any]:
        return Column(name, Text, primary_key=primary_key, nullable=False)

    captured = Table(  # a payment whose money was taken in; what of it may still go back is this less its refunds
        "captured_payment",
        metadata,
        words("payment_id", primary_key=True),
        of_owner(),
        amount(),
        Column("shares", JSONB, nullable=False),  # minor units by payee; their sum is the amount
        moment("at", default_now=True),
        # Its money may still be contested, or a refund of it come back: when it last moved, and when it is looked at
        # next; none: it has been quiet for so long that nothing more is expected.
        moment("quiet_since", default_now=True),
        moment("look_at", required=False),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        Index("ix_captured_payment_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )
    # Money that goes back; asked of the payment system under the row's id, so asking twice pays once. One that failed
    # or came back stays as it ended, and a new row stands for what is owed again.
    refund = Table(
        "refund",
        metadata,
        Column("id", Uuid, primary_key=True),
        of_owner(),
        words("payment_id"),
        amount(),
        Column("shares", JSONB, nullable=False),  # minor units by payee who gives them back; their sum is the amount
        words("reason"),
        words("state"),
        words("provider_refund_id"),  # empty until the payment system has answered
        Column("attempt", SmallInteger, nullable=False),
        moment("due_at", required=False),  # it is not sent before; none: a person sends it
        moment("checked_at", required=False),
        moment("created_at", default_now=True),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("state IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'REVERSED')", name="state"),
        Index(
            "uq_refund_late_money",
            "payment_id",
            unique=True,
            postgresql_where=text("reason = 'LATE_MONEY' AND state NOT IN ('FAILED', 'REVERSED')"),
        ),
        Index("ix_refund_open", "created_at", postgresql_where=text("state IN ('REQUESTED', 'PENDING')")),
    )
    dispute = Table(  # a payment that is contested at its guest's bank; what was paid for stays as it is
        "dispute",
        metadata,
        words("id", primary_key=True),  # the payment system's
        of_owner(),
        words("payment_id"),
        amount(),
        words("reason"),
        words("state"),
        moment("opened_at"),
        CheckConstraint("state IN ('OPENED', 'WON', 'LOST')", name="state"),
    )
    open_payment = Table(  # a payment that may still change: looked after until it is over, whoever tells of it
        "open_payment",
        metadata,
        words("payment_id", primary_key=True),
        of_owner(ondelete="CASCADE"),
        moment("opened_at", default_now=True),
        moment("checked_at", required=False),
    )
    return PaymentTables(owner, owner_id, captured, refund, dispute, open_payment)
