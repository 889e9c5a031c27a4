"""The imitation of a card network: known test cards, and what makes a card form valid.

The number and the security code never leave this module and the form that carries them.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from dataclasses import dataclass

from grpc_services.payment.faults import CallFault, WebhookFault

_SEPARATORS = re.compile(r"[ \-]")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/\-.]\s*(\d{2}|\d{4})|(\d{2})(\d{2})", re.ASCII)


class Verdict(enum.Enum):
    """What the bank answers when a card is tried."""

    APPROVED = enum.auto()
    DECLINED = enum.auto()
    NEEDS_CONFIRMATION = enum.auto()
    APPROVED_LATE = enum.auto()
    NO_ANSWER = enum.auto()


class RefundCourse(enum.Enum):
    """What becomes of money given back to a card."""

    AT_ONCE = enum.auto()
    LATER = enum.auto()
    FAILS = enum.auto()
    COMES_BACK = enum.auto()


@dataclass(frozen=True, slots=True)
class TestCard:
    """`failure_code` tells why the bank declines, at once or after the guest has confirmed."""

    __test__ = False  # the name begins with Test, and pytest would collect it

    number: str
    verdict: Verdict
    explanation: str
    brand: str = "Visa"
    failure_code: str = ""
    refunds: RefundCourse = RefundCourse.AT_ONCE
    is_disputed: bool = False
    webhook_fault: WebhookFault = WebhookFault.NONE
    page_fault: CallFault = CallFault.NONE

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def grouped(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


TEST_CARDS = (
    TestCard("4242424242424242", Verdict.APPROVED, "is paid at once"),
    TestCard("5555555555554444", Verdict.APPROVED, "is paid at once", brand="Mastercard"),
    TestCard("4000000000000002", Verdict.DECLINED, "is declined", failure_code="CARD_DECLINED"),
    TestCard("4000000000009995", Verdict.DECLINED, "has too little money", failure_code="INSUFFICIENT_FUNDS"),
    TestCard("4000000000009987", Verdict.DECLINED, "was reported lost", failure_code="LOST_CARD"),
    TestCard("4000000000000069", Verdict.DECLINED, "has expired, its bank says", failure_code="EXPIRED_CARD"),
    TestCard("4000000000000127", Verdict.DECLINED, "has another security code", failure_code="WRONG_SECURITY_CODE"),
    TestCard("4000000000003220", Verdict.NEEDS_CONFIRMATION, "asks you to confirm with your bank"),
    TestCard(
        "4000008400001629",
        Verdict.NEEDS_CONFIRMATION,
        "asks you to confirm, and is then declined",
        failure_code="CARD_DECLINED",
    ),
    TestCard("4000000000006017", Verdict.NO_ANSWER, "gets no answer from its bank, and fails a few seconds later"),
    TestCard("4000000000000259", Verdict.APPROVED_LATE, "is approved at once and paid a few seconds later"),
    TestCard(
        "4000000000007726",
        Verdict.APPROVED,
        "is paid at once; refunds take a few seconds",
        refunds=RefundCourse.LATER,
    ),
    TestCard(
        "4000000000005126",
        Verdict.APPROVED,
        "is paid at once; refunds fail a few seconds later",
        refunds=RefundCourse.FAILS,
    ),
    TestCard(
        "4000000000006025",
        Verdict.APPROVED,
        "is paid at once; refunds succeed and come back a few seconds later",
        refunds=RefundCourse.COMES_BACK,
    ),
    TestCard(
        "4000000000002685",
        Verdict.APPROVED,
        "is paid at once and disputed a few seconds later",
        is_disputed=True,
    ),
    TestCard(
        "4000000000008013",
        Verdict.APPROVED,
        "is paid at once; the hotel is told twice",
        webhook_fault=WebhookFault.DUPLICATE,
    ),
    TestCard(
        "4000000000008021",
        Verdict.APPROVED,
        "is paid at once; the hotel is told in the wrong order",
        webhook_fault=WebhookFault.REORDER,
    ),
    TestCard(
        "4000000000008039",
        Verdict.APPROVED,
        "is paid at once; the hotel is told a minute later",
        webhook_fault=WebhookFault.DELAY,
    ),
    TestCard(
        "4000000000008047",
        Verdict.APPROVED,
        "is paid at once; the hotel is never told",
        webhook_fault=WebhookFault.LOSE,
    ),
    TestCard(
        "4000000000008054",
        Verdict.APPROVED,
        "is paid at once; the first message to the hotel is broken",
        webhook_fault=WebhookFault.CORRUPT,
    ),
    TestCard(
        "4000000000008062",
        Verdict.APPROVED,
        "is paid at once, and this page fails",
        page_fault=CallFault.FAIL_AFTER,
    ),
    TestCard(
        "4000000000008070",
        Verdict.APPROVED,
        "is paid at once, and this page hangs for a while",
        page_fault=CallFault.HANG,
    ),
)
_BY_NUMBER = {card.number: card for card in TEST_CARDS}
_BY_LAST4 = {card.last4: card for card in TEST_CARDS}


class CardFault(Exception):
    """What is wrong with one field; the message is for the person who typed it."""


def read_card(number: str) -> TestCard:
    digits = _SEPARATORS.sub("", number)
    if not digits:
        raise CardFault("Enter the card number.")
    if not _are_digits(digits) or not 12 <= len(digits) <= 19:
        raise CardFault("A card number has 12 to 19 digits.")
    if not passes_luhn(digits):
        raise CardFault("This card number is not valid. Check for a mistyped digit.")
    card = _BY_NUMBER.get(digits)
    if card is None:
        raise CardFault("This is a test system that takes no real cards. Use one of the test cards listed below.")
    return card


def card_ending_in(last4: str) -> TestCard | None:
    """No two test cards end alike, so what is stored of a card tells which it was."""
    return _BY_LAST4.get(last4)


def check_expiry(expiry: str, today: dt.date) -> None:
    """A card is good to the end of its month."""
    if not expiry.strip():
        raise CardFault("Enter the expiry date.")
    match = _EXPIRY.fullmatch(expiry.strip())
    if not match:
        raise CardFault("Enter the expiry date as month and year, for example 04/30.")
    month = int(match[1] or match[3])
    year = int(match[2] or match[4])
    if not 1 <= month <= 12:
        raise CardFault("The month is a number from 01 to 12.")
    year += 2000 if year < 100 else 0
    if (year, month) < (today.year, today.month):
        raise CardFault("This card has expired.")
    if year > today.year + 20:
        raise CardFault("This expiry date is too far in the future.")


def check_security_code(code: str) -> None:
    if not code.strip():
        raise CardFault("Enter the security code.")
    if not _are_digits(code.strip()) or len(code.strip()) not in (3, 4):
        raise CardFault("The security code has 3 or 4 digits.")


def check_holder(name: str) -> None:
    if not name.strip():
        raise CardFault("Enter the name on the card.")
    if len(name) > 100:
        raise CardFault("The name has at most 100 characters.")


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: double every second digit from the right and sum up."""
    total = 0
    for index, character in enumerate(reversed(digits)):
        digit = int(character)
        if index % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
