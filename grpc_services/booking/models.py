"""Tables of the booking service.

`room_type_night` is the guard against double booking: its CHECK refuses a night beyond capacity, whoever
asks and however many at once. Its rows exist only where something happened.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from grpc_services.booking.table_base import BookingServiceModel, metadata
from runtime.commit_order import commit_order
from runtime.payment_tables import payment_tables
from runtime.tables import (
    idempotency_table,
    inbox_table,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
    table_of,
)

_STATES = "'HELD', 'PAYMENT_PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'NO_SHOW'"


class RoomType(BookingServiceModel, table=True):
    """A room type that booking has taken in and may sell; `capacity` is its usual number of rooms."""

    __tablename__ = "room_type"
    __table_args__ = (CheckConstraint("capacity BETWEEN 0 AND 10000", name="capacity"),)

    room_type_id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(index=True)
    owner_id: uuid.UUID
    capacity: int
    closed: bool  # archived: no longer sold
    version: int  # of its inventory; whoever changes it names the one they saw
    taken_in_at: dt.datetime = required_moment(default_now=True)


class RoomTypeNight(BookingServiceModel, table=True):
    """Rooms of one type on one night: how many there are, how many cannot be sold, how many are held or sold.

    `blocked` are rooms that other channels sold, as far as there were any left.
    """

    __tablename__ = "room_type_night"
    __table_args__ = (
        CheckConstraint("held + sold + blocked <= capacity - out_of_order + oversell", name="never_oversold"),
        CheckConstraint(
            "held >= 0 AND sold >= 0 AND capacity >= 0 AND oversell >= 0 AND out_of_order >= 0 AND blocked >= 0",
            name="not_negative",
        ),
        {"postgresql_with": {"fillfactor": "70"}},  # updated far more often than inserted
    )

    room_type_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("booking.room_type.room_type_id"),))
    night: dt.date = Field(primary_key=True)
    capacity: int
    capacity_overridden: bool  # else it follows the room type's usual capacity
    oversell: int
    out_of_order: int
    blocked: int
    held: int
    sold: int


class Quote(BookingServiceModel, table=True):
    """A price that holds for 15 minutes; never changed after it was written."""

    __tablename__ = "quote"
    __table_args__ = (CheckConstraint("check_in < check_out", name="stay"),)

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID
    booking_id: uuid.UUID | None = Field(default=None, nullable=True)  # that it was made to change; else a new one
    check_in: dt.date
    check_out: dt.date
    priced_stay: bytes = Field(sa_type=LargeBinary)  # innkeeper.hotel.v1.PriceStayResponse
    visits: bytes = Field(sa_type=LargeBinary)  # innkeeper.salon.v1.QuotedVisits; empty: none
    created_at: dt.datetime = required_moment(default_now=True)
    expires_at: dt.datetime = required_moment()


class Booking(BookingServiceModel, table=True):
    """A booking as it stands; how it came there is in `timeline_entry`."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("check_in < check_out", name="stay"),
        CheckConstraint("refunded_minor_units BETWEEN 0 AND paid_minor_units", name="money"),
        CheckConstraint("penalty_minor_units >= 0", name="penalty"),
        CheckConstraint("source IN ('GUEST', 'DESK', 'WAITLIST')", name="source"),
        CheckConstraint("(state IN ('HELD', 'PAYMENT_PENDING')) = (hold_expires_at IS NOT NULL)", name="hold"),
        Index("ix_booking_overdue", "hold_expires_at", postgresql_where=text("hold_expires_at IS NOT NULL")),
        Index("ix_booking_guest_account_id_created_at_id", "guest_account_id", "created_at", "id"),
        Index("ix_booking_hotel_id_created_at_id", "hotel_id", "created_at", "id"),
        Index("ix_booking_hotel_id_check_in_id", "hotel_id", "check_in", "id"),
        Index("ix_booking_hotel_id_check_out_id", "hotel_id", "check_out", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    reference: str = long_text(unique=True)
    state: str = long_text()
    version: int
    hotel_id: uuid.UUID
    hotel_owner_id: uuid.UUID
    guest_account_id: uuid.UUID
    quote_id: uuid.UUID = Field(unique=True, sa_column_args=(ForeignKey("booking.quote.id"),))
    check_in: dt.date
    check_out: dt.date
    guest_name: str = long_text()
    guest_email: str = long_text()
    guest_phone: str = long_text()
    guest_locale: str = Field(sa_type=Text, nullable=False, sa_column_kwargs={"server_default": text("''")})
    special_requests: str = long_text()
    arrival_time: str = long_text()
    priced_stay: bytes = Field(sa_type=LargeBinary)  # innkeeper.hotel.v1.PriceStayResponse
    time_zone: str = long_text()  # of the hotel, as in priced_stay: statements ask for today there
    currency: str = long_text()
    total_minor_units: int = Field(sa_type=BigInteger)
    paid_minor_units: int = Field(sa_type=BigInteger)
    refunded_minor_units: int = Field(sa_type=BigInteger)
    hold_expires_at: dt.datetime | None = optional_moment()
    penalty_minor_units: int = Field(sa_type=BigInteger)  # what cancelling or not coming cost
    charges_minor_units: int = Field(sa_type=BigInteger)  # the sum of its charges
    visits_minor_units: int = Field(sa_type=BigInteger)  # what its visits to salons cost by now; not in the total
    desk_paid_minor_units: int = Field(sa_type=BigInteger)  # the sum of its desk payments
    source: str = long_text()
    block_id: uuid.UUID | None = Field(default=None, nullable=True, sa_column_args=(ForeignKey("booking.block.id"),))
    document_secret: str = long_text(unique=True)  # of the addresses of its bill and calendar file
    payment_attempts: int = Field(sa_type=SmallInteger)
    payment_id: str = long_text()
    payment_state: str = long_text()
    payment_minor_units: int = Field(sa_type=BigInteger)
    checkout_url: str = long_text()
    created_at: dt.datetime = required_moment(default_now=True)
    updated_at: dt.datetime = required_moment(default_now=True)


class BookingRoom(BookingServiceModel, table=True):
    """One booked room; what the standing proof counts against the nights: it takes a room of `room_type_id` on
    the nights [first_night, end_night), which shrink when it is cancelled, not come for or left early."""

    __tablename__ = "booking_room"
    __table_args__ = (
        CheckConstraint("first_night <= end_night", name="nights"),
        Index("ix_booking_room_room_type_id", "room_type_id"),
    )

    booking_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),)
    )
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    room_type_id: uuid.UUID
    rate_plan_id: uuid.UUID
    adults: int = Field(sa_type=SmallInteger)
    children_ages: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    total_minor_units: int = Field(sa_type=BigInteger)
    guest_name: str = long_text()  # who sleeps in it; empty: the booking's guest
    cancelled: bool
    first_night: dt.date
    end_night: dt.date  # exclusive


class TimelineEntry(BookingServiceModel, table=True):
    """Something that happened to a booking; `version` is the booking's version after it."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_booking_id_id", "booking_id", "id"),
        Index("ix_timeline_entry_moves", "hotel_id", "written_in", "id", postgresql_where=text("changed_state")),
    )

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),))
    hotel_id: uuid.UUID
    kind: str = long_text()
    state: str = long_text()
    version: int
    changed_state: bool
    actor: str = long_text()
    summary: str = long_text()
    request_id: str = long_text()
    trace_id: str = long_text()
    at: dt.datetime = required_moment(default_now=True)
    written_in: int = commit_order()


outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
payments = payment_tables(table_of(Booking))
idempotency = idempotency_table(metadata)
