"""The card form as it was sent: what is right, what to say about the rest, and what may be shown again."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from grpc_services.payment.cards import (
    CardFault,
    TestCard,
    check_expiry,
    check_holder,
    check_security_code,
    read_card,
)

LONGEST_FORM = 8 * 1024
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_MOST_FIELDS = 20


class BrokenForm(Exception):
    """What arrived is not a form that a page of ours would send."""


@dataclass(frozen=True, slots=True)
class CardForm:
    """`card` is there when nothing is at fault. The card number and the security code are not kept."""

    nonce: str
    expiry: str = ""
    holder: str = ""
    card: TestCard | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


def empty_form() -> CardForm:
    return CardForm(nonce=secrets.token_urlsafe(16))


def read_fields(body: bytes) -> dict[str, str]:
    """The fields of an URL-encoded form; raises BrokenForm."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BrokenForm from None
    return dict(pairs)


def read_card_form(fields: Mapping[str, str], today: dt.date) -> CardForm:
    """Checks every field, so that a person hears of all faults at once."""
    nonce = fields.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise BrokenForm
    expiry, holder = fields.get("expiry", ""), fields.get("holder", "")
    faults: dict[str, str] = {}
    card = _checked("number", faults, lambda: read_card(fields.get("number", "")))
    _checked("expiry", faults, lambda: check_expiry(expiry, today))
    _checked("cvc", faults, lambda: check_security_code(fields.get("cvc", "")))
    _checked("holder", faults, lambda: check_holder(holder))
    if faults:
        return CardForm(nonce, expiry=expiry[:20], holder=holder[:100], faults=faults)
    return CardForm(nonce, card=card)


def _checked(name: str, faults: dict[str, str], check: Callable[[], TestCard | None]) -> TestCard | None:
    try:
        return check()
    except CardFault as fault:
        faults[name] = str(fault)
        return None
