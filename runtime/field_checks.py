"""What written fields are held to everywhere. Each check answers the value in its normal form, or raises InvalidInput
with the path of the field as the public input calls it."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale
from email_validator import EmailNotValidError, validate_email

from runtime.errors import InvalidInput
from runtime.money_format import CURRENCIES

LONGEST_URL = 2000

Path = tuple[str, ...]
Values = dict[str, Any]

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ADDRESS_OF_PAGE = re.compile(r"https?://[^\s\\\"<>]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{3,28}[0-9]")
_ENGLISH = Locale("en")
# CLDR names some that are not countries of ISO 3166-1: unions, test regions, exceptional reservations.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})


def checked_line(value: str, path: Path, *, longest: int, required: bool = False) -> str:
    """One line without surrounding spaces."""
    line = value.strip()
    if required and not line:
        raise InvalidInput("This must not be empty.", path=path)
    if len(line) > longest:
        raise InvalidInput(f"This has at most {longest} characters.", path=path)
    if not all(map(_printable, line)):
        raise InvalidInput("This has characters that cannot be shown.", path=path)
    return line


def checked_text(value: str, path: Path, *, longest: int) -> str:
    """Several lines, each ended by a single line feed."""
    lines = value.strip().replace("\r\n", "\n").split("\n")
    text = "\n".join(line.rstrip() for line in lines)
    if len(text) > longest:
        raise InvalidInput(f"This has at most {longest} characters.", path=path)
    if not all(map(_printable, "".join(lines))):
        raise InvalidInput("This has characters that cannot be shown.", path=path)
    return text


def checked_number(value: int, path: Path, *, least: int, most: int) -> int:
    if not least <= value <= most:
        raise InvalidInput(f"This is a number from {least} to {most}.", path=path)
    return value


def check_count(values: Sequence[object], path: Path, *, most: int, least: int = 0) -> None:
    if len(values) > most:
        raise InvalidInput(f"There are at most {most} of these.", path=path)
    if len(values) < least:
        raise InvalidInput(f"There is at least {least} of these.", path=path)


def checked_url(value: str, path: Path, *, schemes: Sequence[str], required: bool = False) -> str:
    """An address of the web without credentials in it."""
    url = checked_line(value, path, longest=LONGEST_URL, required=required)
    if not url:
        return url
    try:
        parts = urlsplit(url)
        well_formed = parts.port is None or parts.port > 0
    except ValueError:
        well_formed = False
    if (
        not well_formed
        or not _ADDRESS_OF_PAGE.fullmatch(url)
        or parts.scheme.lower() not in schemes
        or "." not in (parts.hostname or "").strip(".")
        or "@" in parts.netloc
    ):
        raise InvalidInput(f"This is not a link that begins with {schemes[-1]}://.", path=path)
    return url


def checked_degrees(value: float, path: Path, limit: int) -> float:
    if not math.isfinite(value) or abs(value) > limit:
        raise InvalidInput(f"Degrees are from -{limit} to {limit}.", path=path)
    return value


def checked_time_zone(value: str, path: Path) -> str:
    if value not in _zones():
        raise InvalidInput("This is not an IANA time zone, such as Europe/Paris.", path=path)
    return value


def checked_currency(value: str, path: Path) -> str:
    if value not in CURRENCIES:
        raise InvalidInput("This is not an ISO 4217 currency code.", path=path)
    return value


def checked_country(value: str, path: Path) -> str:
    if value not in _countries():
        raise InvalidInput("A country is two capital letters of ISO 3166-1.", path=path)
    return value


def checked_languages(tags: Sequence[str], path: Path, *, most: int) -> list[str]:
    """Each once, in the usual letters: pt-BR, zh-Hant."""
    check_count(tags, path, most=most)
    return list(dict.fromkeys(_language(tag, (*path, str(number))) for number, tag in enumerate(tags)))


def checked_phone(value: str, path: Path) -> str:
    phone = checked_line(value, path, longest=30)
    if phone and not _PHONE.fullmatch(phone):
        raise InvalidInput("This is not a telephone number.", path=path)
    return phone


def checked_email(value: str, path: Path) -> str:
    """In its normal form; only its syntax is looked at, never the network."""
    email = checked_line(value, path, longest=254)
    if not email:
        return email
    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise InvalidInput("This is not an e-mail address.", path=path) from None


def _language(tag: str, path: Path) -> str:
    found = _LANGUAGE.fullmatch(tag)
    if found is None or found[1].lower() not in _ENGLISH.languages:
        raise InvalidInput("This is not a language of BCP 47, such as en or pt-BR.", path=path)
    language, script, region = found.groups()
    parts = (language.lower(), (script or "").title(), (region or "").upper())
    return "-".join(part for part in parts if part)


@functools.cache
def _countries() -> frozenset[str]:
    territories = map(str, _ENGLISH.territories)  # continents among them, by number
    return frozenset(code for code in territories if re.fullmatch(r"[A-Z]{2}", code)) - _NO_COUNTRIES


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def _printable(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNPRINTABLE
