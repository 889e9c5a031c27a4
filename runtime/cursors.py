"""Opaque cursors for keyset paging: the sort values of a row, which stay valid while rows come and go."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Sequence

import orjson

from runtime.errors import InvalidInput

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode_cursor(*values: str | int | float) -> str:
    written = binascii.b2a_base64(orjson.dumps(values), newline=False)
    return written.translate(_URL_SAFE, b"=").decode()


def decode_cursor(cursor: str, kinds: Sequence[type], *, path: Sequence[str] = ("after",)) -> list[str | int | float]:
    """The values that `encode_cursor` was given; raises InvalidInput for anything else."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds) or "\0" in str(values):
        raise InvalidInput("This cursor is not one that this list gave out.", path=path)
    return values


def moment_and_name(cursor: str) -> tuple[dt.datetime, str] | None:
    """The place in a list that is ordered by (moment, name); None for its beginning."""
    if not cursor:
        return None
    at, name = decode_cursor(cursor, (str, str))
    try:
        return dt.datetime.fromisoformat(str(at)).astimezone(dt.UTC), str(name)
    except (ValueError, OverflowError):
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None


def page_size(first: int, *, path: Sequence[str] = ("first",)) -> int:
    """The number of rows to answer: 20 when nothing was asked for, at most 100."""
    if first == 0:
        return DEFAULT_PAGE
    if not 1 <= first <= LARGEST_PAGE:
        raise InvalidInput(f"Ask for 1 to {LARGEST_PAGE} at a time.", path=path)
    return first
