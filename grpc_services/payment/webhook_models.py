"""Tables of the webhooks that tell the merchant."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, text
from sqlmodel import Field

from grpc_services.payment.models import PaymentServiceModel
from runtime.tables import long_text, optional_moment, required_moment


class WebhookEndpoint(PaymentServiceModel, table=True):
    """Where the merchant is told. Nothing is sent there after it answered 410 Gone, until it is enabled again."""

    __tablename__ = "webhook_endpoint"

    url: str = Field(sa_type=Text, primary_key=True)
    disabled_at: dt.datetime | None = optional_moment()


class WebhookDelivery(PaymentServiceModel, table=True):
    """One event to tell the merchant, written with the move it tells. `body` is sent as it stands here; `fault` is
    what the fault simulator does to it; `attempts` counts since it was last set to wait."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('WAITING', 'DELIVERED', 'GAVE_UP', 'LOST')", name="state"),
        CheckConstraint("fault IN ('', 'DUPLICATE', 'REORDER', 'DELAY', 'LOSE', 'CORRUPT')", name="fault"),
        Index("ix_webhook_delivery_due", "next_attempt_at", postgresql_where=text("state = 'WAITING'")),
        Index("ix_webhook_delivery_order", "payment_id", "position", postgresql_where=text("state = 'WAITING'")),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    id: uuid.UUID = Field(unique=True)
    payment_id: uuid.UUID = Field(foreign_key="payment.payment.id")
    type: str = long_text()
    body: str = long_text()
    state: str = long_text()
    fault: str = long_text()
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
