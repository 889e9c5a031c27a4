"""The words of the list of a day's arrivals, by language; the message itself is a template."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grpc_services.notification import formats
from runtime.money_format import formatted_money


@dataclass(frozen=True, slots=True)
class ArrivalWords:
    room: str  # with {doors}
    at: str  # with {time}
    due: str  # with {amount}
    more: str
    see_desk: str


ARRIVAL_WORDS = {
    "en": ArrivalWords("room {doors}", "arrives about {time}", "{amount} to be paid", "And more", "see the front desk"),
    "fr": ArrivalWords(
        "chambre {doors}", "arrivée vers {time}", "{amount} à payer", "Et d’autres", "voir la réception"
    ),
    "ru": ArrivalWords(
        "номер {doors}", "приезд около {time}", "к оплате {amount}", "И другие", "см. стойку регистрации"
    ),
}
ARRIVALS_FOOTER = {
    "en": "Innkeeper sends you this list every morning on which guests arrive. Replies to it are not read.",
    "fr": "Innkeeper vous envoie cette liste chaque matin où des clients arrivent. Les réponses ne sont pas lues.",
    "ru": "Innkeeper присылает этот список каждое утро, когда ожидаются гости. Ответы на это письмо не читаются.",
}


def is_of_arrivals(parameters: Mapping[str, Any]) -> bool:
    return "arrivals" in parameters


def arrivals_facts(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Every parameter as the locale writes it."""
    day = dt.date.fromisoformat(parameters["day"])
    return {
        "hotel_name": parameters["hotel_name"],
        "day": formats.day(day, locale),
        "count": len(parameters["arrivals"]),
        "more": parameters["more"],
        "arrivals": [(one["guest_name"], _told_of(one, day, locale)) for one in parameters["arrivals"]],
    }


def arrivals_rows(facts: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    words = ARRIVAL_WORDS[locale]
    return [*facts["arrivals"], *([(words.more, words.see_desk)] if facts["more"] else [])]


def _told_of(one: Mapping[str, Any], day: dt.date, locale: str) -> str:
    words = ARRIVAL_WORDS[locale]
    rooms = Counter(one["room_names"]).items()
    due = one["due"]
    told = [
        ", ".join(name if number == 1 else f"{number} × {name}" for name, number in rooms),
        words.room.format(doors=", ".join(one["doors"])) if one["doors"] else "",
        formats.nights((dt.date.fromisoformat(one["check_out"]) - day).days, locale),
        words.at.format(time=formats.clock(one["arrival_time"], locale)) if one["arrival_time"] else "",
        words.due.format(amount=formatted_money(due["minor_units"], due["currency"], locale)) if due else "",
        one["reference"],
        f"“{one['requests']}”" if one["requests"] else "",
    ]
    return " · ".join(part for part in told if part)
