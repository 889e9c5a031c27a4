"""Tables of the payment service. No table has a column for a card number, a security code or a person's name."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import long_text, optional_moment, required_moment, service_metadata

metadata = service_metadata("payment")


class PaymentServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Payment(PaymentServiceModel, table=True):
    """Money that one booking or appointment (`purpose`) asks for; its id is `booking_id`. `checkout_token` is the
    only key to the hosted page."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(
            "state IN ('CREATED', 'ACTION_REQUIRED', 'AUTHORIZED', 'CAPTURED', 'FAILED', 'VOIDED', 'DISPUTED')",
            name="state",
        ),
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("refunded_minor_units BETWEEN 0 AND amount_minor_units", name="refunded"),
        CheckConstraint("refunded_minor_units = 0 OR state IN ('CAPTURED', 'DISPUTED')", name="refunded_of_captured"),
        CheckConstraint("purpose IN ('BOOKING', 'APPOINTMENT')", name="purpose"),
        Index("ix_payment_capture_at", "capture_at", postgresql_where=text("state = 'AUTHORIZED'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    idempotency_key: str = long_text(unique=True)
    input_hash: bytes = Field(sa_type=LargeBinary, nullable=False)
    checkout_token: str = long_text(unique=True)
    state: str = long_text()
    version: int
    amount_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    currency: str = long_text()
    refunded_minor_units: int = Field(sa_type=BigInteger, nullable=False)
    purpose: str = long_text()
    booking_id: str = long_text()
    booking_reference: str = long_text()
    description: str = long_text()
    return_url: str = long_text()
    failure_code: str = long_text()
    declined_attempts: int
    expires_at: dt.datetime = required_moment()
    capture_at: dt.datetime | None = optional_moment()
    created_at: dt.datetime = required_moment()
    updated_at: dt.datetime = required_moment()


class PaymentAttempt(PaymentServiceModel, table=True):
    """One card tried. A form's nonce buys one attempt, however often the form is sent."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        UniqueConstraint("payment_id", "form_nonce"),
        CheckConstraint("outcome IN ('APPROVED', 'DECLINED', 'WAITING')", name="outcome"),
        CheckConstraint("card_last4 ~ '^[0-9]{4}$'", name="card_last4"),
    )

    id: uuid.UUID = Field(primary_key=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id")
    form_nonce: str = long_text()
    card_brand: str = long_text()
    card_last4: str = long_text()
    outcome: str = long_text()
    code: str = long_text()
    at: dt.datetime = required_moment()


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
    created_at: dt.datetime = required_moment()


class RefundMove(PaymentServiceModel, table=True):
    """Every state that a refund has been in, in order."""

    __tablename__ = "refund_move"

    refund_id: uuid.UUID = Field(primary_key=True, foreign_key="payment.refund.id")
    step: int = Field(primary_key=True)
    state: str = long_text()
    at: dt.datetime = required_moment()


class WebhookDelivery(PaymentServiceModel, table=True):
    """One event to tell the merchant, written with the move it tells. `body` is sent as it stands here."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('WAITING', 'DELIVERED', 'GAVE_UP')", name="state"),
        Index("ix_webhook_delivery_due", "next_attempt_at", postgresql_where=text("state = 'WAITING'")),
        Index("ix_webhook_delivery_order", "payment_id", "position", postgresql_where=text("state = 'WAITING'")),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    id: uuid.UUID = Field(unique=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id")
    type: str = long_text()
    body: str = long_text()
    state: str = long_text()
    attempts: int
    next_attempt_at: dt.datetime = required_moment()
    claim: uuid.UUID | None = Field(default=None)
    claimed_until: dt.datetime | None = optional_moment()
    created_at: dt.datetime = required_moment()
    finished_at: dt.datetime | None = optional_moment()


class WebhookAttempt(PaymentServiceModel, table=True):
    """One try to deliver: a status code, or the kind of failure when there was no answer."""

    __tablename__ = "webhook_attempt"

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    delivery_id: uuid.UUID = Field(foreign_key="payment.webhook_delivery.id", index=True)
    status_code: int | None = Field(default=None)
    failure: str = long_text()
    duration_ms: int
    at: dt.datetime = required_moment()
