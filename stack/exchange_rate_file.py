"""Files of reference rates: CSV with the columns day, currency, rate and source."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts.hotel.v1 import exchange_rate_pb2
from runtime.csv_rows import csv_rows

SAMPLE = Path(__file__).parent / "data" / "exchange-rates-sample.csv"
COLUMNS = ("day", "currency", "rate", "source")


def days_of(lines: Iterable[str]) -> list[exchange_rate_pb2.ExchangeRates]:
    """One message a day, oldest first. Raises InvalidInput for what is no such list."""
    days: dict[str, exchange_rate_pb2.ExchangeRates] = {}
    for _, row in csv_rows(lines, COLUMNS):
        values = {name: text.strip() for name, text in row.items()}
        day = days.setdefault(
            values["day"], exchange_rate_pb2.ExchangeRates(day=values["day"], source=values["source"])
        )
        day.rates.add(currency=values["currency"], rate=values["rate"])
    return [days[day] for day in sorted(days)]
