"""Tables of the hotel service: houses, what they sell, what moves a night's price, and who changed what."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import (
    idempotency_table,
    json_document,
    long_text,
    outbox_table,
    required_moment,
    service_metadata,
)

metadata = service_metadata("hotel")


class HotelServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Hotel(HotelServiceModel, table=True):
    """A house. Prices are in `currency`; times of day are local to `time_zone`."""

    __tablename__ = "hotel"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        CheckConstraint(
            "city_tax_minor_units >= 0 AND city_tax_exempt_below_age >= 0 AND city_tax_max_nights >= 0",
            name="city_tax",
        ),
        CheckConstraint("vat_basis_points BETWEEN 0 AND 5000", name="vat"),
        CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')", name="state"),
        Index("ix_hotel_owner_id_name_id", "owner_id", "name", "id"),
        Index("ix_hotel_published", "id", postgresql_where=text("state = 'PUBLISHED'")),
    )

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID
    state: str = long_text()
    name: str = long_text()
    description: str = long_text()
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
    languages: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    website: str = long_text()
    contact_phone: str = long_text()
    contact_email: str = long_text()
    photos: Any = json_document()  # [{"url", "alt_text"}]
    house_rules: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    check_in_time: dt.time
    check_out_time: dt.time
    vat_basis_points: int = Field(sa_type=SmallInteger)
    vat_included: bool
    city_tax_minor_units: int
    city_tax_exempt_below_age: int = Field(sa_type=SmallInteger)
    city_tax_max_nights: int = Field(sa_type=SmallInteger)
    rating_count: int
    rating_mean_hundredths: int
    rating_version: int  # of the reviews' news
    version: int
    rates_version: int
    created_at: dt.datetime = required_moment(default_now=True)


class RoomType(HotelServiceModel, table=True):
    """Rooms of one kind; `base_price_minor_units` is a night's price before any rule."""

    __tablename__ = "room_type"
    __table_args__ = (
        CheckConstraint("max_adults >= 1 AND max_children >= 0", name="occupancy"),
        CheckConstraint("number_of_rooms >= 0", name="number_of_rooms"),
        CheckConstraint("base_price_minor_units BETWEEN 0 AND 100000000", name="base_price"),
        CheckConstraint(
            "included_adults BETWEEN 1 AND max_adults AND extra_adult_minor_units >= 0"
            " AND fewer_adult_discount_minor_units >= 0",
            name="occupancy_prices",
        ),
        Index("ix_room_type_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    description: str = long_text()
    view: str = long_text()
    max_adults: int = Field(sa_type=SmallInteger)
    max_children: int = Field(sa_type=SmallInteger)
    oldest_child_age: int = Field(sa_type=SmallInteger)  # who is older counts as an adult
    number_of_rooms: int  # as booking told it last
    inventory_version: int  # of that news
    beds: Any = json_document()  # [{"kind", "count"}]
    amenities: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    photos: Any = json_document()
    size_square_meters: int
    base_price_minor_units: int
    included_adults: int = Field(sa_type=SmallInteger)
    extra_adult_minor_units: int
    fewer_adult_discount_minor_units: int
    child_prices: Any = json_document()  # [{"to_age", "minor_units"}] by rising age
    archived: bool
    version: int


class Room(HotelServiceModel, table=True):
    """A numbered door. Two doors in use never have one number."""

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("state IN ('CLEAN', 'DIRTY')", name="state"),
        Index("uq_room_hotel_id_number", "hotel_id", "number", unique=True, postgresql_where=text("NOT archived")),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    room_type_id: uuid.UUID = Field(index=True, sa_column_args=(ForeignKey("hotel.room_type.id", ondelete="CASCADE"),))
    number: str = long_text()
    floor: str = long_text()
    state: str = long_text()
    archived: bool
    version: int


class RatePlan(HotelServiceModel, table=True):
    """What a guest buys with the room: meals, when they pay, how they may cancel, and its price.

    `adjustment_basis_points` is of the room type's price, or of the other plan's night prices when the plan
    is derived from one.
    """

    __tablename__ = "rate_plan"
    __table_args__ = (
        CheckConstraint(
            "meal_plan IN ('ROOM_ONLY', 'BED_AND_BREAKFAST', 'HALF_BOARD', 'FULL_BOARD')", name="meal_plan"
        ),
        CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name="payment_timing"),
        CheckConstraint("adjustment_basis_points BETWEEN -9000 AND 20000", name="adjustment"),
        CheckConstraint("adult_supplement_minor_units >= 0 AND child_supplement_minor_units >= 0", name="supplements"),
        CheckConstraint("derived_from_id <> id", name="derived_from_another"),
        Index("ix_rate_plan_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    meal_plan: str = long_text()
    payment_timing: str = long_text()
    cancellation_tiers: Any = json_document()  # [{"hours_before_check_in", "penalty_percent", "penalty_nights"}]
    derived_from_id: uuid.UUID | None = Field(
        default=None, nullable=True, sa_column_args=(ForeignKey("hotel.rate_plan.id"),)
    )
    adjustment_basis_points: int
    adult_supplement_minor_units: int
    child_supplement_minor_units: int
    stay_discounts: Any = json_document()  # [{"min_nights", "basis_points"}] by rising nights
    min_advance_days: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    max_advance_days: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    archived: bool
    version: int


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


class Extra(HotelServiceModel, table=True):
    """What guests may choose for a room: breakfast, parking, a cot. The price of one is multiplied with the nights
    and persons that it is charged by."""

    __tablename__ = "extra"
    __table_args__ = (
        CheckConstraint("charge_unit IN ('STAY', 'NIGHT', 'PERSON', 'PERSON_NIGHT')", name="charge_unit"),
        CheckConstraint("price_minor_units BETWEEN 0 AND 10000000", name="price"),
        CheckConstraint("max_quantity BETWEEN 1 AND 20", name="max_quantity"),
        Index("ix_extra_hotel_id_position", "hotel_id", "position"),
    )

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    position: int = Field(sa_type=SmallInteger)
    name: str = long_text()
    description: str = long_text()
    charge_unit: str = long_text()
    price_minor_units: int
    max_quantity: int = Field(sa_type=SmallInteger)
    archived: bool
    version: int


class NightRate(HotelServiceModel, table=True):
    """What was set for one night of a room type under a rate plan. NULL: nothing; rules and the plan it is
    derived from say. Rows exist only where something is set."""

    __tablename__ = "night_rate"
    __table_args__ = (
        CheckConstraint("price_minor_units BETWEEN 0 AND 300000000", name="price"),
        CheckConstraint(
            "min_stay BETWEEN 1 AND 60 AND max_stay BETWEEN 1 AND 60 AND min_advance_days BETWEEN 0 AND 500"
            " AND max_advance_days BETWEEN 0 AND 500",
            name="restrictions",
        ),
        Index("ix_night_rate_hotel_id_night", "hotel_id", "night"),
    )

    room_type_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("hotel.room_type.id", ondelete="CASCADE"),)
    )
    rate_plan_id: uuid.UUID = Field(
        primary_key=True, sa_column_args=(ForeignKey("hotel.rate_plan.id", ondelete="CASCADE"),)
    )
    night: dt.date = Field(primary_key=True)
    hotel_id: uuid.UUID
    price_minor_units: int | None = Field(default=None, nullable=True)
    closed: bool | None = Field(default=None, nullable=True)
    closed_to_arrival: bool | None = Field(default=None, nullable=True)
    closed_to_departure: bool | None = Field(default=None, nullable=True)
    min_stay: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    max_stay: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    min_advance_days: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)
    max_advance_days: int | None = Field(default=None, sa_type=SmallInteger, nullable=True)


class ChangeEntry(HotelServiceModel, table=True):
    """The audit log: who changed what of a house, with what differs before and after. Written in the
    transaction of the change and never touched again."""

    __tablename__ = "change_entry"
    __table_args__ = (Index("ix_change_entry_hotel_id_id", "hotel_id", "id"),)

    id: uuid.UUID = Field(primary_key=True)
    hotel_id: uuid.UUID = Field(sa_column_args=(ForeignKey("hotel.hotel.id", ondelete="CASCADE"),))
    subject_kind: str = long_text()
    subject_id: uuid.UUID
    action: str = long_text()
    actor_id: uuid.UUID
    actor_role: str = long_text()
    at: dt.datetime = required_moment(default_now=True)
    request_id: str = long_text()
    before: Any = Field(default=None, sa_type=JSONB, nullable=True)
    after: Any = Field(default=None, sa_type=JSONB, nullable=True)


outbox = outbox_table(metadata)
idempotency = idempotency_table(metadata)
