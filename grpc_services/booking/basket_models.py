"""Tables of visits to salons that are booked together with rooms."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlmodel import Field

from grpc_services.booking.table_base import BookingServiceModel
from runtime.tables import long_text, required_moment


class Basket(BookingServiceModel, table=True):
    """Who may hold visits at salon for a booking that is, or is to be.

    While OPEN somebody holds visits and has not yet booked; whoever ends the attempt, by booking or by giving up,
    closes it, and only one can. What a closed attempt holds beyond its booking's word is released; a later attempt
    has a higher number, which salon knows the stragglers of an earlier one by.
    """

    __tablename__ = "basket"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN', 'CLOSED')", name="state"),
        Index("ix_basket_open", "opened_at", postgresql_where=text("state = 'OPEN'")),
    )

    booking_id: uuid.UUID = Field(primary_key=True)
    quote_id: uuid.UUID = Field(unique=True, sa_column_args=(ForeignKey("booking.quote.id"),))
    account_id: uuid.UUID
    state: str = long_text()
    attempt: int
    opened_at: dt.datetime = required_moment(default_now=True)


class BookingVisit(BookingServiceModel, table=True):
    """One visit of a booking as booking knows it; `version` is the appointment's that it was last heard of.

    `told` is false from the moment at which booking calls it off until salon has heard so.
    """

    __tablename__ = "booking_visit"
    __table_args__ = (
        CheckConstraint("state IN ('HELD', 'CONFIRMED', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'NO_SHOW')", name="state"),
        CheckConstraint("cost_minor_units BETWEEN 0 AND price_minor_units", name="cost"),
        Index(
            "ix_booking_visit_out_of_line",
            "booking_id",
            postgresql_where=text("state = 'HELD' OR NOT told"),
        ),
    )

    booking_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("booking.booking.id", ondelete="CASCADE"),)
    )
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    appointment_id: uuid.UUID = Field(unique=True)
    salon_id: uuid.UUID
    state: str = long_text()
    version: int
    told: bool
    quoted: bytes = Field(sa_type=LargeBinary)  # innkeeper.salon.v1.QuotedVisit
    starts_at: dt.datetime = required_moment()  # as it stands; it may have been moved
    price_minor_units: int = Field(sa_type=BigInteger)
    cost_minor_units: int = Field(sa_type=BigInteger)
