"""Sample reference rates for a stack that has none, so that prices can be looked at in other currencies."""

from __future__ import annotations

import datetime as dt

from grpc_services.hotel import exchange_rate_queries, exchange_rate_rules
from runtime.database import Database
from stack.exchange_rate_file import SAMPLE, days_of


async def load_sample_rates(database: Database) -> None:
    """`database` is that of hotel."""
    with SAMPLE.open(encoding="utf-8", newline="") as lines:
        days = days_of(lines)
    async with database.transaction() as connection:
        await exchange_rate_queries.lock_days(connection)
        if await exchange_rate_queries.newest_day(connection):
            return
        for one in days:
            rates = exchange_rate_rules.checked_rates(one.rates)
            await exchange_rate_queries.insert_rates(connection, dt.date.fromisoformat(one.day), rates, one.source)
