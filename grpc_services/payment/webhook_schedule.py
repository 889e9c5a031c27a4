"""When a webhook is tried again: quickly at first, then with patience, for three days."""

from __future__ import annotations

import datetime as dt

_MINUTE = 60
_HOUR = 60 * _MINUTE
DELAYS_SECONDS = (
    *(1, 5, 30),
    *(5 * _MINUTE, 30 * _MINUTE),
    *(2 * _HOUR, 8 * _HOUR, 12 * _HOUR, 24 * _HOUR, 24 * _HOUR),
)
# Jitter only shortens a delay, so that three days stay the longest that we try.
SHORTEST_SHARE = 0.8

_GONE = 410


def delay_after(attempts: int, jitter: float) -> dt.timedelta | None:
    """How long to wait after so many failed attempts, or None to give up; `jitter` is from 0 to 1."""
    if attempts > len(DELAYS_SECONDS):
        return None
    share = SHORTEST_SHARE + (1 - SHORTEST_SHARE) * jitter
    return dt.timedelta(seconds=DELAYS_SECONDS[attempts - 1] * share)


def is_delivered(status_code: int | None) -> bool:
    return status_code is not None and 200 <= status_code < 300


def is_unwanted(status_code: int | None) -> bool:
    """Whether the receiver asks never to be sent this again."""
    return status_code == _GONE
