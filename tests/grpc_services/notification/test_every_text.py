"""Every message in every language by every channel: whole, and with nothing left of its template."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contracts.auth.v1 import auth_pb2
from grpc_services.notification import texts
from grpc_services.notification.catalogue import MESSAGES, TYPES, Channel
from grpc_services.notification.wording import UNSUBSCRIBING, WORDS
from tests.grpc_services.notification.test_mails import EUROS, Reader, parameters

_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{\w*\}|\bNone\b|undefined")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_APPOINTMENT = {
    "appointment_id": "01900000-0000-7000-8000-000000000001",
    "reference": "AP-7Q2F9K",
    "salon_name": "Coupe & Co",
    "client_name": "Mina Harker",
    "starts_at": "2027-05-14T08:30:00+00:00",
    "before": "2027-05-13T08:30:00+00:00",
    "deadline": "2027-05-01T14:05:00+00:00",
    "time_zone": "Europe/Paris",
    "services": ["Cut", "Colour"],
    "masters": ["Amélie"],
    "total": EUROS,
    "to_confirm": False,
    "amount": EUROS,
    "disputed": EUROS,
}
_REVIEW = {
    "review_id": "01900000-0000-7000-8000-000000000002",
    "subject_name": "Hôtel Étoile",
    "author_name": "Mina H.",
    "overall": 4,
    "title": "Near the sea",
    "visited_on": "2027-05-17",
    "reply": "Thank you!",
}
ARRIVAL = {
    "reference": "INK-7Q2F9K",
    "guest_name": "Mina Harker",
    "check_out": "2027-05-17",
    "room_names": ["Double", "Double"],
    "doors": ["101", "102"],
    "arrival_time": "15:30",
    "due": EUROS,
    "requests": "High floor.",
}


def arrivals(number: int, *, more: bool = False) -> dict[str, Any]:
    return {
        "hotel_id": "01900000-0000-7000-8000-000000000003",
        "hotel_name": "Hôtel Étoile",
        "day": "2027-05-14",
        "more": more,
        "arrivals": [ARRIVAL] * number,
    }


def salon_day(number: int, *, more: bool = False) -> dict[str, Any]:
    client = {
        "client_name": "Mina Harker",
        "starts_at": "2027-05-14T08:30:00+00:00",
        "reference": "AP-7Q2F9K",
        "services": ["Cut", "Colour"],
        "masters": ["Amélie"],
    }
    return {
        "salon_name": "Coupe & Co",
        "day": "2027-05-14",
        "time_zone": "Europe/Paris",
        "more": more,
        "clients": [client] * number,
    }


def facts_of(template: str) -> dict[str, Any]:
    if template == "email_undeliverable":
        return {}
    if template == "webhook_disabled":
        return {"webhook_host": "desk.example", "webhook_reason": "GONE"}
    if template == "arrivals":
        return arrivals(2, more=True)
    if template == "salon_day":
        return salon_day(2, more=True)
    if "review" in template and not template.endswith("review_request"):
        return _REVIEW
    if "appointment" in template:
        return _APPOINTMENT
    return parameters(check_in_time="15:00", address="1 rue de la Paix, 75002 Paris", amount=EUROS, disputed=EUROS)


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("locale", sorted(WORDS))
@pytest.mark.parametrize("template", sorted(MESSAGES))
def test_every_message_is_whole(template: str, locale: str, channel: Channel) -> None:
    facts = facts_of(template)
    shown = texts.short_text(template, facts, locale)
    said = [shown.title, shown.body]
    if channel is Channel.EMAIL:
        if channel not in MESSAGES[template].channels:
            return
        contact = auth_pb2.Contact(email="jo@example.org", name="Jo", locale=locale)
        address = "" if MESSAGES[template].required else "https://innkeeper.example/unsubscribe/x"
        written = texts.email(template, facts, contact, url="https://innkeeper.example", unsubscribe_url=address)
        assert written.subject == shown.title
        assert Reader(written.html).fetched == []
        assert Reader(written.html).language == locale
        said += [written.subject, written.text, Reader(written.html).visible]
        assert all(line in written.text for line in Reader(written.html).words[2:])
    for text in said:
        assert text
        assert not _LEFT_OVER.search(text), text
        assert "  " not in text.replace("\n", "")
    assert (locale == "ru") == bool(_CYRILLIC.search(shown.body))


@pytest.mark.parametrize("locale", sorted(WORDS))
def test_whatever_can_be_switched_off_has_words_for_it(locale: str) -> None:
    optional = {name for name, message in TYPES.items() if not message.required}
    assert set(UNSUBSCRIBING[locale].types) == optional


@pytest.mark.parametrize(
    ("number", "locale", "title"),
    [
        (1, "en", "1 arrival today at Hôtel Étoile"),
        (2, "en", "2 arrivals today at Hôtel Étoile"),
        (1, "fr", "1 arrivée aujourd’hui à Hôtel Étoile"),
        (1, "ru", "Сегодня 1 заезд в Hôtel Étoile"),
        (3, "ru", "Сегодня 3 заезда в Hôtel Étoile"),
        (5, "ru", "Сегодня 5 заездов в Hôtel Étoile"),
        (11, "ru", "Сегодня 11 заездов в Hôtel Étoile"),
        (21, "ru", "Сегодня 21 заезд в Hôtel Étoile"),
    ],
)
def test_arrivals_are_counted_as_each_language_counts(number: int, locale: str, title: str) -> None:
    shown = texts.short_text("arrivals", arrivals(number), locale)
    assert shown.title.replace("\N{NO-BREAK SPACE}", " ") == title


def test_a_list_of_arrivals_tells_what_the_desk_must_know() -> None:
    contact = auth_pb2.Contact(email="jo@example.org", name="Henri", locale="en")
    written = texts.email("arrivals", arrivals(1), contact, url="https://innkeeper.example", unsubscribe_url="")
    line = (
        "Mina Harker: 2 × Double · room 101, 102 · 3 nights · arrives about 3:30\N{NARROW NO-BREAK SPACE}PM · "
        "€1,234.56 to be paid · INK-7Q2F9K · “High floor.”"
    )
    assert line in written.text
