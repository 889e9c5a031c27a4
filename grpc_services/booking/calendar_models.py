"""Tables of the calendars that we share with other channels."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlmodel import Field

from grpc_services.booking.table_base import BookingServiceModel
from runtime.tables import long_text, optional_moment, required_moment


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
