"""Opaque, typed, global ids: what clients see instead of UUIDs."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence

from runtime.errors import InvalidInput, NotFound

_SEPARATOR = b":"


def encode_id(type_name: str, identifier: str) -> str:
    """`identifier` is a UUID in text."""
    raw = type_name.encode() + _SEPARATOR + uuid.UUID(identifier).bytes
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_node_id(value: str, *, path: Sequence[str] = ("id",)) -> tuple[str, str]:
    """The type name and the UUID; raises InvalidInput naming the field for anything we did not make."""
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        name, separator, identifier = raw.partition(_SEPARATOR)
        if separator and len(identifier) == 16 and name.isalpha():
            return name.decode("ascii"), str(uuid.UUID(bytes=identifier))
    except (binascii.Error, ValueError):
        pass
    raise InvalidInput("This is not a valid id.", path=path)


def decode_id(type_name: str, value: str, *, path: Sequence[str]) -> str:
    """The UUID of an id of this type. An id of another type names nothing of this one: NotFound."""
    name, identifier = decode_node_id(value, path=path)
    if name != type_name:
        raise NotFound(f"There is no {type_name} with this id.", path=path)
    return identifier
