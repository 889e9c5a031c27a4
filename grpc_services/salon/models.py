"""Tables of the salon service's catalogue: salons, masters, what they do, and who changed what."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from grpc_services.salon.table_base import SalonServiceModel, metadata
from runtime.tables import (
    idempotency_table,
    inbox_table,
    json_document,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
)


class Salon(SalonServiceModel, table=True):
    """A salon or spa. Prices are in `currency`; hours are local to `time_zone`."""

    __tablename__ = "salon"
    __table_args__ = (
        CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')", name="state"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        CheckConstraint("slot_minutes IN (5, 10, 15, 20, 30, 60)", name="slot"),
        CheckConstraint("min_notice_minutes >= 0 AND max_days_ahead BETWEEN 1 AND 365", name="notice"),
        Index("ix_salon_owner_id_name_id", "owner_id", "name", "id"),
        Index("ix_salon_hotel_id", "hotel_id", postgresql_where=text("hotel_id IS NOT NULL")),
        Index("ix_salon_published_city", "city_key", "name", "id", postgresql_where=text("state = 'PUBLISHED'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID
    hotel_id: uuid.UUID | None = Field(default=None, nullable=True)
    state: str = long_text()
    name: str = long_text()
    description: str = long_text()
    street: str = long_text()
    postal_code: str = long_text()
    city: str = long_text()
    city_key: str = long_text()  # without case and accents, for look-ups
    country: str = long_text()
    latitude: float
    longitude: float
    time_zone: str = long_text()
    currency: str = long_text()
    was_published: bool  # ever: its currency is fixed then
    contact_phone: str = long_text()
    contact_email: str = long_text()
    photos: Any = json_document()  # [{"url", "alt_text"}]
    opening_hours: Any = json_document()  # [{"weekday", "from", "to"}], weekday ISO, times HH:MM
    slot_minutes: int = Field(sa_type=SmallInteger)
    min_notice_minutes: int
    max_days_ahead: int = Field(sa_type=SmallInteger)
    confirms_by_hand: bool
    cancellation_tiers: Any = json_document()  # as hotels keep theirs
    rating_count: int
    rating_mean_hundredths: int
    rating_version: int  # of that news
    version: int
    created_at: dt.datetime = required_moment(default_now=True)


class Master(SalonServiceModel, table=True):
    """Somebody who works at a salon; `account_id` once they signed in as such."""

    __tablename__ = "master"
    __table_args__ = (
        Index("ix_master_salon_id_position", "salon_id", "position"),
        Index("ix_master_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
        Index(
            "uq_master_invitation_hash",
            "invitation_hash",
            unique=True,
            postgresql_where=text("invitation_hash IS NOT NULL"),
        ),
    )

    id: uuid.UUID = Field(primary_key=True)
    salon_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.salon.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    account_id: uuid.UUID | None = Field(default=None, nullable=True)
    name: str = long_text()
    title: str = long_text()
    about: str = long_text()
    specialities: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    languages: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    photo: Any = Field(default=None, sa_type=JSONB, nullable=True)  # {"url", "alt_text"}
    portfolio_links: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    week: Any = json_document()  # [{"weekday", "from", "to"}]: the hours that repeat
    schedule_version: int
    invitation_hash: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    invitation_expires_at: dt.datetime | None = optional_moment()
    rating_count: int
    rating_mean_hundredths: int
    rating_version: int
    archived: bool
    version: int


class Service(SalonServiceModel, table=True):
    """Something that is done to a client: how long it takes and what it costs, unless a master differs."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 5 AND 720 AND duration_minutes % 5 = 0", name="duration"),
        CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 120 AND buffer_before_minutes % 5 = 0"
            " AND buffer_after_minutes BETWEEN 0 AND 120 AND buffer_after_minutes % 5 = 0",
            name="buffers",
        ),
        CheckConstraint("price_minor_units BETWEEN 0 AND 100000000", name="price"),
        CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name="payment_timing"),
        Index("ix_service_salon_id_position", "salon_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    salon_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.salon.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    category: str = long_text()
    description: str = long_text()
    duration_minutes: int = Field(sa_type=SmallInteger)
    buffer_before_minutes: int = Field(sa_type=SmallInteger)
    buffer_after_minutes: int = Field(sa_type=SmallInteger)
    price_minor_units: int
    payment_timing: str = long_text()
    archived: bool
    version: int


class Offering(SalonServiceModel, table=True):
    """Which master does which service; NULL: at the service's own price and pace."""

    __tablename__ = "offering"
    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 5 AND 720 AND duration_minutes % 5 = 0", name="duration"),
        CheckConstraint("price_minor_units BETWEEN 0 AND 100000000", name="price"),
        Index("ix_offering_master_id", "master_id"),
    )

    service_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("salon.service.id", ondelete="CASCADE"),)
    )
    master_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("salon.master.id", ondelete="CASCADE"),))
    price_minor_units: int | None = Field(default=None, nullable=True)
    duration_minutes: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)


class SpecialDay(SalonServiceModel, table=True):
    """A day that differs from the usual week: of a master, or of the whole salon where `master_id` is NULL."""

    __tablename__ = "special_day"
    __table_args__ = (
        Index("uq_special_day_of_salon", "salon_id", "day", unique=True, postgresql_where=text("master_id IS NULL")),
        Index(
            "uq_special_day_of_master", "master_id", "day", unique=True, postgresql_where=text("master_id IS NOT NULL")
        ),
    )

    id: uuid.UUID = Field(primary_key=True)
    salon_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.salon.id", ondelete="CASCADE"),))
    master_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("salon.master.id", ondelete="CASCADE"),)
    )
    day: dt.date
    hours: Any = json_document()  # [{"from", "to"}]; none: closed
    reason: str = long_text()


class ChangeEntry(SalonServiceModel, table=True):
    """Who changed what of a salon; written in the transaction that changes it."""

    __tablename__ = "change_entry"
    __table_args__ = (Index("ix_change_entry_salon_id_id", "salon_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    salon_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.salon.id", ondelete="CASCADE"),))
    subject_kind: str = long_text()
    subject_id: uuid.UUID
    action: str = long_text()
    actor_id: uuid.UUID
    actor_role: str = long_text()
    before: Any = Field(default=None, sa_type=JSONB, nullable=True)
    after: Any = Field(default=None, sa_type=JSONB, nullable=True)
    request_id: str = long_text()
    at: dt.datetime = required_moment(default_now=True)


outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency = idempotency_table(metadata)
