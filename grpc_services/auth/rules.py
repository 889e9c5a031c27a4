"""What may become an account, and what a refresh token presented again means. No I/O."""

from __future__ import annotations

import datetime as dt
import enum
import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from contracts.auth.v1 import auth_pb2
from grpc_services.auth.password_rules import check_password
from runtime.errors import InvalidInput
from runtime.field_checks import checked_time_zone
from runtime.identity import Role

LOCALES = ("en", "fr", "ru")
DEFAULT_LOCALE = "en"
LONGEST_NAME = 120
LONGEST_DEVICE = 120
REUSE_GRACE = dt.timedelta(seconds=10)

_OPEN_ROLES = {auth_pb2.ROLE_GUEST: Role.GUEST, auth_pb2.ROLE_HOTELIER: Role.HOTELIER}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[ ().\-\u00a0]")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration that was found good."""

    email: str
    email_key: str
    password: str
    name: str
    role: Role
    locale: str


def check_registration(request: auth_pb2.RegisterRequest) -> Registration:
    """Raises InvalidInput naming the first field that will not do."""
    email = check_email(request.email)
    key = email_key(email)
    return Registration(
        email=email,
        email_key=key,
        password=check_password(request.password, key),
        name=check_name(request.name),
        role=_check_role(request.role),
        locale=check_locale(request.locale),
    )


def check_email(value: str, *, field: str = "email") -> str:
    """The address in its normal form; only its syntax is looked at, never the network."""
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise InvalidInput("This is not an e-mail address we can write to.", path=(field,)) from None


def check_phone(value: str) -> str:
    """E.164: a plus and 7 to 15 digits, written without anything between them. Empty for none."""
    phone = _BETWEEN_DIGITS.sub("", value)
    if phone and not _E164.fullmatch(phone):
        raise InvalidInput("A telephone number is written as +33123456789 (E.164).", path=("phone",))
    return phone


def check_time_zone(value: str) -> str:
    """Empty for none."""
    return checked_time_zone(value, ("timeZone",)) if value else ""


def email_key(email: str) -> str:
    """Two addresses with one key are one account."""
    return email.casefold()


def device_name(value: str) -> str:
    """What a client calls itself, fit to be shown in a list."""
    return "".join(letter for letter in value if _printable(letter)).strip()[:LONGEST_DEVICE]


class Reuse(enum.Enum):
    """What a refresh token that bought nothing tells us."""

    NOTHING = enum.auto()  # unknown, run out, or its session is over
    OVERLAP = enum.auto()  # the client sent it twice at the same time
    THEFT = enum.auto()  # two parties hold it: nobody may go on with this session


def judge_reuse(used_at: dt.datetime | None, now: dt.datetime) -> Reuse:
    if used_at is None:
        return Reuse.NOTHING
    return Reuse.OVERLAP if now - used_at <= REUSE_GRACE else Reuse.THEFT


def check_name(value: str) -> str:
    name = value.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not all(map(_printable, name)):
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} printable characters.", path=("name",))
    return name


def _check_role(value: auth_pb2.Role.ValueType) -> Role:
    if value not in _OPEN_ROLES:
        raise InvalidInput("Register as a guest or as a hotelier.", path=("role",))
    return _OPEN_ROLES[value]


def check_locale(value: str) -> str:
    locale = value or DEFAULT_LOCALE
    if locale not in LOCALES:
        raise InvalidInput(f"We speak {', '.join(LOCALES)}.", path=("locale",))
    return locale


def _printable(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNPRINTABLE
