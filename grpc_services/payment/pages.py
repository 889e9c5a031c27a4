"""The hosted pages as HTML. They need no script, load nothing, and look the same in every state of a payment."""

from __future__ import annotations

import base64
import enum
import hashlib
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grpc_services.payment.card_form import CardForm
from grpc_services.payment.cards import TEST_CARDS
from grpc_services.payment.checkout import CheckoutView
from grpc_services.payment.checkout_words import DEFAULT_LANGUAGE, Words
from grpc_services.payment.rules import AttemptState, PaymentState, time_is_over

MERCHANT = "Innkeeper"
BACK_AFTER_SECONDS = 5
LOOK_AGAIN_SECONDS = 2

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "checkout.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(
    merchant=MERCHANT,
    style=Markup(_STYLE),  # noqa: S704  # a file of ours, never input
    back_after_seconds=BACK_AFTER_SECONDS,
    look_again=LOOK_AGAIN_SECONDS,
)


class Page(enum.StrEnum):
    """Which template tells where a payment stands."""

    CARD = "card.html"
    CONFIRMATION = "confirmation.html"
    WAITING = "waiting.html"
    PROCESSING = "processing.html"
    PAID = "paid.html"
    FAILED = "failed.html"
    VOIDED = "voided.html"
    TIME_OVER = "time_over.html"


_PAGES = {
    PaymentState.CREATED: Page.CARD,
    PaymentState.ACTION_REQUIRED: Page.CONFIRMATION,
    PaymentState.AUTHORIZED: Page.PROCESSING,
    PaymentState.CAPTURED: Page.PAID,
    PaymentState.FAILED: Page.FAILED,
    PaymentState.VOIDED: Page.VOIDED,
    PaymentState.DISPUTED: Page.PAID,
}
_FIELDS = {"number": "Card number", "expiry": "Expiry date", "cvc": "Security code", "holder": "Name on card"}
DECLINED = "Your bank declined the card."
_DECLINED = {
    "INSUFFICIENT_FUNDS": "There is not enough money on the card.",
    "EXPIRED_CARD": "Your bank says that the card has expired.",
    "WRONG_SECURITY_CODE": "Your bank says that the security code is another one.",
    "BANK_DID_NOT_ANSWER": "Your bank did not answer in time.",
    "CONFIRMATION_REFUSED": "The payment was not confirmed with the bank.",
}


def page_for(view: CheckoutView) -> Page:
    if view.payment.state is PaymentState.CREATED and view.attempt_state == AttemptState.PROCESSING:
        return Page.WAITING
    return Page.TIME_OVER if time_is_over(view.payment, view.now) else _PAGES[view.payment.state]


def payment_page(view: CheckoutView, form: CardForm) -> str:
    """In the language of the payment."""
    payment, words = view.payment, Words(view.payment.locale)
    return _environment.get_template(page_for(view).value).render(
        payment=payment,
        _=words,
        lang=words.language,
        amount=words.amount(payment.amount_minor_units, payment.currency),
        refunded=words.amount(payment.refunded_minor_units, payment.currency) if payment.refunded_minor_units else "",
        whole_refunded=0 < payment.captured_minor_units == payment.refunded_minor_units,
        deadline=words.moment(payment.expires_at),
        deadline_iso=payment.expires_at.isoformat(timespec="seconds"),
        time_left=words.time_left(payment.expires_at - view.now),
        token=payment.checkout_token,
        attempt_id=view.attempt_id,
        card=words("%(brand)s ending in %(last4)s", brand=view.card_brand, last4=view.card_last4)
        if view.card_last4
        else "",
        decline=_DECLINED.get(view.attempt_code, DECLINED),
        form=form,
        fields=_FIELDS,
        test_cards=TEST_CARDS,
        paid_url=with_payment_done(payment.return_url),
    )


def notice_page(title: str, text: str) -> str:
    """A page that knows of no payment."""
    return _environment.get_template("notice.html").render(title=title, text=text, lang=DEFAULT_LANGUAGE, _=Words(""))


def with_payment_done(return_url: str) -> str:
    """The merchant's page, told that the guest has paid; the truth reaches the merchant by webhook."""
    if not return_url:
        return ""
    parts = urlsplit(return_url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("payment", "done")]
    return urlunsplit(parts._replace(query=urlencode(query)))
