"""The time zone of a place that does not tell it: from its country and position, by the zone database."""

from __future__ import annotations

import functools
import re
from importlib import resources
from math import cos, radians

# France's overseas parts have zones of their own and post as France; the first three digits tell them apart.
_OVERSEAS = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


def zone_at(country: str, postal_code: str, latitude: float, longitude: float) -> str | None:
    """The zone of the country whose principal place is nearest (degrees in); None for unknown countries."""
    territory = _OVERSEAS.get(postal_code[:3], country) if country == "FR" else country
    zones = _zones().get(territory)
    if not zones:
        return None
    shrink = cos(radians(latitude))
    return min(zones, key=lambda zone: (zone[0] - latitude) ** 2 + ((zone[1] - longitude) * shrink) ** 2)[2]


@functools.cache
def _zones() -> dict[str, list[tuple[float, float, str]]]:
    """(latitude, longitude, zone) of the zones of each ISO 3166-1 territory, from the tz database's zone.tab."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[tuple[float, float, str]]] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            country, position, name, *_ = line.split("\t")
            north, east = re.findall(r"[+-]\d+", position)
            zones.setdefault(country, []).append((_degrees(north, 2), _degrees(east, 3), name))
    return zones


def _degrees(text: str, whole_digits: int) -> float:
    """±DDMM, ±DDDMM, and the same with SS."""
    digits = text[1:].ljust(whole_digits + 4, "0")
    whole, minutes, seconds = digits[:whole_digits], digits[whole_digits : whole_digits + 2], digits[whole_digits + 2 :]
    value = int(whole) + int(minutes) / 60 + int(seconds) / 3600
    return -value if text[0] == "-" else value
