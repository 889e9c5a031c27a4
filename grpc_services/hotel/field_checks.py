"""What written fields of a house are held to, beyond runtime.field_checks; the checks are of the same form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from google.protobuf.internal.containers import RepeatedScalarFieldContainer
from google.protobuf.message import Message

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.amenities import AMENITIES
from runtime.errors import InvalidInput
from runtime.field_checks import Path, Values, check_count, checked_line, checked_url

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 5000
LONGEST_ALT_TEXT = 250
MOST_PHOTOS = 30
LARGEST_PRICE = 100_000_000  # minor units

Written = TypeVar("Written", bound=Message)


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
