"""What every table of the booking service derives from."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from runtime.tables import service_metadata

metadata = service_metadata("booking")


class BookingServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata
