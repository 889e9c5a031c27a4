"""Ids: UUIDs that sort by time, so that new rows land at the end of their index."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from uuid_utils.compat import uuid7

from runtime.errors import InvalidInput


def new_id() -> uuid.UUID:
    return uuid7()


def parse_id(value: str, *, path: Sequence[str]) -> uuid.UUID:
    """The id in canonical form; raises InvalidInput naming the field."""
    try:
        return uuid.UUID(value)
    except ValueError:
        raise InvalidInput("This is not a valid id.", path=path) from None
