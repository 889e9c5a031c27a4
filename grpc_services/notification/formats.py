"""Money, dates and counts as people of a locale write them."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import get_currency_symbol
from babel.units import format_unit

# ISO 4217, minor units; every other currency has two. CLDR's own digits differ where coins went out of use.
_NO_MINOR_UNIT = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_MINOR_DIGITS = {
    **dict.fromkeys(_NO_MINOR_UNIT, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def money(minor_units: int, currency: str, locale: str) -> str:
    """1234 EUR becomes 12,34 € in French and €12.34 in English."""
    digits = _MINOR_DIGITS.get(currency, 2)
    pattern = copy.copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    written = str(pattern.apply(Decimal(minor_units).scaleb(-digits), locale, currency=currency, currency_digits=False))
    symbol = get_currency_symbol(currency, locale)
    before, found, after = written.partition(symbol)
    # CLDR separates a symbol that ends in a letter from the digits behind it; Babel does not.
    return before + found + _NO_BREAK_SPACE + after if symbol[-1:].isalpha() and after else written


def day(date: dt.date, locale: str) -> str:
    """Friday, May 14, 2027"""
    return format_date(date, "full", locale=locale)


def moment(at: dt.datetime, locale: str) -> str:
    """May 14, 2027, 2:05 PM UTC"""
    return f"{format_date(at, 'long', locale=locale)}, {format_time(at, 'short', tzinfo=dt.UTC, locale=locale)} UTC"


def nights(number: int, locale: str) -> str:
    """3 nights"""
    return format_unit(number, "duration-night", locale=locale)
