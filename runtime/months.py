"""Months on a place's own calendar."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from runtime.errors import InvalidInput

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def month_bounds(month: str, time_zone: str, *, path: Sequence[str] = ("month",)) -> tuple[dt.datetime, dt.datetime]:
    """The moments at which a month such as 2027-05 begins and ends there; raises InvalidInput for what is no month."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise InvalidInput("A month is written like 2027-05.", path=path)
    first = dt.date(int(found[1]), int(found[2]), 1)
    after = (first + dt.timedelta(days=32)).replace(day=1)
    begin, end = (dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC) for day in (first, after))
    return begin, end


def month_of(moment: dt.datetime, time_zone: str) -> str:
    """The month that a moment lies in there."""
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m}"
