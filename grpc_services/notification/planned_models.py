"""The table of what is to be told at a moment to come."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from grpc_services.notification.models import NotificationModel
from runtime.tables import long_text, required_moment


class PlannedNotice(NotificationModel, table=True):
    """One for each template, subject and occasion. The subject is a booking, an appointment or a hotel; the occasion
    is the day of a hotel's arrivals and empty elsewhere. `version` is that of the booking or appointment that was
    planned for: older news do not change it. What is told is asked of its owner when it is due."""

    __tablename__ = "planned_notice"
    __table_args__ = (
        UniqueConstraint("template", "subject_id", "occasion"),
        CheckConstraint("state IN ('PLANNED', 'TOLD', 'DROPPED')", name="state"),
        Index("ix_planned_notice_due", "due_at", postgresql_where=text("state = 'PLANNED'")),
        Index("ix_planned_notice_subject_id", "subject_id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    template: str = long_text()
    subject_id: uuid.UUID
    occasion: str = long_text()
    state: str = long_text()
    due_at: Any = required_moment()
    expires_at: Any = required_moment()
    version: int
    outcome: str = long_text()  # why it was dropped
    request_id: str = long_text()
    changed_at: Any = required_moment(default_now=True)
