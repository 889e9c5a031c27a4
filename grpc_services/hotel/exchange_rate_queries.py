"""The SQL of reference rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import bindparam, func, insert, select, text

from grpc_services.hotel.exchange_rate_models import ExchangeRate
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_rate = table_of(ExchangeRate)
_NEWEST = Statement(select(func.max(_rate.c.day)))
_OF_DAY = Statement(select(_rate).where(_rate.c.day == bindparam("day")).order_by(_rate.c.currency))
_LOCK_DAY = Statement(text("SELECT pg_advisory_xact_lock(hashtextextended('exchange rates', 0))"))
_INSERT = Statement(insert(_rate).values({name: bindparam(name) for name in ("day", "currency", "rate", "source")}))


async def newest_day(connection: Connection) -> str:
    """As ISO 8601; empty where there are no rates."""
    day: dt.date | None = await _NEWEST.fetch_value(connection)
    return day.isoformat() if day else ""


async def rates_of(connection: Connection, day: dt.date) -> list[Record]:
    return await _OF_DAY.fetch(connection, day=day)


async def lock_days(connection: Connection) -> None:
    """One writer at a time."""
    await _LOCK_DAY.fetch(connection)


async def insert_rates(connection: Connection, day: dt.date, rates: Mapping[str, Decimal], source: str) -> None:
    await _INSERT.execute_many(
        connection,
        [{"day": day, "currency": currency, "rate": rate, "source": source} for currency, rate in rates.items()],
    )
