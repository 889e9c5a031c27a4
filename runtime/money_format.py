"""Amounts of money as people write them, with the minor units of ISO 4217.

CLDR, which Babel carries, drops the decimals of some currencies whose coins went out of use; a payment
system must not, so the digits stand here (ISO 4217, list one). The codes are those that CLDR knows as legal tender
somewhere on TENDER_DAY: former currencies, funds, metals and test codes are none.
"""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_symbol, get_territory_currencies

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

TENDER_DAY = dt.date(2026, 1, 1)
CURRENCIES = frozenset(
    code
    for territory in get_global("territory_currencies")
    for code in get_territory_currencies(territory, TENDER_DAY, TENDER_DAY)
)


def minor_digits(currency: str) -> int:
    """Decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _MINOR_DIGITS.get(currency, 2)


def decimal_amount(minor_units: int, currency: str) -> Decimal:
    return Decimal(minor_units).scaleb(-minor_digits(currency))


def formatted_money(minor_units: int, currency: str, locale: Locale | str) -> str:
    """1234 EUR becomes 12,34 € in French and €12.34 in English."""
    digits = minor_digits(currency)
    known = Locale.parse(locale)
    pattern = copy.copy(known.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    amount = decimal_amount(minor_units, currency)
    written = str(pattern.apply(amount, known, currency=currency, currency_digits=False))
    symbol = get_currency_symbol(currency, known)
    before, found, after = written.partition(symbol)
    # CLDR separates a symbol that ends in a letter from the digits behind it; Babel does not.
    return before + found + _NO_BREAK_SPACE + after if symbol[-1:].isalpha() and after else written
