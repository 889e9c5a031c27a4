"""What every table of the salon service derives from."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from runtime.tables import service_metadata

metadata = service_metadata("salon")


class SalonServiceModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata
