"""Tables of the booking service.

`room_type_night` is the guard against double booking: its CHECK refuses a night beyond capacity, whoever
asks and however many at once. Its rows exist only where something happened.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import (
    idempotency_table,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
    service_metadata,
)

metadata = service_metadata("booking")

_STATES = "'HELD', 'PAYMENT_PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'NO_SHOW'"


class BookingServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


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


class Room(BookingServiceModel, table=True):
    """A numbered door that booking has taken in from the hotel service."""

    __tablename__ = "room"

    room_id: uuid.UUID = Field(primary_key=True)
    room_type_id: uuid.UUID = Field(index=True)
    hotel_id: uuid.UUID = Field(index=True)
    number: str = long_text()
    floor: str = long_text()
    archived: bool
    version: int  # of the hotel service; older news changes nothing


class OutOfOrderPeriod(BookingServiceModel, table=True):
    """Nights on which a door is not sold. Standing periods of one door never overlap."""

    __tablename__ = "out_of_order_period"
    __table_args__ = (
        CheckConstraint("first_night < end_night", name="period"),
        ExcludeConstraint(
            (literal_column("room_id"), "="),
            (literal_column("daterange(first_night, end_night)"), "&&"),
            where=text("ended_at IS NULL"),
            using="gist",
            name="one_at_a_time",
        ),
        Index("ix_out_of_order_period_hotel_id_id", "hotel_id", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    room_id: uuid.UUID = Field(sa_column_args=(ForeignKey("booking.room.room_id"),))
    room_type_id: uuid.UUID
    hotel_id: uuid.UUID
    first_night: dt.date
    end_night: dt.date  # exclusive
    reason: str = long_text()
    created_by: uuid.UUID
    created_at: dt.datetime = required_moment(default_now=True)
    ended_at: dt.datetime | None = optional_moment()


class InventoryChange(BookingServiceModel, table=True):
    """The audit log of inventory; written in the transaction of the change and never touched again."""

    __tablename__ = "inventory_change"
    __table_args__ = (Index("ix_inventory_change_hotel_id_id", "hotel_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID
    room_type_id: uuid.UUID
    action: str = long_text()
    actor_id: uuid.UUID
    actor_role: str = long_text()
    at: dt.datetime = required_moment(default_now=True)
    request_id: str = long_text()
    before: Any = Field(default=None, sa_type=JSONB, nullable=True)
    after: Any = Field(default=None, sa_type=JSONB, nullable=True)


class CalendarExport(BookingServiceModel, table=True):
    """The secret part of the address under which other channels read a room type's busy nights."""

    __tablename__ = "calendar_export"

    room_type_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("booking.room_type.room_type_id"),))
    secret: str = long_text(unique=True)
    created_at: dt.datetime = required_moment(default_now=True)


