"""What belongs to the request in hand, wherever in the process it is worked on."""

from __future__ import annotations

import re
import time
import uuid
from contextvars import ContextVar

import structlog
from opentelemetry import trace

REQUEST_ID_HEADER = "x-request-id"
MAX_DEADLINE_SECONDS = 5.0

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_deadline: ContextVar[float] = ContextVar("deadline", default=0.0)
_acceptable = re.compile(r"[A-Za-z0-9._-]{8,64}")


def begin_request(request_id: str | None = None, *, seconds_left: float | None = None) -> str:
    """Adopts the caller's request id if it is well formed, else makes one; returns it."""
    accepted = request_id if request_id and _acceptable.fullmatch(request_id) else uuid.uuid4().hex
    _request_id.set(accepted)
    _deadline.set(time.monotonic() + seconds_left if seconds_left is not None else 0.0)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=accepted)
    return accepted


def request_id() -> str:
    return _request_id.get()


def seconds_left(at_most: float = MAX_DEADLINE_SECONDS) -> float:
    """How long a call made now may take: never longer than what is left of the request it serves."""
    deadline = _deadline.get()
    return min(at_most, max(deadline - time.monotonic(), 0.001)) if deadline else at_most


def trace_id() -> str:
    """The current trace id in hexadecimal, or an empty string outside any trace."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""
