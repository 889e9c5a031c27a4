"""Ids: UUIDs that sort by time, so that new rows land at the end of their index, and how the public writes them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence

from uuid_utils.compat import uuid7

from runtime.errors import InvalidInput

ID_SEPARATOR = b":"


def new_id() -> uuid.UUID:
    return uuid7()


def encode_id(type_name: str, identifier: str) -> str:
    """The opaque, typed, global id that clients see of something. `identifier` is a UUID in text."""
    raw = type_name.encode() + ID_SEPARATOR + uuid.UUID(identifier).bytes
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parse_id(value: str, *, path: Sequence[str]) -> uuid.UUID:
    """The id in canonical form; raises InvalidInput naming the field."""
    try:
        return uuid.UUID(value)
    except ValueError:
        raise InvalidInput("This is not a valid id.", path=path) from None
