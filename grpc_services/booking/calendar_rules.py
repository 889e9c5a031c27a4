"""The decisions about calendars: secrets, addresses of other channels, and busy nights. Pure, no I/O."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from contracts.booking.v1 import calendar_pb2
from grpc_services.booking.inventory_rules import Night, check_text, parse_date
from runtime.errors import InvalidInput

SECRET_BYTES = 24
LONGEST_SECRET = 64
LONGEST_NAME = 80
LONGEST_URL = 2000
LONGEST_FAILURE = 300
LONGEST_ETAG = 200
MOST_FEEDS = 20  # of one room type
MOST_PERIODS = 5000
_DAY = dt.timedelta(days=1)


def new_secret() -> str:
    """192 random bits that stand well in an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


def check_feed(name: str, url: str, *, also_http: bool) -> None:
    """What a hotelier gives. Whether the address leads anywhere is found out when it is fetched."""
    check_text(name, LONGEST_NAME, ("name",), required=True)
    check_text(url, LONGEST_URL, ("url",), required=True)
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.username is None and parts.port != 0 and " " not in url
    except ValueError:
        usable = False
    else:
        usable = usable and parts.scheme in (("https", "http") if also_http else ("https",))
    if not usable:
        raise InvalidInput("Give an address that begins with https:// and has no user name.", path=("url",))


def host_of(url: str) -> str:
    """All that the audit log says of an address; the rest of it is often a secret."""
    return urlsplit(url).hostname or ""


def busy_rooms(
    periods: Sequence[calendar_pb2.BusyPeriod], first_night: dt.date, end_night: dt.date
) -> dict[dt.date, int]:
    """How many of the periods hold each night of the horizon."""
    if len(periods) > MOST_PERIODS:
        raise InvalidInput(f"Send at most {MOST_PERIODS:,} periods.", path=("busy",))
    counted: Counter[dt.date] = Counter()
    for position, period in enumerate(periods):
        start = parse_date(period.first_night, ("busy", str(position), "firstNight"))
        end = parse_date(period.end_night, ("busy", str(position), "endNight"))
        if start >= end:
            raise InvalidInput("The last night comes before the first.", path=("busy", str(position), "endNight"))
        night = max(start, first_night)
        while night < min(end, end_night):
            counted[night] += 1
            night += _DAY
    return dict(sorted(counted.items()))


def periods_without_room(nights: Iterable[Night]) -> list[tuple[dt.date, dt.date]]:
    """Half-open periods of nights in a row on which nothing is left."""
    found: list[tuple[dt.date, dt.date]] = []
    for one in nights:
        if one.left > 0:
            continue
        if found and found[-1][1] == one.night:
            found[-1] = (found[-1][0], one.night + _DAY)
        else:
            found.append((one.night, one.night + _DAY))
    return found