class CalendarFeed(BookingServiceModel, table=True):
    """A calendar of another channel that says which nights it sold."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index("ix_calendar_feed_fetched_at", "fetched_at"),
        Index("ix_calendar_feed_hotel_id_id", "hotel_id", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    room_type_id: uuid.UUID = Field(index=True, sa_column_args=(ForeignKey("booking.room_type.room_type_id"),))
    hotel_id: uuid.UUID
    name: str = long_text()
    url: str = long_text()
    etag: str = long_text()
    failure: str = long_text()
    created_at: dt.datetime = required_moment(default_now=True)
    fetched_at: dt.datetime | None = optional_moment()
    succeeded_at: dt.datetime | None = optional_moment()


class CalendarFeedNight(BookingServiceModel, table=True):
    """Rooms that a channel says it sold on a night."""

    __tablename__ = "calendar_feed_night"
    __table_args__ = (CheckConstraint("rooms > 0", name="rooms"),)

    feed_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("booking.calendar_feed.id", ondelete="CASCADE"),)
    )
    night: dt.date = Field(primary_key=True)
    rooms: int


class Quote(BookingServiceModel, table=True):
    """A price that holds for 15 minutes; never changed after it was written."""

    __tablename__ = "quote"
    __table_args__ = (CheckConstraint("check_in < check_out", name="stay"),)

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID
    check_in: dt.date
    check_out: dt.date
    priced_stay: bytes = Field(sa_type=LargeBinary)  # innkeeper.hotel.v1.PriceStayResponse
    created_at: dt.datetime = required_moment(default_now=True)
    expires_at: dt.datetime = required_moment()


class Booking(BookingServiceModel, table=True):
    """A booking as it stands; how it came there is in `timeline_entry`."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("check_in < check_out", name="stay"),
        CheckConstraint("refunded_minor_units BETWEEN 0 AND paid_minor_units", name="money"),
        CheckConstraint("(state IN ('HELD', 'PAYMENT_PENDING')) = (hold_expires_at IS NOT NULL)", name="hold"),
        Index("ix_booking_overdue", "hold_expires_at", postgresql_where=text("hold_expires_at IS NOT NULL")),
        Index("ix_booking_guest_account_id_created_at_id", "guest_account_id", "created_at", "id"),
        Index("ix_booking_hotel_id_created_at_id", "hotel_id", "created_at", "id"),
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
    special_requests: str = long_text()
    arrival_time: str = long_text()
    priced_stay: bytes = Field(sa_type=LargeBinary)  # innkeeper.hotel.v1.PriceStayResponse
    currency: str = long_text()
    total_minor_units: int = Field(sa_type=BigInteger)
    paid_minor_units: int = Field(sa_type=BigInteger)
    refunded_minor_units: int = Field(sa_type=BigInteger)
    hold_expires_at: dt.datetime | None = optional_moment()
    payment_attempts: int = Field(sa_type=SmallInteger)
    payment_id: str = long_text()
    payment_state: str = long_text()
    checkout_url: str = long_text()
    created_at: dt.datetime = required_moment(default_now=True)
    updated_at: dt.datetime = required_moment(default_now=True)


class BookingRoom(BookingServiceModel, table=True):
    """One booked room; what the standing proof counts against the nights."""

    __tablename__ = "booking_room"
    __table_args__ = (Index("ix_booking_room_room_type_id", "room_type_id"),)

    booking_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),)
    )
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    room_type_id: uuid.UUID
    rate_plan_id: uuid.UUID
    adults: int = Field(sa_type=SmallInteger)
    children_ages: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    total_minor_units: int = Field(sa_type=BigInteger)


class TimelineEntry(BookingServiceModel, table=True):
    """Something that happened to a booking; `version` is the booking's version after it."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("ix_timeline_entry_booking_id_id", "booking_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),))
    kind: str = long_text()
    state: str = long_text()
    version: int
    changed_state: bool
    actor: str = long_text()
    summary: str = long_text()
    request_id: str = long_text()
    trace_id: str = long_text()
    at: dt.datetime = required_moment(default_now=True)


class Refund(BookingServiceModel, table=True):
    """Money that goes back; asked of the payment system under this row's id, so asking twice pays once."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor_units > 0", name="amount"),
        CheckConstraint("state IN ('REQUESTED', 'SUCCEEDED')", name="state"),
        Index("uq_refund_late_money", "payment_id", unique=True, postgresql_where=text("reason = 'LATE_MONEY'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(index=True, sa_column_args=(ForeignKey("booking.booking.id"),))
    payment_id: str = long_text()
    amount_minor_units: int = Field(sa_type=BigInteger)
    reason: str = long_text()
    state: str = long_text()
    created_at: dt.datetime = required_moment(default_now=True)


class PaymentEvent(BookingServiceModel, table=True):
    """A verified webhook, stored before it was answered: the truth of what is still to be worked off."""

    __tablename__ = "payment_event"
    __table_args__ = (Index("ix_payment_event_unsettled", "received_at", postgresql_where=text("settled_at IS NULL")),)

    provider: str = Field(primary_key=True, sa_type=Text)
    event_id: str = Field(primary_key=True, sa_type=Text)
    payload: bytes = Field(sa_type=LargeBinary)
    request_id: str = long_text()
    received_at: dt.datetime = required_moment(default_now=True)
    settled_at: dt.datetime | None = optional_moment()
    outcome: str = long_text()
    tries: int


outbox = outbox_table(metadata)
idempotency = idempotency_table(metadata)
