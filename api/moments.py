"""Moments as clients send them."""

from __future__ import annotations

import datetime as dt

from google.protobuf.timestamp_pb2 import Timestamp

from runtime.clock import to_timestamp
from runtime.errors import InvalidInput


def sent_moment(given: dt.datetime, *path: str) -> Timestamp:
    """Raises InvalidInput, naming the field, without an offset from UTC or beyond what every calendar holds."""
    if given.utcoffset() is None:
        raise InvalidInput("Say the offset from UTC too, as in 2030-01-31T12:00:00Z.", path=path)
    if not 1970 < given.year < 9999:
        raise InvalidInput("This moment is beyond the calendar.", path=path)
    return to_timestamp(given)
