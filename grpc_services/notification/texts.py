"""From a message's name and its parameters to a text in somebody's language.

Each message is one file, templates/NAME.toml, with its three languages side by side: `title` (also a mail's subject),
`body`, `next` (a mail's second paragraph) and `button`.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from contracts.auth.v1 import auth_pb2
from contracts.notification.v1 import notification_pb2
from grpc_services.notification import formats
from grpc_services.notification.appointment_texts import (
    APPOINTMENT_WORDS,
    appointment_facts,
    appointment_rows,
    is_of_appointment,
)
from grpc_services.notification.arrivals_texts import (
    ARRIVALS_FOOTER,
    arrivals_facts,
    arrivals_rows,
    is_of_arrivals,
)
from grpc_services.notification.catalogue import MESSAGES, Audience
from grpc_services.notification.review_texts import REVIEW_WORDS, is_of_review, review_facts, review_rows
from grpc_services.notification.salon_day_texts import (
    SALON_DAY_FOOTER,
    is_of_salon_day,
    salon_day_facts,
    salon_day_rows,
)
from grpc_services.notification.webhook_texts import is_of_webhook, webhook_facts
from grpc_services.notification.wording import DEFAULT_LOCALE, UNSUBSCRIBING, WORDS
from runtime.money_format import formatted_money

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class ShortText:
    """What the application shows."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Letter:
    """To whom a mail goes, where its button leads, and the calendar file of what it tells, if one goes along."""

    contact: auth_pb2.Contact
    url: str
    calendar: bytes


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """What a page says on which somebody switches mails off, or has done so; no button when that is done."""

    title: str
    body: str
    button: str
    locale: str


def short_text(template: str, parameters: Mapping[str, Any], locale: str) -> ShortText:
    locale = _spoken(locale)
    facts = _facts_of(parameters, locale)
    return ShortText(_part(template, locale, "title", facts), _part(template, locale, "body", facts))


def email(
    template: str,
    parameters: Mapping[str, Any],
    contact: auth_pb2.Contact,
    *,
    url: str,
    unsubscribe_url: str,
) -> notification_pb2.EmailMessage:
    """The whole mail to one person, as text and as HTML that says the same."""
    locale = _spoken(contact.locale)
    facts = _facts_of(parameters, locale)
    words = WORDS[locale]
    about = _about(parameters)
    title = _part(template, locale, "title", facts)
    parts = {
        "locale": locale,
        "title": title,
        "greeting": words.greeting.format(name=contact.name),
        "paragraphs": [_part(template, locale, name, facts) for name in ("body", "next")],
        "rows": about.rows(template, facts, locale),
        "button": _part(template, locale, "button", facts),
        "url": url,
        "colon": words.colon,
        "footer": about.footer(locale),
        "unsubscribe": UNSUBSCRIBING[locale].link if unsubscribe_url else "",
        "unsubscribe_url": unsubscribe_url,
    }
    return notification_pb2.EmailMessage(
        to_address=contact.email,
        to_name=contact.name,
        subject=title,
        text=_TEMPLATES.get_template("mail.txt").render(parts),
        html=_TEMPLATES.get_template("mail.html").render(parts),
        locale=locale,
        unsubscribe_url=unsubscribe_url,
    )


def subscription_page(name: str, locale: str, *, subscribed: bool) -> SubscriptionPage:
    """`name` is a type of notifications."""
    locale = _spoken(locale)
    words = UNSUBSCRIBING[locale]
    about = words.types[name]
    if subscribed:
        return SubscriptionPage(words.question, words.asks.format(about=about), words.button, locale)
    return SubscriptionPage(words.done, words.says.format(about=about), "", locale)


def _spoken(locale: str) -> str:
    return locale if locale in WORDS else DEFAULT_LOCALE


@functools.cache
def _parts(template: str) -> dict[str, dict[str, Template]]:
    """The parts of a message by language."""
    with (_FOLDER / f"{template}.toml").open("rb") as file:
        written = tomllib.load(file)
    return {
        locale: {name: _TEMPLATES.from_string(source) for name, source in parts.items()}
        for locale, parts in written.items()
    }


def _part(template: str, locale: str, name: str, facts: Mapping[str, Any]) -> str:
    """One part of a message on one line; no-break spaces stay."""
    plural = functools.partial(formats.counted, locale=locale)
    written = _parts(template)[locale][name].render(facts, plural=plural)
    return _BLANKS.sub(" ", written).strip()


