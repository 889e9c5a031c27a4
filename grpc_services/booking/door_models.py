"""Tables of numbered doors, and the audit log of inventory."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field

from grpc_services.booking.table_base import BookingServiceModel
from runtime.tables import long_text, optional_moment, required_moment


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


class RoomNight(BookingServiceModel, table=True):
    """Who has a door on a night: a booked room, or a period out of order. Its key refuses a second one."""

    __tablename__ = "room_night"
    __table_args__ = (
        CheckConstraint("(booking_id IS NULL) <> (out_of_order_id IS NULL)", name="one_reason"),
        CheckConstraint("(booking_id IS NULL) = (position IS NULL)", name="booked_room"),
        Index("ix_room_night_booking_id_position", "booking_id", "position"),
        Index("ix_room_night_hotel_id_night", "hotel_id", "night"),
    )

    room_id: uuid.UUID = Field(primary_key=True, sa_column_args=(ForeignKey("booking.room.room_id"),))
    night: dt.date = Field(primary_key=True)
    hotel_id: uuid.UUID
    booking_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),)
    )
    position: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    out_of_order_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("booking.out_of_order_period.id", ondelete="CASCADE"),)
    )
