"""Tables of the front desk: bills, notes, group blocks and waitlists."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlmodel import Field

from grpc_services.booking.table_base import BookingServiceModel
from runtime.tables import long_text, optional_moment, required_moment


class BookingCharge(BookingServiceModel, table=True):
    """An extra on the bill; negative for an allowance."""

    __tablename__ = "booking_charge"
    __table_args__ = (CheckConstraint("amount_minor_units <> 0", name="amount"),)

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(index=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),))
    description: str = long_text()
    amount_minor_units: int = Field(sa_type=BigInteger)
    actor_id: uuid.UUID
    at: dt.datetime = required_moment(default_now=True)


class DeskPayment(BookingServiceModel, table=True):
    """Money that the desk took or gave back, outside the payment system."""

    __tablename__ = "desk_payment"
    __table_args__ = (
        CheckConstraint("amount_minor_units <> 0", name="amount"),
        CheckConstraint("method IN ('CASH', 'CARD', 'TRANSFER')", name="method"),
    )

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(index=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),))
    method: str = long_text()
    amount_minor_units: int = Field(sa_type=BigInteger)
    actor_id: uuid.UUID
    at: dt.datetime = required_moment(default_now=True)


class BookingNote(BookingServiceModel, table=True):
    """For the hotel's eyes only."""

    __tablename__ = "booking_note"
    __table_args__ = (Index("ix_booking_note_booking_id_id", "booking_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    booking_id: uuid.UUID = Field(sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),))
    author_id: uuid.UUID
    text: str = long_text()
    at: dt.datetime = required_moment(default_now=True)


class Block(BookingServiceModel, table=True):
    """Rooms kept under one name; what nobody has taken by the release date is free again."""

    __tablename__ = "block"
    __table_args__ = (
        CheckConstraint("check_in < check_out", name="stay"),
        CheckConstraint("state IN ('OPEN', 'RELEASED')", name="state"),
        Index("ix_block_hotel_id_id", "hotel_id", "id"),
        Index("ix_block_open", "release_date", postgresql_where=text("state = 'OPEN'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID
    owner_id: uuid.UUID
    name: str = long_text()
    state: str = long_text()
    check_in: dt.date
    check_out: dt.date
    release_date: dt.date
    time_zone: str = long_text()
    version: int
    created_at: dt.datetime = required_moment(default_now=True)


class BlockRoom(BookingServiceModel, table=True):
    """Rooms of one type in a block: those that no booking has taken are counted as held while it is open."""

    __tablename__ = "block_room"
    __table_args__ = (CheckConstraint("taken BETWEEN 0 AND rooms AND rooms > 0", name="rooms"),)

    block_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("booking.block.id", ondelete="CASCADE"),))
    room_type_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("booking.room_type.room_type_id"),))
    rooms: int
    taken: int


class WaitlistEntry(BookingServiceModel, table=True):
    """Somebody who waits for a sold-out stay; the oldest waiting entry of a room type is its head."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint("check_in < check_out", name="stay"),
        CheckConstraint("state IN ('WAITING', 'OFFERED', 'BOOKED', 'LEFT', 'OVER')", name="state"),
        Index("ix_waitlist_entry_account_id_id", "account_id", "id"),
        Index("ix_waitlist_entry_waiting", "room_type_id", "id", postgresql_where=text("state = 'WAITING'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID
    hotel_id: uuid.UUID
    hotel_name: str = long_text()
    room_type_id: uuid.UUID = Field(sa_column_args=(ForeignKey("booking.room_type.room_type_id"),))
    check_in: dt.date
    check_out: dt.date
    time_zone: str = long_text()  # of the hotel
    room_request: bytes = Field(sa_type=LargeBinary)  # innkeeper.hotel.v1.RoomRequest
    guest_name: str = long_text()
    guest_email: str = long_text()
    guest_phone: str = long_text()
    guest_locale: str = Field(sa_type=Text, nullable=False, sa_column_kwargs={"server_default": text("''")})
    state: str = long_text()
    booking_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("booking.booking.id"),)
    )
    offered_until: dt.datetime | None = optional_moment()
    created_at: dt.datetime = required_moment(default_now=True)