def _facts_of(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    return _about(parameters).facts(parameters, locale)


def _facts(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Every parameter as the locale writes it."""
    check_in = dt.date.fromisoformat(parameters["check_in"])
    check_out = dt.date.fromisoformat(parameters["check_out"])
    return {
        "reference": parameters["reference"],
        "hotel_name": parameters["hotel_name"],
        "guest_name": parameters["guest_name"],
        "check_in": formats.day(check_in, locale),
        "check_out": formats.day(check_out, locale),
        "nights": formats.nights((check_out - check_in).days, locale),
        "rooms": _rooms(parameters["room_names"]),
        "total": _money(parameters["total"], locale),
        "penalty": _money(parameters.get("penalty"), locale),
        "late": parameters.get("late", True),
        "check_in_time": formats.clock(parameters.get("check_in_time", ""), locale),
        "address": parameters.get("address", ""),
        "due": _money(parameters.get("due"), locale),
        "whole": parameters.get("whole", True),
        "reason": parameters.get("reason", ""),
        "before": _before(parameters, locale),
        "paid": _money(parameters.get("paid"), locale),
        "amount": _money(parameters.get("amount"), locale),
        "disputed": _money(parameters.get("disputed"), locale),
        "deadline": _moment(parameters.get("deadline"), parameters.get("time_zone", ""), locale),
        "visits": "; ".join(_visit(one, locale) for one in parameters.get("visits", ())),
    }


def _visit(visit: Mapping[str, Any], locale: str) -> str:
    """A visit to a salon that was booked with the rooms."""
    what = ", ".join(visit["services"])
    return f"{visit['salon_name']}: {what}, {_moment(visit['starts_at'], visit['time_zone'], locale)}"


def _before(parameters: Mapping[str, Any], locale: str) -> dict[str, str]:
    """What a changed booking was before, as far as it was something else."""
    if "check_in_before" not in parameters:
        return {}
    written = {
        name: formats.day(dt.date.fromisoformat(parameters[f"{name}_before"]), locale)
        for name in ("check_in", "check_out")
        if parameters[f"{name}_before"] != parameters[name]
    }
    if Counter(parameters["room_names_before"]) != Counter(parameters["room_names"]):
        written["rooms"] = _rooms(parameters["room_names_before"])
    if parameters["total_before"] != parameters["total"]:
        written["total"] = _money(parameters["total_before"], locale)
    return written


def _rooms(names: Sequence[str]) -> str:
    return ", ".join(name if number == 1 else f"{number} × {name}" for name, number in Counter(names).items())


def _rows(template: str, facts: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    """The table of a mail; what is not known is left out."""
    words = WORDS[locale]
    to_hotelier = MESSAGES[template].audience is Audience.HOUSE
    before = facts["before"]
    rows = [
        (words.reference, facts["reference"]),
        (words.guest, facts["guest_name"]) if to_hotelier else (words.hotel, facts["hotel_name"]),
        *(
            (label, f"{before[name]} → {facts[name]}" if name in before else facts[name])
            for label, name in (
                (words.check_in, "check_in"),
                (words.check_out, "check_out"),
                (words.rooms, "rooms"),
                (words.total, "total"),
            )
        ),
        (words.visits, facts["visits"]),
        (words.address, facts["address"]),
        (words.paid, facts["paid"]),
        (words.penalty, facts["penalty"]),
        (words.refund, facts["amount"]),
        (words.due, facts["due"]),
        (words.reason, facts["reason"]),
    ]
    return [(label, value) for label, value in rows if value]


def _money(amount: Mapping[str, Any] | None, locale: str) -> str:
    return formatted_money(amount["minor_units"], amount["currency"], locale) if amount else ""


def _moment(value: str | None, time_zone: str, locale: str) -> str:
    return formats.moment(dt.datetime.fromisoformat(value), time_zone, locale) if value else ""


@dataclass(frozen=True, slots=True)
class _About:
    """How messages about one kind of thing are written."""

    facts: Callable[[Mapping[str, Any], str], dict[str, Any]]
    rows: Callable[[str, Mapping[str, Any], str], list[tuple[str, str]]]
    footer: Callable[[str], str]


_BOOKING = _About(_facts, _rows, lambda locale: WORDS[locale].footer)
_REVIEW = _About(
    review_facts, lambda _, facts, locale: review_rows(facts, locale), lambda locale: REVIEW_WORDS[locale].footer
)
_APPOINTMENT = _About(appointment_facts, appointment_rows, lambda locale: APPOINTMENT_WORDS[locale].footer)
_WEBHOOK = _About(lambda parameters, _: webhook_facts(parameters), lambda *_: [], lambda locale: WORDS[locale].footer)


_ARRIVALS = _About(
    arrivals_facts, lambda _, facts, locale: arrivals_rows(facts, locale), lambda locale: ARRIVALS_FOOTER[locale]
)
_SALON_DAY = _About(
    salon_day_facts, lambda _, facts, locale: salon_day_rows(facts, locale), lambda locale: SALON_DAY_FOOTER[locale]
)
_NOTHING = _About(lambda _, _locale: {}, lambda *_: [], lambda locale: WORDS[locale].footer)


def _about(parameters: Mapping[str, Any]) -> _About:
    if not parameters:
        return _NOTHING
    if is_of_webhook(parameters):
        return _WEBHOOK
    if is_of_arrivals(parameters):
        return _ARRIVALS
    if is_of_salon_day(parameters):
        return _SALON_DAY
    if is_of_review(parameters):
        return _REVIEW
    return _APPOINTMENT if is_of_appointment(parameters) else _BOOKING
