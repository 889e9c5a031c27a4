"""Tables of appointments, of the masters' time they take, and of their money.

`master_time` is the guard against double booking: its exclusion constraint refuses two things in one master's time,
whoever asks and however many at once. Under load it is taken behind an advisory lock for each master, in their
order, as exclusion constraints alone deadlock.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlmodel import Field

from grpc_services.salon.table_base import SalonServiceModel
from runtime.payment_tables import payment_tables
from runtime.tables import json_document, long_text, optional_moment, required_moment, table_of

_STATES = "'HELD', 'PAYMENT_PENDING', 'REQUESTED', 'CONFIRMED', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'NO_SHOW'"


class Appointment(SalonServiceModel, table=True):
    """One visit of a client as it stands; how it came there is in `appointment_timeline_entry`."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("starts_at < ends_at", name="visit"),
        CheckConstraint("refunded_minor_units BETWEEN 0 AND paid_minor_units", name="money"),
        CheckConstraint("penalty_minor_units >= 0", name="penalty"),
        CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name="payment_timing"),
        CheckConstraint("(state IN ('HELD', 'PAYMENT_PENDING')) = (hold_expires_at IS NOT NULL)", name="hold"),
        CheckConstraint("num_nonnulls(booking_id, booking_position, booking_attempt) IN (0, 3)", name="booking"),
        UniqueConstraint("booking_id", "booking_position", name="uq_appointment_booking_id_booking_position"),
        Index("ix_appointment_overdue", "hold_expires_at", postgresql_where=text("hold_expires_at IS NOT NULL")),
        Index("ix_appointment_client_account_id_starts_at_id", "client_account_id", "starts_at", "id"),
        Index("ix_appointment_salon_id_starts_at_id", "salon_id", "starts_at", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    reference: str = long_text(unique=True)
    state: str = long_text()
    version: int
    salon_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.salon.id"),))
    salon_name: str = long_text()
    salon_owner_id: uuid.UUID
    client_account_id: uuid.UUID
    client_name: str = long_text()
    client_email: str = long_text()
    client_phone: str = long_text()
    note: str = long_text()
    starts_at: dt.datetime = required_moment()
    ends_at: dt.datetime = required_moment()
    time_zone: str = long_text()
    currency: str = long_text()
    exchange_rates_day: str = long_text()  # by which its price is shown in other currencies; empty: none were known
    cancellation_tiers: Any = json_document()  # of the salon when it was booked
    payment_timing: str = long_text()  # PREPAID when one of its services is
    total_minor_units: int = Field(sa_type=BigInteger)
    paid_minor_units: int = Field(sa_type=BigInteger)
    refunded_minor_units: int = Field(sa_type=BigInteger)
    penalty_minor_units: int = Field(sa_type=BigInteger)
    # That it is booked and paid with. Then a hold ends by booking's word alone, however long ago it was to expire.
    booking_id: uuid.UUID | None = Field(default=None, nullable=True)
    booking_position: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    booking_attempt: int | None = Field(default=None, nullable=True)
    hold_expires_at: dt.datetime | None = optional_moment()
    payment_attempts: int = Field(sa_type=SmallInteger)
    payment_id: str = long_text()
    payment_state: str = long_text()
    payment_minor_units: int = Field(sa_type=BigInteger)
    checkout_url: str = long_text()
    created_at: dt.datetime = required_moment(default_now=True)
    updated_at: dt.datetime = required_moment(default_now=True)


class VisitedService(SalonServiceModel, table=True):
    """One service of an appointment, by one master; names and price as they were when it was booked."""

    __tablename__ = "visited_service"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="service"),
        Index("ix_visited_service_master_id_starts_at", "master_id", "starts_at"),
    )

    appointment_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("salon.appointment.id", ondelete="CASCADE"),)
    )
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    service_id: uuid.UUID
    service_name: str = long_text()
    master_id: uuid.UUID
    master_name: str = long_text()
    starts_at: dt.datetime = required_moment()
    ends_at: dt.datetime = required_moment()
    buffer_before_minutes: int = Field(sa_type=SmallInteger)
    buffer_after_minutes: int = Field(sa_type=SmallInteger)
    price_minor_units: int = Field(sa_type=BigInteger)


class MasterTime(SalonServiceModel, table=True):
    """Taken time of a master, buffers included: by an appointment's service, or by a block of their own."""

    __tablename__ = "master_time"
    __table_args__ = (
        ExcludeConstraint(("master_id", "="), ("during", "&&"), using="gist", name="ex_master_time_once"),
        CheckConstraint("NOT isempty(during)", name="during"),
        CheckConstraint("(appointment_id IS NULL) = (position IS NULL)", name="appointment"),
        Index("ix_master_time_appointment_id", "appointment_id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    master_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.master.id"),))
    during: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))  # half-open
    appointment_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("salon.appointment.id", ondelete="CASCADE"),)
    )
    position: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    reason: str = long_text()  # of a block


class AppointmentTimelineEntry(SalonServiceModel, table=True):
    """Something that happened to an appointment; `version` is the appointment's version after it."""

    __tablename__ = "appointment_timeline_entry"
    __table_args__ = (Index("ix_appointment_timeline_entry_appointment_id_id", "appointment_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    appointment_id: uuid.UUID = Field(sa_column_args=(ForeignKey("salon.appointment.id", ondelete="CASCADE"),))
    kind: str = long_text()
    state: str = long_text()
    version: int
    changed_state: bool
    actor: str = long_text()
    summary: str = long_text()
    request_id: str = long_text()
    trace_id: str = long_text()
    at: dt.datetime = required_moment(default_now=True)


payments = payment_tables(table_of(Appointment))
