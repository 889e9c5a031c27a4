"""What becomes of money that goes back: pure decisions."""

from __future__ import annotations

import datetime as dt
import enum

REFUND_ENDED = ("FAILED", "REVERSED")  # states of a refund whose amount is free again
_PAUSE_BEFORE_ATTEMPT = {2: dt.timedelta(minutes=5), 3: dt.timedelta(hours=1)}


class RefundStep(enum.Enum):
    """What is new about a refund."""

    WAIT = enum.auto()
    SUCCEED = enum.auto()
    FAIL = enum.auto()  # before it ever succeeded
    REVERSE = enum.auto()


def refund_steps(known: str, told: str) -> tuple[RefundStep, ...]:
    """From the state that we know to the one that the payment system tells, in order: what came back had arrived, also
    when nobody told us so. What ended for good stays ended."""
    if known in REFUND_ENDED or known == told:
        return ()
    match told:
        case "SUCCEEDED":
            return (RefundStep.SUCCEED,)
        case "FAILED":
            return (RefundStep.REVERSE,) if known == "SUCCEEDED" else (RefundStep.FAIL,)
        case "REVERSED":
            return (RefundStep.REVERSE,) if known == "SUCCEEDED" else (RefundStep.SUCCEED, RefundStep.REVERSE)
        case _:
            return (RefundStep.WAIT,) if known == "REQUESTED" else ()


def pause_before_refund(attempt: int) -> dt.timedelta | None:
    """How long money that could not go back waits for its next attempt; None: until a person sends it."""
    return _PAUSE_BEFORE_ATTEMPT.get(attempt)
