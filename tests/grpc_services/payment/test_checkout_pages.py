"""The pages themselves: what they show, refuse, escape and forbid."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from contracts.money.v1 import money_pb2
from grpc_services.payment.checkout_words import Words
from grpc_services.payment.pages import with_payment_done
from tests.grpc_services.payment.house import CONFIRM, DECLINED, GOOD, RETURN_ORIGIN, House


class Reading(HTMLParser):
    """What a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def by_id(self, identifier: str) -> dict[str, str | None]:
        return next(attributes for _, attributes in self.tags if attributes.get("id") == identifier)


async def test_the_form_shows_who_asks_for_what(house: House) -> None:
    page = await house.guest(await house.create()).look()
    for words in ("Innkeeper", "€240.50", "INN-7F3K2Q", "Two nights at Hôtel du Parc", "2 minutes left"):
        assert words in page.text
    for test_card in ("4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 3220", "4000 0000 0000 0259"):
        assert test_card in page.text


async def test_every_page_has_one_heading_a_language_and_labels(house: House) -> None:
    open_one = await house.create()
    waiting, voided = await house.create(), await house.create()
    await house.guest(waiting).pay(CONFIRM)
    await house.void(voided)
    for payment in (open_one, waiting, voided, await house.paid()):
        reading = Reading((await house.guest(payment).look()).text)
        assert len(reading.all("h1")) == 1
        assert reading.all("html")[0]["lang"] == "en"
        assert len(reading.all("main")) == 1
        assert not reading.all("script")
        labelled = {label["for"] for label in reading.all("label")}
        typed = {field["id"] for field in reading.all("input") if field.get("type") != "hidden"}
        assert typed <= labelled


async def test_faults_are_named_at_their_fields_and_in_a_summary(house: House) -> None:
    payment = await house.create()
    before = await house.ledger()
    guest = house.guest(payment)
    await guest.look()
    answer = await guest.send_card("4242424242424241", expiry="01/20", cvc="1", holder="  ")
    assert answer.status_code == 422
    assert "Please check 4 fields" in answer.text
    assert "<title>Error: Pay" in answer.text
    reading = Reading(answer.text)
    linked = {link["href"] for link in reading.all("a")}
    for name in ("number", "expiry", "cvc", "holder"):
        field = reading.by_id(name)
        assert field["aria-invalid"] == "true"
        described = (field["aria-describedby"] or "").split()
        assert f"{name}-fault" in described
        assert all(reading.by_id(identifier) for identifier in described)
        assert f"#{name}" in linked
    assert await house.ledger() == before


async def test_what_was_typed_is_kept_but_never_number_or_code(house: House) -> None:
    guest = house.guest(await house.create())
    await guest.look()
    answer = await guest.send_card("4012888888881881", cvc="9876", expiry="11/39", holder='Ada "x" <b>')
    assert answer.status_code == 422
    assert "Please check one field" in answer.text
    reading = Reading(answer.text)
    assert reading.by_id("expiry")["value"] == "11/39"
    assert reading.by_id("holder")["value"] == 'Ada "x" <b>'
    assert not reading.by_id("number")["value"]
    assert not reading.by_id("cvc")["value"]
    assert "4012888888881881" not in answer.text
    assert "9876" not in answer.text
    guest.page = answer
    assert (await guest.send_card(GOOD)).status_code == 303


async def test_markup_in_a_description_is_shown_as_text(house: House) -> None:
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
    payment = await house.create(description=attack, booking_reference="<i>")
    for page in (await house.guest(payment).look(), await house.guest(payment).pay(GOOD)):
        reading = Reading(page.text)
        assert not reading.all("script")
        assert not reading.all("img")
        assert not reading.all("i")
        assert "&lt;script&gt;alert(1)" in page.text
        assert "{{7*7}}" in page.text


async def test_who_comes_back_to_a_payment_that_was_given_back_is_told_so_and_not_sent_away(house: House) -> None:
    payment = await house.paid(locale="fr")
    part = await house.refund(payment, 50)
    assert part.amount.minor_units == 50
    page = (await house.guest(payment).look()).text
    assert "Payé. Merci !" in page
    assert 'http-equiv="refresh"' in page
    await house.refund(payment, payment.amount.minor_units - 50)
    page = (await house.guest(payment).look()).text
    assert "L’argent vous est rendu" in page
    assert "Payé. Merci !" not in page
    assert 'http-equiv="refresh"' not in page
    assert f'href="{payment.return_url}"' in page


