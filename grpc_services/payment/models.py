"""Payments, their attempts, and what the bank will do. No table of this service has a column for a card
number, a security code or a person's name."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import long_text, required_moment, service_metadata

metadata = service_metadata("payment")


class PaymentServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Payment(PaymentServiceModel, table=True):
    """Money that one booking or appointment (`purpose`) asks for; its id is `booking_id`. `checkout_token` is the
    only key to the hosted page. `refunded_minor_units` counts refunds on their way, and none that failed;
    `webhook_fault` is what its test card does to its webhooks."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(
            "state IN ('CREATED', 'ACTION_REQUIRED', 'AUTHORIZED', 'CAPTURED', 'FAILED', 'VOIDED', 'DISPUTED')",
            name="state",
        ),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("captured_minor_units BETWEEN 0 AND amount_minor_units", name="captured"),
        CheckConstraint("(captured_minor_units > 0) = (state IN ('CAPTURED', 'DISPUTED'))", name="captured_state"),
        CheckConstraint("refunded_minor_units BETWEEN 0 AND captured_minor_units", name="refunded"),
        CheckConstraint("purpose IN ('BOOKING', 'APPOINTMENT')", name="purpose"),
        CheckConstraint("capture_mode IN ('AUTOMATIC', 'MANUAL')", name="capture_mode"),
    )

    id: uuid.UUID = Field(primary_key=True)
    idempotency_key: str = long_text(unique=True)
    input_hash: bytes = Field(sa_type=LargeBinary, nullable=False)
    checkout_token: str = long_text(unique=True)
    state: str = long_text()
    version: int
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    currency: str = long_text()
    captured_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    refunded_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    capture_mode: str = long_text()
    locale: str = long_text()
    purpose: str = long_text()
    booking_id: str = long_text()
    booking_reference: str = long_text()
    description: str = long_text()
    return_url: str = long_text()
    failure_code: str = long_text()
    webhook_fault: str = long_text()
    declined_attempts: int
    expires_at: dt.datetime = required_moment()
    created_at: dt.datetime = required_moment()
    updated_at: dt.datetime = required_moment()


class PaymentShare(PaymentServiceModel, table=True):
    """What of a payment belongs to somebody else than the platform, as it was asked for."""

    __tablename__ = "payment_share"
    __table_args__ = (
        UniqueConstraint("payment_id", "payee_id"),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("commission_basis_points BETWEEN 0 AND 10000", name="commission"),
    )

    payment_id: uuid.UUID = Field(primary_key=True, foreign_key="payment.payment.id")
    position: int = Field(primary_key=True)
    payee_id: str = long_text()
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    commission_basis_points: int


class PaymentAttempt(PaymentServiceModel, table=True):
    """One card tried. A form's nonce buys one attempt, however often the form is sent, and of a payment's attempts
    one at a time is undecided or has succeeded."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        UniqueConstraint("payment_id", "form_nonce"),
        CheckConstraint("state IN ('ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED')", name="state"),
        CheckConstraint("card_last4 ~ '^[0-9]{4}$'", name="card_last4"),
        Index(
            "ix_payment_attempt_live",
            "payment_id",
            unique=True,
            postgresql_where=text("state IN ('ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED')"),
        ),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id")
    form_nonce: str = long_text()
    card_brand: str = long_text()
    card_last4: str = long_text()
    state: str = long_text()
    code: str = long_text()
    at: dt.datetime = required_moment()


class BankTask(PaymentServiceModel, table=True):
    """What the imitated bank will do at its time; `subject_id` is a refund where it is about one."""

    __tablename__ = "bank_task"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('CAPTURE', 'TIME_OUT', 'LAPSE', 'DISPUTE', 'SUCCEED_REFUND', 'FAIL_REFUND', 'REVERSE_REFUND')",
            name="kind",
        ),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id")
    subject_id: uuid.UUID | None = Field(default=None)
    kind: str = long_text()
    due_at: dt.datetime = Field(sa_type=DateTime(timezone=True), nullable=False, index=True)
