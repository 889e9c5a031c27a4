"""The custom scalars of the public schema."""

from __future__ import annotations

import re
from typing import Any, NewType

import strawberry
from email_validator import EmailNotValidError, validate_email
from strawberry.types.scalar import ScalarDefinition

from runtime.money_format import CURRENCIES

BigInt = NewType("BigInt", int)
CurrencyCode = NewType("CurrencyCode", str)
CountryCode = NewType("CountryCode", str)
EmailAddress = NewType("EmailAddress", str)
IdempotencyKey = NewType("IdempotencyKey", str)


def _parse_big_int(value: Any) -> int:
    """Whole numbers, also as text for clients whose numbers are not whole beyond 2^53."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"-?[0-9]{1,19}", str(value)):
        raise ValueError("a BigInt is a whole number")
    if not -(2**63) <= int(value) < 2**63:
        raise ValueError("a BigInt has at most 64 bits")
    return int(value)


def _parse_currency(value: Any) -> str:
    if not isinstance(value, str) or value not in CURRENCIES:
        raise ValueError("a CurrencyCode is three capital letters of ISO 4217")
    return value


def _parse_country(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError("a CountryCode is two capital letters of ISO 3166-1")
    return value


def _parse_email(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("an EmailAddress is text")  # graphql-core reports ValueError to the client
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError("this is not an e-mail address") from None


def _parse_idempotency_key(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 255:
        raise ValueError("an IdempotencyKey has 1 to 255 characters")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number that may be larger than 32 bits.",
        serialize=int,
        parse_value=_parse_big_int,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode", description="ISO 4217, such as EUR.", serialize=str, parse_value=_parse_currency
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode", description="ISO 3166-1 alpha-2, such as FR.", serialize=str, parse_value=_parse_country
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress", description="An e-mail address.", serialize=str, parse_value=_parse_email
    ),
    IdempotencyKey: strawberry.scalar(
        name="IdempotencyKey",
        description=(
            "1 to 255 characters that the client chooses anew for every intention. The same key with the same "
            "input gives the same answer for 24 hours; with other input, IdempotencyConflict."
        ),
        serialize=str,
        parse_value=_parse_idempotency_key,
    ),
}
