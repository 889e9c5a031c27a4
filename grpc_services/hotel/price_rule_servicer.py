"""The use cases of price rules: seasons and weekdays that move the prices of nights."""

from __future__ import annotations


class PriceRuleMethods:
    """A part of HotelServicer, which gives it the database and the clock."""