async def test_a_decline_names_the_card_first_and_is_where_the_reader_is_put(house: House) -> None:
    guest = house.guest(await house.create())
    page = (await guest.pay(DECLINED)).text
    assert "Visa ending in 0002. Your bank declined the card. Nothing was charged." in page
    assert re.search(r'<div class="problem" role="alert"[^>]* autofocus>', page)


async def test_a_quote_in_the_return_address_stays_inside_its_attribute(house: House) -> None:
    url = f'{RETURN_ORIGIN}/a"onclick="x'
    page = await house.guest(await house.create(return_url=url)).pay(GOOD)
    links = [link for link in Reading(page.text).all("a") if str(link.get("href")).startswith(RETURN_ORIGIN)]
    assert len(links) == 1
    assert "onclick" not in links[0]


async def test_every_answer_forbids_caching_framing_and_loading(house: House) -> None:
    payment = await house.create()
    answers = [
        await house.browser.get(payment.checkout_url),
        await house.browser.post(payment.checkout_url, data={}),
        await house.browser.get(payment.checkout_url + "x"),
        await house.browser.get(house.settings.public_url + "nothing"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy
        assert " style=" not in answer.text
        assert not re.search(r"""(?:src|href)=["']?https?://(?!hotel\.example)""", answer.text)


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00" * 43, "..%2f..%2fetc", "A" * 5000])
async def test_a_wrong_token_opens_nothing(house: House, token: str) -> None:
    before = await house.ledger()
    address = f"{house.settings.public_url}checkout/{token}"
    form = {"nonce": "n" * 22, "number": GOOD, "expiry": "12/40", "cvc": "123", "holder": "A"}
    for answer in (await house.browser.get(address), await house.browser.post(address, data=form)):
        assert answer.status_code == 404
        assert "This page does not exist" in answer.text
    assert await house.ledger() == before


async def test_the_payment_id_opens_nothing(house: House) -> None:
    payment = await house.create()
    assert (await house.browser.get(f"{house.settings.public_url}checkout/{payment.id}")).status_code == 404


async def test_a_request_that_is_no_form_is_refused_and_changes_nothing(house: House) -> None:
    payment = await house.create()
    waiting = await house.create()
    await house.guest(waiting).pay(CONFIRM)
    before = await house.ledger()

    async def post(address: str, status: int, **how: object) -> httpx.Response:
        answer = await house.browser.post(address, **how)  # type: ignore[arg-type]
        assert answer.status_code == status
        assert "Nothing was charged" in answer.text
        return answer

    await post(payment.checkout_url, 400, json={"number": GOOD})
    await post(payment.checkout_url, 400, data={"number": GOOD})
    await post(payment.checkout_url, 413, data={"nonce": "n" * 10_000})
    await post(payment.checkout_url, 400, files={"nonce": b"n" * 22})
    for form in ({}, {"answer": "approve"}, {"answer": "approve", "attempt": "1"}, {"answer": "maybe"}):
        await post(f"{waiting.checkout_url}/confirmation", 400, data=form)
    await post(house.settings.public_url + "health/live", 405)
    assert await house.ledger() == before


async def test_it_says_that_it_lives(house: House) -> None:
    answer = await house.browser.get(house.settings.public_url + "health/live")
    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize(
    ("minor_units", "currency", "text"),
    [(124_000, "EUR", "€1,240.00"), (1240, "JPY", "JP¥1,240"), (1, "USD", "US$0.01"), (12_345, "KWD", "KWD\xa012.345")],
)
async def test_amounts_follow_their_currency(house: House, minor_units: int, currency: str, text: str) -> None:
    assert Words("").amount(minor_units, currency) == text
    amount = money_pb2.Money(minor_units=minor_units, currency=currency)
    assert text in (await house.guest(await house.create(amount=amount)).look()).text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", ""),
        ("https://a.example", "https://a.example?payment=done"),
        ("https://a.example/b?c=&d=%20#e", "https://a.example/b?c=&d=+&payment=done#e"),
    ],
)
def test_the_merchants_page_is_told_and_keeps_its_query(url: str, told: str) -> None:
    assert with_payment_done(url) == told
