"""Tables of the money after it was taken: refunds, disputes, and the ledger in double entry."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, text
from sqlmodel import Field

from grpc_services.payment.models import PaymentServiceModel
from runtime.tables import long_text, optional_moment, required_moment


class Refund(PaymentServiceModel, table=True):
    """Money given back, in the payment's currency."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("state IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'REVERSED')", name="state"),
        CheckConstraint("amount_minor_units > 0", name="amount"),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id", index=True)
    idempotency_key: str = long_text(unique=True)
    input_hash: bytes = Field(sa_type=LargeBinary, nullable=False)
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    currency: str = long_text()
    reason: str = long_text()
    state: str = long_text()
    failure_code: str = long_text()
    created_at: dt.datetime = required_moment()
    updated_at: dt.datetime = required_moment()


class RefundMove(PaymentServiceModel, table=True):
    """Every state that a refund has been in, in order."""

    __tablename__ = "refund_move"

    refund_id: uuid.UUID = Field(primary_key=True, foreign_key="payment.refund.id")
    step: int = Field(primary_key=True)
    state: str = long_text()
    at: dt.datetime = required_moment()


class Dispute(PaymentServiceModel, table=True):
    """What was left of a payment, taken back by the guest's bank until it is decided; one open at a time."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("state IN ('OPENED', 'WON', 'LOST')", name="state"),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("(resolved_at IS NULL) = (state = 'OPENED')", name="resolved"),
        Index("ix_dispute_open", "payment_id", unique=True, postgresql_where=text("state = 'OPENED'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id", index=True)
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    currency: str = long_text()
    reason: str = long_text()
    state: str = long_text()
    opened_at: dt.datetime = required_moment()
    resolved_at: dt.datetime | None = optional_moment()


class LedgerTransaction(PaymentServiceModel, table=True):
    """One movement of money. Its entries sum to zero in each currency, which a trigger asserts at commit."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('CAPTURE', 'REFUND', 'REFUND_SENT', 'REFUND_FAILED', 'REFUND_REVERSED',"
            " 'DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST')",
            name="kind",
        ),
        Index("ix_ledger_transaction_capture", "payment_id", unique=True, postgresql_where=text("kind = 'CAPTURE'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id", index=True)
    refund_id: uuid.UUID | None = Field(default=None, foreign_key="payment.refund.id", index=True)
    dispute_id: uuid.UUID | None = Field(default=None, foreign_key="payment.dispute.id", index=True)
    kind: str = long_text()
    at: dt.datetime = required_moment()


class LedgerEntry(PaymentServiceModel, table=True):
    """What one account gains by a transaction. `payee_id` is set for payees' accounts only. Entries are never
    changed or deleted; a trigger refuses it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(
            "account IN ('CARD_NETWORK', 'PLATFORM', 'PAYEE', 'REFUNDS_IN_TRANSIT', 'DISPUTES')", name="account"
        ),
        CheckConstraint("(account = 'PAYEE') = (payee_id <> '')", name="payee"),
        CheckConstraint("kind IN ('GROSS', 'COMMISSION', 'REFUND', 'COMMISSION_RETURNED', 'DISPUTE')", name="kind"),
        CheckConstraint("amount_minor_units <> 0", name="amount"),
        Index("ix_ledger_entry_payee", "payee_id", "at", postgresql_where=text("account = 'PAYEE'")),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    transaction_id: uuid.UUID = Field(foreign_key="payment.ledger_transaction.id", index=True)
    account: str = long_text()
    payee_id: str = long_text()
    kind: str = long_text()
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    currency: str = long_text()
    at: dt.datetime = required_moment()
