"""Prices shown in the guest's own currency. Whoever pays, pays in the house's."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated

import strawberry

from api.money import Money
from api.scalars import BigInt, CurrencyCode
from contracts.hotel.v1 import exchange_rate_pb2, exchange_rate_pb2_grpc
from runtime.channels import call
from runtime.money_format import decimal_amount, minor_digits

_BASE = "EUR"
_FRESH_SECONDS = 60.0
_MOST_DAYS = 400
_RATE = Context(prec=10, rounding=ROUND_HALF_EVEN)
_AMOUNT = Context(prec=40, rounding=ROUND_HALF_EVEN)

ShownIn = Annotated[CurrencyCode, strawberry.argument(description="The guest's own, such as USD.")]


@strawberry.type(
    description="A price in another currency, for information: it is always paid in the currency of the house."
)
class ShownAmount:
    amount: Money = strawberry.field(description="The price, at the rate.")
    rate: str = strawberry.field(description="So much of the shown currency for one of the house's, as a decimal.")
    day: dt.date = strawberry.field(description="The day of the rate; that of a quote and its booking never changes.")


@dataclass(frozen=True, slots=True)
class DayRates:
    """So many of each currency for one euro. `day` is empty where there are none."""

    day: str
    rates: Mapping[str, Decimal]

    def shown(self, minor_units: int, currency: str, shown_in: str) -> ShownAmount | None:
        """None where a rate is not known. The rate has ten digits, and the amount is what it makes, half to even."""
        own, other = (Decimal(1) if one == _BASE else self.rates.get(one) for one in (currency, shown_in))
        if not self.day or own is None or other is None:
            return None
        rate = _RATE.divide(other, own)
        exact = _AMOUNT.multiply(decimal_amount(minor_units, currency), rate).scaleb(minor_digits(shown_in))
        return ShownAmount(
            amount=Money(
                minor_units=BigInt(int(exact.quantize(Decimal(1), context=_AMOUNT))), currency=CurrencyCode(shown_in)
            ),
            rate=format(rate.normalize(_RATE), "f"),
            day=dt.date.fromisoformat(self.day),
        )


class RateTable:
    """Rates by day, kept in memory: those of a day never change; which day is the newest is asked every minute."""

    def __init__(self, stub: exchange_rate_pb2_grpc.ExchangeRateServiceAsyncStub) -> None:
        self._stub = stub
        self._days: dict[str, DayRates] = {}
        self._newest = DayRates("", {})
        self._newest_until = 0.0

    async def of_day(self, day: str) -> DayRates:
        """Empty without a day: nothing was known when it was quoted."""
        if not day:
            return DayRates("", {})
        if day not in self._days:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            self._days[day] = await self._asked(day)
        return self._days[day]

    async def newest(self) -> DayRates:
        if self._newest_until <= time.monotonic():
            self._newest = await self._asked("")
            self._newest_until = time.monotonic() + _FRESH_SECONDS
        return self._newest

    async def _asked(self, day: str) -> DayRates:
        request = exchange_rate_pb2.GetExchangeRatesRequest(day=day)
        found = await call(self._stub.GetExchangeRates, request, token="")
        return DayRates(found.day, {one.currency: Decimal(one.rate) for one in found.rates})
