"""The decisions of the front desk: pure functions, no I/O."""

from __future__ import annotations

import datetime as dt
import re

from grpc_services.booking import messages
from runtime.errors import InvalidInput

LONGEST_SEARCH = 120
LONGEST_NOTE = 2000
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EVER = dt.date(1970, 1, 1)
_NEVER = dt.date(9999, 12, 31)


def note_text(text: str) -> str:
    """A note as it is kept; raises InvalidInput."""
    kept = text.strip()
    if not 1 <= len(kept) <= LONGEST_NOTE:
        raise InvalidInput(f"A note has 1 to {LONGEST_NOTE} characters.", path=("text",))
    if _CONTROL_BUT_LINES.search(kept):
        raise InvalidInput("This has characters that cannot be shown.", path=("text",))
    return kept


def search_pattern(text: str) -> str:
    """What a name contains or a reference begins with, for LIKE, whose own signs stand for themselves."""
    wanted = text.strip()
    if len(wanted) > LONGEST_SEARCH:
        raise InvalidInput(f"Search for at most {LONGEST_SEARCH} characters.", path=("text",))
    if _CONTROL.search(wanted):
        raise InvalidInput("This has characters that cannot be shown.", path=("text",))
    return re.sub(r"([\\%_])", r"\\\1", wanted)


def search_days(from_day: str, to_day: str) -> tuple[dt.date, dt.date]:
    """A half-open period of days; where nothing is said it has no end."""
    first = messages.parse_date(from_day, "from") if from_day else _EVER
    end = messages.parse_date(to_day, "to") if to_day else _NEVER
    if first >= end:
        raise InvalidInput("The last day comes before the first.", path=("to",))
    return first, end
