"""Tables of the notification service: what was told to whom, and the e-mails that carry it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.commit_order import commit_order
from runtime.tables import (
    json_document,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
    service_metadata,
)

metadata = service_metadata("notification")


class NotificationModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Notification(NotificationModel, table=True):
    """One event told to one account. The text is made of `template` and `parameters` when it is read, so that
    it speaks the reader's language of that day; ids sort by time. Not `shown`: it only goes out by e-mail."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("event_id", "account_id"),
        Index("ix_notification_account_id_id", "account_id", "id"),
        Index("ix_notification_unread", "account_id", "id", postgresql_where=text("read_at IS NULL AND shown")),
        Index("ix_notification_in_order", "account_id", "written_in", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID
    event_id: uuid.UUID
    kind: str = long_text()
    template: str = long_text()
    parameters: Any = json_document()
    booking_id: uuid.UUID
    created_at: Any = required_moment(default_now=True)
    read_at: Any = optional_moment()
    written_in: int = commit_order()
    shown: bool = Field(sa_column_kwargs={"server_default": text("true")})


class Delivery(NotificationModel, table=True):
    """A notification on its way by one channel. It holds no address: that is asked for when it is sent.
    `unsubscribe_secret` is empty where a person cannot switch such mails off."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "account_id", "channel"),
        CheckConstraint("channel IN ('EMAIL')", name="channel"),
        CheckConstraint("state IN ('PENDING', 'SENDING', 'SENT', 'FAILED', 'SUPPRESSED')", name="state"),
        CheckConstraint("(state = 'PENDING') = (next_attempt_at IS NOT NULL)", name="next_attempt"),
        CheckConstraint("(state = 'SENDING') = (leased_until IS NOT NULL)", name="lease"),
        Index("ix_delivery_waiting", "next_attempt_at", postgresql_where=text("state = 'PENDING'")),
        Index("ix_delivery_leased", "leased_until", postgresql_where=text("state = 'SENDING'")),
        Index("ix_delivery_failed", "id", postgresql_where=text("state = 'FAILED'")),
        Index(
            "uq_delivery_unsubscribe_secret",
            "unsubscribe_secret",
            unique=True,
            postgresql_where=text("unsubscribe_secret <> ''"),
        ),
    )

    id: uuid.UUID = Field(primary_key=True)
    notification_id: uuid.UUID = Field(foreign_key="notification.notification.id", ondelete="CASCADE", index=True)
    event_id: uuid.UUID
    account_id: uuid.UUID
    channel: str = long_text()
    state: str = long_text()
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})
    next_attempt_at: Any = optional_moment()
    leased_until: Any = optional_moment()
    last_failure: str = long_text()
    message_id: str = long_text()
    request_id: str = long_text()
    created_at: Any = required_moment(default_now=True)
    finished_at: Any = optional_moment()
    unsubscribe_secret: str = Field(sa_type=Text, nullable=False, sa_column_kwargs={"server_default": text("''")})
    expires_at: Any = optional_moment()  # from when on it is too late for it


outbox = outbox_table(metadata)
