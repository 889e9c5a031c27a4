"""Tables of the hotel service: houses, room types, rate plans and what moves a night's price."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import json_document, long_text, outbox_table, required_moment, service_metadata

metadata = service_metadata("hotel")


class HotelServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Hotel(HotelServiceModel, table=True):
    """A house. Prices are in `currency`; times of day are local to `time_zone`."""

    __tablename__ = "hotel"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        CheckConstraint("city_tax_minor_units >= 0 AND city_tax_exempt_below_age >= 0", name="city_tax"),
        Index("ix_hotel_owner_id_name_id", "owner_id", "name", "id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID
    name: str = long_text()
    stars: int = Field(sa_type=SmallInteger)
    street: str = long_text()
    postal_code: str = long_text()
    city: str = long_text()
    country: str = long_text()
    latitude: float
    longitude: float
    time_zone: str = long_text()
    currency: str = long_text()
    amenities: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    website: str = long_text()
    check_in_time: dt.time
    check_out_time: dt.time
    city_tax_minor_units: int
    city_tax_exempt_below_age: int = Field(sa_type=SmallInteger)
    published: bool
    created_at: dt.datetime = required_moment(default_now=True)


class RoomType(HotelServiceModel, table=True):
    """Rooms of one kind; `base_price_minor_units` is a night's price before any rule."""

    __tablename__ = "room_type"
    __table_args__ = (
        CheckConstraint("max_adults >= 1 AND max_children >= 0", name="occupancy"),
        CheckConstraint("number_of_rooms >= 1", name="number_of_rooms"),
        CheckConstraint("base_price_minor_units BETWEEN 0 AND 100000000", name="base_price"),
        Index("ix_room_type_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    max_adults: int = Field(sa_type=SmallInteger)
    max_children: int = Field(sa_type=SmallInteger)
    number_of_rooms: int
    beds: Any = json_document()
    amenities: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    size_square_meters: int
    base_price_minor_units: int


class RatePlan(HotelServiceModel, table=True):
    """What a guest buys with the room: meals, when they pay, how they may cancel, and its price adjustment."""

    __tablename__ = "rate_plan"
    __table_args__ = (
        CheckConstraint(
            "meal_plan IN ('ROOM_ONLY', 'BED_AND_BREAKFAST', 'HALF_BOARD', 'FULL_BOARD')", name="meal_plan"
        ),
        CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name="payment_timing"),
        CheckConstraint("adjustment_basis_points BETWEEN -9000 AND 20000", name="adjustment"),
        Index("ix_rate_plan_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    meal_plan: str = long_text()
    payment_timing: str = long_text()
    cancellation_tiers: Any = json_document()
    adjustment_basis_points: int


class PriceRule(HotelServiceModel, table=True):
    """Moves the price of nights in a period, on some weekdays, by a share; several rules multiply."""

    __tablename__ = "price_rule"
    __table_args__ = (
        CheckConstraint("first_night <= last_night", name="period"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("adjustment_basis_points BETWEEN -9000 AND 20000", name="adjustment"),
        Index("ix_price_rule_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    room_type_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("hotel.room_type.id", ondelete="CASCADE"),)
    )
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    first_night: dt.date
    last_night: dt.date
    weekdays: int = Field(sa_type=SmallInteger)  # bit 0 is Monday
    adjustment_basis_points: int


outbox = outbox_table(metadata)
