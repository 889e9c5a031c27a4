"""Tables of the review service: reviews, who reported them, and the ratings that follow from them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, MetaData, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import (
    idempotency_table,
    json_document,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
    service_metadata,
)

metadata = service_metadata("review")

_SUBJECTS = "subject_kind IN ('HOTEL', 'SALON', 'MASTER')"


class ReviewServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Review(ReviewServiceModel, table=True):
    """What a guest said of one subject after one visit; deleted ones stay, so that a visit is reviewed once."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint(_SUBJECTS, name="subject_kind"),
        CheckConstraint("overall BETWEEN 1 AND 5", name="overall"),
        CheckConstraint("state IN ('PUBLISHED', 'HIDDEN', 'DELETED')", name="state"),
        CheckConstraint("open_reports >= 0", name="open_reports"),
        Index("uq_review_visit", "visit_id", "subject_kind", "subject_id", unique=True),
        Index("ix_review_newest", "subject_id", "created_at", "id", postgresql_where=text("state = 'PUBLISHED'")),
        Index(
            "ix_review_rated", "subject_id", "overall", "created_at", "id", postgresql_where=text("state = 'PUBLISHED'")
        ),
        Index("ix_review_author_id_created_at_id", "author_id", "created_at", "id"),
        Index("ix_review_reported", "open_reports", "id", postgresql_where=text("open_reports > 0")),
    )

    id: uuid.UUID = Field(primary_key=True)
    subject_kind: str = long_text()
    subject_id: uuid.UUID
    subject_name: str = long_text()  # at the visit
    owner_id: uuid.UUID  # of the subject: who may reply
    visit_id: uuid.UUID  # the booking or the appointment
    visited_on: dt.date
    author_id: uuid.UUID
    author_name: str = long_text()  # as shown: first name and initial
    overall: int = Field(sa_type=SmallInteger)
    aspects: Any = json_document()  # {"STAFF": 5}
    title: str = long_text()
    text: str = long_text()
    language: str = long_text()
    state: str = long_text()
    reply: str = long_text()
    replied_at: dt.datetime | None = optional_moment()
    moderation_reason: str = long_text()
    open_reports: int
    version: int
    created_at: dt.datetime = required_moment(default_now=True)
    edited_at: dt.datetime | None = optional_moment()


class Report(ReviewServiceModel, table=True):
    """Somebody told us that a review should not stand; one each."""

    __tablename__ = "report"

    review_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("review.review.id", ondelete="CASCADE"),))
    reporter_id: uuid.UUID = Field(primary_key=True)
    reason: str = long_text()
    decided: bool
    at: dt.datetime = required_moment(default_now=True)


class ReviewChange(ReviewServiceModel, table=True):
    """Who did what to a review, and what stood there before."""

    __tablename__ = "review_change"
    __table_args__ = (Index("ix_review_change_review_id_id", "review_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    review_id: uuid.UUID = Field(sa_column_args=(ForeignKey("review.review.id", ondelete="CASCADE"),))
    action: str = long_text()  # created, edited, deleted, replied, reported, hidden, kept
    actor_id: uuid.UUID
    actor_role: str = long_text()
    before: Any = json_document()
    reason: str = long_text()
    request_id: str = long_text()
    at: dt.datetime = required_moment(default_now=True)


class Rating(ReviewServiceModel, table=True):
    """What the published reviews of a subject come to; moved in the transaction that moves a review."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint(_SUBJECTS, name="subject_kind"),
        CheckConstraint("0 <= ALL (stars)", name="stars"),
    )

    subject_kind: str = Field(primary_key=True, sa_type=Text)
    subject_id: uuid.UUID = Field(primary_key=True)
    stars: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))  # reviews with 1, 2, 3, 4, 5
    aspects: Any = json_document()  # {"STAFF": {"count", "sum"}}
    version: int = Field(sa_type=BigInteger)


outbox = outbox_table(metadata)
idempotency = idempotency_table(metadata)
