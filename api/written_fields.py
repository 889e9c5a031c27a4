"""From input objects to the fields that a service shall write.

A reader takes one attribute of an input object and answers the contract's fields that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import strawberry
from google.protobuf.message import Message
from strawberry.utils.str_converters import to_camel_case

from runtime.errors import InvalidInput

Readers = Mapping[str, Callable[[Any], dict[str, Any]]]
Written = TypeVar("Written", bound=Message)


def all_fields(asked: object, readers: Readers) -> dict[str, Any]:
    """Of something new: every attribute counts."""
    fields: dict[str, Any] = {}
    for name, read in readers.items():
        fields |= read(getattr(asked, name))
    return fields


def given_fields(asked: object, readers: Readers, *, required: Collection[str]) -> dict[str, Any]:
    """Of an edit: what is absent stays as it is, null clears; raises InvalidInput for null where something must
    be."""
    fields: dict[str, Any] = {}
    for name, read in readers.items():
        given: strawberry.Some[Any] | None = getattr(asked, name)
        if given is None:
            continue
        if given.value is None and name in required:
            raise InvalidInput("This cannot be left empty.", path=(to_camel_case(name),))
        fields |= read(given.value)
    return fields


def merged(current: Written, fields: Mapping[str, Any]) -> Written:
    """The message with these fields instead of its own, for services that write all of them at once."""
    for name in fields:
        current.ClearField(name)
    current.MergeFrom(type(current)(**fields))
    return current
