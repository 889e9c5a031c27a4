"""Tables of the hotel service: the catalogue of houses and what a night costs."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import (
    json_document,
    long_text,
    outbox_table,
    required_moment,
    service_metadata,
    table_of,
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
        CheckConstraint("city_tax_minor_units >= 0", name="city_tax"),
    )

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID = Field(index=True)
    name: str = long_text()
    x: Any = json_document()
    created_at: Any = required_moment(default_now=True)

t = table_of(Hotel)
