"""Tables of what people want to be told and when not, and of the addresses that take no mail."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from grpc_services.notification.models import NotificationModel
from runtime.tables import long_text, optional_moment, required_moment


class Preference(NotificationModel, table=True):
    """What somebody chose; what is not here is as the catalogue says. `holder_id` is an account, or the booking of
    a guest who has none."""

    __tablename__ = "preference"
    __table_args__ = (CheckConstraint("channel IN ('IN_APP', 'EMAIL')", name="channel"),)

    holder_id: uuid.UUID = Field(primary_key=True)
    type: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    enabled: bool
    changed_at: Any = required_moment(default_now=True)


class QuietHours(NotificationModel, table=True):
    """When somebody is not to be disturbed by what can wait, by the clocks where they live. Both empty: never quiet;
    no row: the nights."""

    __tablename__ = "quiet_hours"
    __table_args__ = (CheckConstraint("(begins IS NULL) = (ends IS NULL) AND begins <> ends", name="both"),)

    account_id: uuid.UUID = Field(primary_key=True)
    begins: dt.time | None = Field(default=None, nullable=True)
    ends: dt.time | None = Field(default=None, nullable=True)


class RefusedAddress(NotificationModel, table=True):
    """An account at whose address mail servers said that nobody is, some times in a row. The address itself is not
    kept; `fingerprint` tells whether the account still has the same one."""

    __tablename__ = "refused_address"
    __table_args__ = (CheckConstraint("refusals > 0", name="refusals"),)

    account_id: uuid.UUID = Field(primary_key=True)
    fingerprint: str = long_text()
    refusals: int
    undeliverable_since: Any = optional_moment()
