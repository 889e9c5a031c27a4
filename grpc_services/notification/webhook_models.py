"""Tables of outgoing webhooks: where hoteliers want to be told, what is on its way, and every attempt."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from grpc_services.notification.models import NotificationModel
from runtime.tables import long_text, optional_moment, required_moment


class WebhookEndpoint(NotificationModel, table=True):
    """An address of a hotelier's own system. `secret` and `previous_secret` are encrypted; the previous one signs
    too until `previous_until`. `failing_since` is when the first attempt since the last good one failed."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("disabled_reason IN ('', 'GONE', 'FAILING')", name="disabled_reason"),
        CheckConstraint("disabled_reason = '' OR NOT active", name="disabled"),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous_secret"),
        Index("ix_webhook_endpoint_account_id_id", "account_id", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID
    url: str = long_text()
    description: str = long_text()
    events: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    all_houses: bool
    hotel_ids: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    salon_ids: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    active: bool
    disabled_reason: str = long_text()
    secret: bytes = Field(sa_type=LargeBinary, nullable=False)
    previous_secret: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    previous_until: dt.datetime | None = optional_moment()
    failing_since: dt.datetime | None = optional_moment()
    version: int
    created_at: dt.datetime = required_moment()


class WebhookChange(NotificationModel, table=True):
    """The audit log of endpoints: who changed what, with what differs before and after. Written in the transaction of
    the change and never touched again, also when the endpoint is gone. No secret is in it."""

    __tablename__ = "webhook_change"
    __table_args__ = (
        CheckConstraint(
            "action IN ('CREATED', 'UPDATED', 'ENABLED', 'DISABLED', 'SECRET_ROTATED', 'DELETED')", name="action"
        ),
        Index("ix_webhook_change_account_id_id", "account_id", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID
    endpoint_id: uuid.UUID
    action: str = long_text()
    actor_id: uuid.UUID
    actor_role: str = long_text()
    at: dt.datetime = required_moment()
    request_id: str = long_text()
    before: Any = Field(default=None, sa_type=JSONB, nullable=True)
    after: Any = Field(default=None, sa_type=JSONB, nullable=True)


class WebhookDelivery(NotificationModel, table=True):
    """One event to one endpoint. `body` is sent as it stands here. `attempts` counts since it last was told to be
    sent; `claim` is who is sending it until `leased_until`."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        CheckConstraint("state IN ('WAITING', 'DELIVERED', 'FAILED')", name="state"),
        CheckConstraint("(state = 'WAITING') = (next_attempt_at IS NOT NULL)", name="next_attempt"),
        CheckConstraint("(claim IS NULL) = (leased_until IS NULL)", name="claim"),
        Index("ix_webhook_delivery_waiting", "endpoint_id", "id", postgresql_where=text("state = 'WAITING'")),
        Index("ix_webhook_delivery_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    id: uuid.UUID = Field(primary_key=True)
    endpoint_id: uuid.UUID = Field(foreign_key="notification.webhook_endpoint.id", ondelete="CASCADE")
    event_id: uuid.UUID
    type: str = long_text()
    body: str = long_text()
    state: str = long_text()
    attempts: int
    redeliveries: int
    next_attempt_at: dt.datetime | None = optional_moment()
    claim: uuid.UUID | None = Field(default=None)
    leased_until: dt.datetime | None = optional_moment()
    request_id: str = long_text()
    created_at: dt.datetime = required_moment()


class WebhookAttempt(NotificationModel, table=True):
    """One try: a status code, or why no answer came. `claim` makes a report that is repeated count once."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_delivery_id_position", "delivery_id", "position"),)

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    delivery_id: uuid.UUID = Field(foreign_key="notification.webhook_delivery.id", ondelete="CASCADE")
    claim: uuid.UUID = Field(unique=True)
    status_code: int | None = Field(default=None)
    failure: str = long_text()
    duration_milliseconds: int
    at: dt.datetime = required_moment()
