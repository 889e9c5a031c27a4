"""Each mail in each language, by what a reader sees of it."""

from __future__ import annotations

import datetime as dt
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest

from contracts.auth.v1 import auth_pb2
from contracts.notification.v1 import notification_pb2
from grpc_services.notification import formats, texts
from grpc_services.notification.rules import message_id
from runtime.money_format import formatted_money

MAILED = (
    *("booking_confirmed", "booking_payment_failed", "booking_expired", "booking_refunded", "booking_cancelled"),
    *("booking_cancelled_by_hotel", "booking_modified", "booking_checked_out", "booking_no_show"),
    *("booking_reinstated", "booking_offered", "new_booking", "changed_booking", "cancelled_booking"),
    *("disputed_booking", "won_booking_dispute", "lost_booking_dispute", "failed_booking_refund"),
)
EUROS = {"minor_units": 123456, "currency": "EUR"}
NNBSP = "\N{NARROW NO-BREAK SPACE}"
NBSP = "\N{NO-BREAK SPACE}"


class Reader(HTMLParser):
    """What a mail program shows: the text, the language, and where its links and pictures come from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.language = ""
        self._hidden = False
        self.feed(html)

    @property
    def visible(self) -> str:
        return "\n".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._hidden = tag in ("title", "style")
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.fetched += [value or "" for name, value in attrs if name in ("src", "background", "srcset")]
        if tag in ("link", "script", "img"):
            self.fetched.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.words.append(data.strip())


def parameters(**changes: Any) -> dict[str, Any]:
    return {
        "reference": "INK-7Q2F9K",
        "hotel_name": "Hôtel Étoile",
        "guest_name": "Mina Harker",
        "time_zone": "Europe/Paris",
        "check_in": "2027-05-14",
        "check_out": "2027-05-19",
        "room_names": ["Double", "Double", "Suite"],
        "total": {"minor_units": 123456, "currency": "EUR"},
        "paid": None,
        "amount": None,
        "deadline": "2027-05-01T14:05:00+00:00",
        **changes,
    }


def mail(
    template: str, locale: str, name: str = "Jo", facts: dict[str, Any] | None = None
) -> notification_pb2.EmailMessage:
    return texts.email(
        template,
        facts or parameters(),
        auth_pb2.Contact(account_id=str(uuid.uuid4()), email="jo@example.org", name=name, locale=locale),
        url="https://innkeeper.example",
        unsubscribe_url="",
    )


@pytest.mark.parametrize("locale", ["en", "fr", "ru"])
@pytest.mark.parametrize("template", MAILED)
def test_every_mail_is_whole_in_every_language(template: str, locale: str) -> None:
    written = mail(template, locale, facts=parameters(amount=EUROS, disputed=EUROS))
    seen = Reader(written.html)
    assert seen.language == written.locale == locale
    assert seen.links == ["https://innkeeper.example"]
    assert seen.fetched == []
    assert "INK-7Q2F9K" in written.subject
    assert written.subject in seen.visible
    for line in seen.words[2:]:
        assert line in written.text
    assert "{{" not in written.html + written.text + written.subject
    assert "None" not in written.text


def test_a_confirmation_in_english() -> None:
    written = mail("booking_confirmed", "en")
    assert written.subject == "Your booking INK-7Q2F9K is confirmed"
    assert Reader(written.html).words[1:] == [
        "Your booking INK-7Q2F9K is confirmed",
        "Hello Jo,",
        "Your stay at Hôtel Étoile is confirmed: 5 nights, from Friday, May 14, 2027 to Wednesday, May 19, 2027.",
        "There is nothing more to do. Please give the booking reference when you arrive.",
        *("Booking reference", "INK-7Q2F9K"),
        *("Hotel", "Hôtel Étoile"),
        *("Check-in", "Friday, May 14, 2027"),
        *("Check-out", "Wednesday, May 19, 2027"),
        *("Rooms", "2 × Double, Suite"),
        *("Total", "€1,234.56"),
        "See your booking",
        "Innkeeper sends you this message because of a booking. Replies to it are not read.",
    ]


def test_a_confirmation_in_french() -> None:
    written = mail("booking_confirmed", "fr")
    assert written.subject == "Votre réservation INK-7Q2F9K est confirmée"
    seen = Reader(written.html).words
    assert (
        f"Votre séjour à Hôtel Étoile est confirmé{NBSP}: 5 nuits, du vendredi 14 mai 2027 au mercredi 19 mai 2027."
        in seen
    )
    assert f"1{NNBSP}234,56{NBSP}€" in seen
    assert f"Arrivée{NBSP}: vendredi 14 mai 2027" in written.text


def test_a_confirmation_in_russian() -> None:
    written = mail("booking_confirmed", "ru")
    assert written.subject == "Ваше бронирование INK-7Q2F9K подтверждено"
    seen = Reader(written.html).words
    assert "Здравствуйте, Jo!" in seen
    assert "пятница, 14 мая 2027" in Reader(written.html).visible
    assert "всего 5 ночей." in Reader(written.html).visible
    assert f"1{NBSP}234,56{NBSP}€" in seen


def test_a_hotelier_reads_who_comes() -> None:
    written = mail("new_booking", "fr", name="Henri")
    assert written.subject == "Nouvelle réservation INK-7Q2F9K"
    assert "Mina Harker a réservé 5 nuits à Hôtel Étoile" in Reader(written.html).visible


def test_an_apology_names_the_amount_that_goes_back() -> None:
    refund = parameters(amount={"minor_units": 1234567, "currency": "KWD"})
    assert f"KWD{NBSP}1,234.567" in mail("booking_refunded", "en", facts=refund).subject
    assert "We are sorry" in mail("booking_refunded", "en", facts=refund).text
    other = mail("booking_refunded", "en", facts={**refund, "late": False})
    assert "We are sorry" not in other.text
    assert "1,234.567 of your payment" in " ".join(other.text.split())


def test_a_cancellation_tells_what_it_costs_and_what_goes_back() -> None:
    charged = parameters(whole=True, penalty=EUROS, amount={"minor_units": 5000, "currency": "EUR"})
    written = mail("booking_cancelled", "en", facts=charged)
    assert written.subject == "Booking INK-7Q2F9K is cancelled"
    assert "By the policy of your booking this costs €1,234.56." in written.text
    assert "We are refunding €50.00." in written.text
    assert "Cancellation charge: €1,234.56" in written.text
    free = mail("booking_cancelled", "en", facts=parameters(whole=True)).text
    assert "This costs you nothing." in free
    assert "There is nothing more to do." in free
    some = mail("booking_cancelled", "fr", facts=parameters(whole=False)).text
    assert "Les autres sont maintenues." in some


def test_a_house_that_cancels_apologises_and_tells_why() -> None:
    written = mail("booking_cancelled_by_hotel", "en", facts=parameters(whole=True, reason="Burst pipe", amount=EUROS))
    assert "We are sorry: Hôtel Étoile had to cancel your stay" in written.text
    assert "Reason: Burst pipe" in written.text
    assert "We are refunding €1,234.56." in written.text


def test_a_change_shows_what_was_before() -> None:
    before = {"check_in_before": "2027-05-13", "check_out_before": "2027-05-19", "room_names_before": ["Double"]}
    facts = parameters(**before, total_before={"minor_units": 100, "currency": "EUR"}, due=EUROS)
    for template in ("booking_modified", "changed_booking"):
        shown = Reader(mail(template, "en", facts=facts).html).words
        assert "Thursday, May 13, 2027 → Friday, May 14, 2027" in shown
        assert "Wednesday, May 19, 2027" in shown
        assert "Double → 2 × Double, Suite" in shown
        assert "€1.00 → €1,234.56" in shown
    assert "€1,234.56 is still to be paid." in mail("booking_modified", "en", facts=facts).text


def test_an_offer_says_until_when_the_room_is_held() -> None:
    written = mail("booking_offered", "fr")
    assert written.subject.startswith(f"Une chambre est libre{NBSP}: Hôtel Étoile")
    assert "nous vous la gardons jusqu’au 1 mai 2027" in written.text
    assert "16:05" in written.text


def test_a_failed_payment_names_the_deadline_if_there_is_one() -> None:
    assert f"until May 1, 2027, 4:05{NNBSP}PM GMT+02:00" in mail("booking_payment_failed", "en").text
    without = mail("booking_payment_failed", "en", facts=parameters(deadline=None)).text
    assert "You may try again, with this card or another." in without


def test_names_cannot_write_markup_nor_subjects() -> None:
    nasty = parameters(hotel_name="<img src=x>{{ 7 * 7 }}", reference="A\r\nBcc: all@example.org")
    written = mail("booking_confirmed", "en", name="<script>x</script>{name}", facts=nasty)
    assert Reader(written.html).fetched == []
    assert "&lt;img src=x&gt;{{ 7 * 7 }}" in written.html
    assert "{name}" in written.text
    assert written.subject == "Your booking A Bcc: all@example.org is confirmed"


def test_an_unknown_locale_reads_english() -> None:
    assert mail("booking_confirmed", "de").locale == "en"


@pytest.mark.parametrize(
    ("minor_units", "currency", "locale", "written"),
    [
        (123456, "EUR", "en", "€1,234.56"),
        (1234, "JPY", "en", "¥1,234"),
        (1234, "JPY", "fr", f"1{NNBSP}234{NBSP}JPY"),
        (1234567, "KWD", "fr", f"1{NNBSP}234,567{NBSP}KWD"),
        (1234567, "BHD", "en", f"BHD{NBSP}1,234.567"),
        (99, "RUB", "ru", f"0,99{NBSP}₽"),
        (123456, "RSD", "en", f"RSD{NBSP}1,234.56"),
        (0, "USD", "en", "$0.00"),
    ],
)
def test_money_has_the_digits_of_its_currency(minor_units: int, currency: str, locale: str, written: str) -> None:
    assert formatted_money(minor_units, currency, locale) == written


def test_nights_are_counted_as_each_language_counts() -> None:
    assert [formats.nights(number, "ru") for number in (1, 2, 5, 21)] == ["1 ночь", "2 ночи", "5 ночей", "21 ночь"]
    assert formats.day(dt.date(2027, 2, 28), "ru").startswith("воскресенье, 28 февраля 2027")


def test_a_message_id_is_the_same_on_every_try_and_another_for_everybody() -> None:
    event, person = uuid.uuid4(), uuid.uuid4()
    first = message_id(event, person, "innkeeper.example")
    assert first == message_id(event, person, "innkeeper.example")
    assert len({first, message_id(event, uuid.uuid4(), "x"), message_id(uuid.uuid4(), person, "x")}) == 3
