"""The use cases of reference rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import grpc

from contracts.hotel.v1 import exchange_rate_pb2
from grpc_services.hotel import exchange_rate_queries, exchange_rate_rules
from runtime.database import Database
from runtime.errors import IllegalState
from runtime.field_checks import checked_line
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class ExchangeRateMethods:
    """A part of ExchangeRateServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def GetExchangeRates(
        self, request: exchange_rate_pb2.GetExchangeRatesRequest, context: Context
    ) -> exchange_rate_pb2.ExchangeRates:
        async with self._database.reading() as connection:
            day = request.day or await exchange_rate_queries.newest_day(connection)
            if not day:
                return exchange_rate_pb2.ExchangeRates()
            rows = await exchange_rate_queries.rates_of(connection, exchange_rate_rules.parse_day(day))
        return exchange_rate_pb2.ExchangeRates(
            day=day,
            rates=[
                exchange_rate_pb2.ExchangeRate(currency=row["currency"], rate=format(row["rate"], "f")) for row in rows
            ],
            source=rows[0]["source"] if rows else "",
        )

    async def PutExchangeRates(
        self, request: exchange_rate_pb2.ExchangeRates, context: Context
    ) -> exchange_rate_pb2.PutExchangeRatesResponse:
        require_role(Role.SYSTEM, Role.ADMIN)
        day = exchange_rate_rules.checked_day(request.day, self._now().date())
        rates = exchange_rate_rules.checked_rates(request.rates)
        source = checked_line(request.source, ("source",), longest=exchange_rate_rules.LONGEST_SOURCE, required=True)
        async with self._database.transaction() as connection:
            await exchange_rate_queries.lock_days(connection)
            known = {row["currency"]: row["rate"] for row in await exchange_rate_queries.rates_of(connection, day)}
            if known == rates:
                return exchange_rate_pb2.PutExchangeRatesResponse()
            if known:
                raise IllegalState(f"Other rates of {day} are there already, and quotes may name that day.")
            await exchange_rate_queries.insert_rates(connection, day, rates, source)
        return exchange_rate_pb2.PutExchangeRatesResponse(stored=len(rates))
