"""Opaque, typed, global ids: what clients see instead of UUIDs."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence

from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import ID_SEPARATOR
from runtime.identifiers import encode_id as encode_id


def decode_node_id(value: str, *, path: Sequence[str] = ("id",)) -> tuple[str, str]:
    """The type name and the UUID; raises InvalidInput naming the field for anything we did not make."""
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        name, separator, identifier = raw.partition(ID_SEPARATOR)
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
