"""The pages speak the language that the payment names."""

from __future__ import annotations

import re

import pytest

from grpc_services.payment import cards, pages
from grpc_services.payment.checkout_translations import FRENCH, RUSSIAN
from grpc_services.payment.checkout_words import Words
from tests.architecture.source_tree import ROOT, files_under
from tests.grpc_services.payment.house import CONFIRM, DECLINED, GOOD, House, payment_request, refused

CODE = ROOT / "grpc_services/payment"


def english_texts() -> set[str]:
    """Every text of the templates and what the form may say of a card."""
    called = re.compile(r'_\("([^"]+)"')
    templates = files_under("grpc_services/payment/templates", pattern="*.html")
    shown = {text for path in templates for text in called.findall(path.read_text())}
    faults = set(re.findall(r'CardFault\("([^"]+)"\)', (CODE / "cards.py").read_text()))
    python = (CODE / "checkout_words.py").read_text() + (CODE / "pages.py").read_text()
    words = set(re.findall(r'(?:self|words)\(\s*"([^"]+)"', python))
    labels = set(pages._FIELDS.values()) | set(pages._DECLINED.values()) | {pages.DECLINED}
    assert len(faults) > 10
    return shown | faults | words | labels


@pytest.mark.parametrize("known", [FRENCH, RUSSIAN], ids=["fr", "ru"])
def test_every_text_is_there_in_every_language_with_the_same_places_to_fill_in(known: dict[str, str]) -> None:
    assert set(known) == english_texts()
    for english, text in known.items():
        assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", english)), english


@pytest.mark.parametrize(
    ("locale", "language", "form", "declined", "bank", "paid"),
    [
        ("fr-FR", "fr", "Payer par carte", "Votre banque a refusé la carte.", "Approuver 240,50", "Payé. Merci !"),
        ("ru", "ru", "Оплата картой", "Банк отклонил карту.", "Подтвердить 240,50", "Оплачено. Спасибо!"),
        ("de", "en", "Pay by card", "Your bank declined the card.", "Approve €240.50", "Paid. Thank you!"),
    ],
)
async def test_a_guest_pays_in_their_language(
    house: House, locale: str, language: str, form: str, declined: str, bank: str, paid: str
) -> None:
    payment = await house.create(locale=locale)
    assert payment.locale == language
    guest = house.guest(payment)
    page = await guest.look()
    assert f'<html lang="{language}">' in page.text
    assert form in page.text
    fault = await guest.send_card("4242")
    assert Words(language)("A card number has 12 to 19 digits.") in fault.text
    assert declined in (await guest.pay(DECLINED)).text
    assert bank in (await guest.pay(CONFIRM)).text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
    assert Words(language)("The payment was not confirmed with the bank.") in (await guest.answer_bank("refuse")).text
    assert paid in (await guest.pay(GOOD)).text


@pytest.mark.parametrize("locale", ["français", "f", "fr_", "x" * 60, "fr\x00"])
async def test_what_is_no_language_tag_is_refused(house: House, locale: str) -> None:
    request = payment_request(locale=locale)
    refusal = await refused(house.call(house.stub.CreatePayment, request))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("locale",))


def test_every_test_card_stands_on_the_page_and_no_two_end_alike() -> None:
    assert len({card.last4 for card in cards.TEST_CARDS}) == len(cards.TEST_CARDS)
    assert all(cards.passes_luhn(card.number) for card in cards.TEST_CARDS)
