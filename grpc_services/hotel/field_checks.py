"""What every written field is held to. Each check answers the value in its normal form, or raises InvalidInput
with the path of the field as the public input calls it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from google.protobuf.internal.containers import RepeatedScalarFieldContainer
from google.protobuf.message import Message

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel.amenities import AMENITIES
from runtime.errors import InvalidInput

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 5000
LONGEST_URL = 2000
LONGEST_ALT_TEXT = 250
MOST_PHOTOS = 30
LARGEST_PRICE = 100_000_000  # minor units

Path = tuple[str, ...]
Values = dict[str, Any]
Written = TypeVar("Written", bound=Message)

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ADDRESS_OF_PAGE = re.compile(r"https?://[^\s\\\"<>]+", re.IGNORECASE)


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


def check_rising(values: Sequence[int], path: Path, field: str, *, falling: bool = False) -> None:
    """Each value is beyond the one before; the path names the first that is not."""
    for number in range(1, len(values)):
        before, after = values[number - 1 : number + 1]
        if (after >= before) if falling else (after <= before):
            order = "less" if falling else "more"
            raise InvalidInput(f"This must be {order} than in the entry before.", path=(*path, str(number), field))


def checked_amenities(names: Sequence[str]) -> list[str]:
    check_count(names, ("amenities",), most=len(AMENITIES))
    for number, name in enumerate(names):
        if name not in AMENITIES:
            raise InvalidInput("This amenity is not known.", path=("amenities", str(number)))
    return list(dict.fromkeys(names))


def checked_photos(photos: Sequence[hotel_pb2.Photo]) -> list[dict[str, str]]:
    check_count(photos, ("photos",), most=MOST_PHOTOS)
    return [
        {
            "url": checked_url(photo.url, ("photos", str(number), "url"), schemes=("https",), required=True),
            "alt_text": checked_line(
                photo.alt_text, ("photos", str(number), "altText"), longest=LONGEST_ALT_TEXT, required=True
            ),
        }
        for number, photo in enumerate(photos)
    ]


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


def checked_money(amount: money_pb2.Money, currency: str, path: Path, *, most: int) -> int:
    """Minor units of the house's own currency."""
    if amount.currency not in ("", currency):
        raise InvalidInput(f"This house sells in {currency}.", path=path)
    return checked_number(amount.minor_units, path, least=0, most=most)


def chosen_values(
    readers: Mapping[str, Callable[[Written], Values]],
    message: Written,
    fields: Sequence[str] | RepeatedScalarFieldContainer[str],
) -> Values:
    """The columns that the named fields of a message write."""
    values: Values = {}
    for field in fields:
        reader = readers.get(field)
        if reader is None:
            raise InvalidInput(f"There is no field {field[:60]!r} to write here.", path=("fields",))
        values |= reader(message)
    return values


def _printable(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNPRINTABLE
