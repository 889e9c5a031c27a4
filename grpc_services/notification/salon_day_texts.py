"""The words of the list of a master's day, by language; the message itself is a template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from grpc_services.notification import formats
from grpc_services.notification.arrivals_texts import ARRIVAL_WORDS

SALON_DAY_FOOTER = {
    "en": "Innkeeper sends you this list every morning on which clients come to you. Replies to it are not read.",
    "fr": "Innkeeper vous envoie cette liste chaque matin où vous attendez des clients. Les réponses ne sont pas lues.",
    "ru": "Innkeeper присылает этот список каждое утро, когда вас ждут клиенты. Ответы на это письмо не читаются.",
}
_SEE_DAY = {"en": "see the day", "fr": "voir la journée", "ru": "см. расписание дня"}


def is_of_salon_day(parameters: Mapping[str, Any]) -> bool:
    return "clients" in parameters


def salon_day_facts(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Every parameter as the locale writes it."""
    zone = ZoneInfo(parameters["time_zone"])
    return {
        "salon_name": parameters["salon_name"],
        "day": formats.day(dt.date.fromisoformat(parameters["day"]), locale),
        "count": len(parameters["clients"]),
        "more": parameters["more"],
        "clients": [(_time(one, zone, locale), _told_of(one)) for one in parameters["clients"]],
    }


def salon_day_rows(facts: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    return [*facts["clients"], *([(ARRIVAL_WORDS[locale].more, _SEE_DAY[locale])] if facts["more"] else [])]


def _time(one: Mapping[str, Any], zone: ZoneInfo, locale: str) -> str:
    return formats.clock(f"{dt.datetime.fromisoformat(one['starts_at']).astimezone(zone):%H:%M}", locale)


def _told_of(one: Mapping[str, Any]) -> str:
    return " · ".join((one["client_name"], ", ".join(one["services"]), ", ".join(one["masters"]), one["reference"]))
