"""What a day's reference rates may be. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

from contracts.hotel.v1 import exchange_rate_pb2
from runtime.errors import InvalidInput
from runtime.field_checks import check_count, checked_currency

BASE = "EUR"
MOST_RATES = 200
LONGEST_SOURCE = 200
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,10})?")
_DAY = dt.timedelta(days=1)


def parse_day(value: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise InvalidInput("This is not a date.", path=("day",)) from None


def checked_day(value: str, today: dt.date) -> dt.date:
    """Not one to come, though somewhere it may be tomorrow already."""
    day = parse_day(value)
    if day > today + _DAY:
        raise InvalidInput("This day is yet to come.", path=("day",))
    return day


def checked_rates(rates: Sequence[exchange_rate_pb2.ExchangeRate]) -> dict[str, Decimal]:
    """By currency; raises InvalidInput naming the row."""
    check_count(rates, ("rates",), most=MOST_RATES, least=1)
    found: dict[str, Decimal] = {}
    for number, one in enumerate(rates):
        currency = checked_currency(one.currency, ("rates", str(number), "currency"))
        if currency == BASE or currency in found:
            raise InvalidInput("Each currency comes once, and the euro not at all.", path=("rates", str(number)))
        rate = Decimal(one.rate) if _RATE.fullmatch(one.rate) else Decimal()
        if not rate:
            raise InvalidInput(
                "A rate is a positive decimal number, such as 1.0875.", path=("rates", str(number), "rate")
            )
        found[currency] = rate
    return found
