"""The imitation of a card network: known test cards, and what makes a card form valid.

The number and the security code never leave this module and the form that carries them.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[ \-]")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/\-.]\s*(\d{2}|\d{4})|(\d{2})(\d{2})", re.ASCII)


class Verdict(enum.Enum):
    APPROVED = enum.auto()
    DECLINED = enum.auto()
    NEEDS_CONFIRMATION = enum.auto()
    APPROVED_LATE = enum.auto()


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What may be stored of a card, and what its bank says."""

    brand: str
    last4: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TestCard:
    __test__ = False  # the name begins with Test, and pytest would collect it

    number: str
    brand: str
    verdict: Verdict
    explanation: str

    @property
    def grouped(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


TEST_CARDS = (
    TestCard("4242424242424242", "Visa", Verdict.APPROVED, "is paid at once"),
    TestCard("4000000000000002", "Visa", Verdict.DECLINED, "is declined"),
    TestCard("4000000000003220", "Visa", Verdict.NEEDS_CONFIRMATION, "asks you to confirm with your bank"),
    TestCard("4000000000000259", "Visa", Verdict.APPROVED_LATE, "is approved at once and paid a few seconds later"),
)
_BY_NUMBER = {card.number: card for card in TEST_CARDS}


class CardFault(Exception):
    """What is wrong with one field; the message is for the person who typed it."""


def read_card(number: str) -> CardFacts:
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
    return CardFacts(card.brand, digits[-4:], card.verdict)


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
