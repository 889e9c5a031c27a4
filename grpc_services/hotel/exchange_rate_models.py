"""The table of reference rates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, Text
from sqlmodel import Field

from grpc_services.hotel.models import HotelServiceModel
from runtime.tables import long_text


class ExchangeRate(HotelServiceModel, table=True):
    """So many main units of a currency for one euro, on a day. Rows are never changed: quotes name the day."""

    __tablename__ = "exchange_rate"
    __table_args__ = (CheckConstraint("rate > 0", name="rate"),)

    day: dt.date = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    rate: Decimal = Field(sa_type=Numeric, nullable=False)
    source: str = long_text()
