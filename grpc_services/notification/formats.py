"""Dates and counts as people of a locale write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt
from babel.numbers import format_decimal
from babel.units import format_unit


def day(date: dt.date, locale: str) -> str:
    """Friday, May 14, 2027"""
    return format_date(date, "full", locale=locale)


def moment(at: dt.datetime, time_zone: str, locale: str) -> str:
    """May 14, 2027, 4:05 PM GMT+02:00: as the clocks show it in that zone."""
    local = at.astimezone(ZoneInfo(time_zone or "UTC"))
    date, time = format_date(local, "long", locale=locale), format_time(local, "short", locale=locale)
    return f"{date}, {time} {get_timezone_gmt(local, locale=locale)}"


def nights(number: int, locale: str) -> str:
    """3 nights"""
    return format_unit(number, "duration-night", locale=locale)


def counted(number: int, *, locale: str, **forms: str) -> str:
    """3 arrivals: the number and the form of the word that the language has for it (CLDR's one, few, many, other);
    a form that is not given is `other`."""
    form = Locale.parse(locale).plural_form(number)
    return f"{format_decimal(number, locale=locale)}\N{NO-BREAK SPACE}{forms.get(form, forms['other'])}"


def clock(time: str, locale: str) -> str:
    """3:00 PM, of 15:00; empty for nothing."""
    return format_time(dt.time.fromisoformat(time), "short", locale=locale) if time else ""
