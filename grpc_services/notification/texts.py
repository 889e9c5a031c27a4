"""From a template name and its parameters to a text in somebody's language."""

from __future__ import annotations

import datetime as dt
import re
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
from grpc_services.notification.review_texts import REVIEW_WORDS, is_of_review, review_facts, review_rows
from grpc_services.notification.rules import FOR_HOTELIERS, WITH_CALENDAR
from grpc_services.notification.webhook_texts import is_of_webhook, webhook_facts
from grpc_services.notification.wording import DEFAULT_LOCALE, WORDS
from runtime.money_format import formatted_money

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
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


def short_text(template: str, parameters: Mapping[str, Any], locale: str) -> ShortText:
    locale = _spoken(locale)
    message = _message(template, locale)
    facts = _facts_of(parameters, locale)
    return ShortText(_block(message, "title", facts), _block(message, "body", facts))


def email(
    template: str,
    parameters: Mapping[str, Any],
    contact: auth_pb2.Contact,
    *,
    url: str,
    message_id: str,
    request_id: str,
    booking_id: str,
    kind: str,
) -> notification_pb2.EmailMessage:
    """The whole mail to one person, as text and as HTML that says the same."""
    locale = _spoken(contact.locale)
    message = _message(template, locale)
    facts = _facts_of(parameters, locale)
    words = WORDS[locale]
    about = _about(parameters)
    title = _block(message, "title", facts)
    parts = {
        "locale": locale,
        "title": title,
        "greeting": words.greeting.format(name=contact.name),
        "paragraphs": [_block(message, "body", facts), _block(message, "next", facts)],
        "rows": about.rows(template, facts, locale),
        "button": _block(message, "button", facts),
        "url": url,
        "colon": words.colon,
        "footer": about.footer(locale),
    }
    return notification_pb2.EmailMessage(
        to_address=contact.email,
        to_name=contact.name,
        subject=title,
        text=_TEMPLATES.get_template("mail.txt").render(parts),
        html=_TEMPLATES.get_template("mail.html").render(parts),
        message_id=message_id,
        request_id=request_id,
        locale=locale,
        booking_id=booking_id,
        with_calendar=template in WITH_CALENDAR,
        kind=kind,
        to_hotelier=template in FOR_HOTELIERS,
    )


def contact_of_booking(parameters: Mapping[str, Any]) -> auth_pb2.Contact:
    """A guest without an account; the booking alone knows the address."""
    return auth_pb2.Contact(name=parameters["guest_name"], locale=DEFAULT_LOCALE)


def _spoken(locale: str) -> str:
    return locale if locale in WORDS else DEFAULT_LOCALE


def _message(template: str, locale: str) -> Template:
    return _TEMPLATES.get_template(f"{locale}/{template}.txt")


def _block(message: Template, name: str, facts: Mapping[str, Any]) -> str:
    """One block of a message on one line; no-break spaces stay."""
    written = "".join(message.blocks[name](message.new_context(dict(facts))))
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
        "due": _money(parameters.get("due"), locale),
        "whole": parameters.get("whole", True),
        "reason": parameters.get("reason", ""),
        "before": _before(parameters, locale),
        "paid": _money(parameters.get("paid"), locale),
        "amount": _money(parameters.get("amount"), locale),
        "deadline": _moment(parameters.get("deadline"), parameters.get("time_zone", ""), locale),
    }


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
    to_hotelier = template in FOR_HOTELIERS
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


def _about(parameters: Mapping[str, Any]) -> _About:
    if is_of_webhook(parameters):
        return _WEBHOOK
    if is_of_review(parameters):
        return _REVIEW
    return _APPOINTMENT if is_of_appointment(parameters) else _BOOKING
