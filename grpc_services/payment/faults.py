"""The payment system on its worst day: which webhooks and answers go wrong, and how. Off unless asked for.

Decisions are drawn from the seed, the ordinal of a payment or of a call, and nothing else: the same plan and the same
calls in the same order meet the same faults again.
"""

from __future__ import annotations

import dataclasses
import enum
import random
import uuid
from collections import Counter
from dataclasses import dataclass


class WebhookFault(enum.StrEnum):
    NONE = ""
    DUPLICATE = "DUPLICATE"  # sent twice, at the same moment
    REORDER = "REORDER"  # held back for some seconds, so that later events overtake it
    DELAY = "DELAY"
    LOSE = "LOSE"  # never sent
    CORRUPT = "CORRUPT"  # altered after it was signed, the first time it is sent


class CallFault(enum.StrEnum):
    NONE = ""
    FAIL_BEFORE = "FAIL_BEFORE"
    FAIL_AFTER = "FAIL_AFTER"  # the work is done, and its answer is an error
    HANG = "HANG"


class BadPlan(ValueError):
    """The message tells what is wrong with a written plan."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """How often what goes wrong, as shares of one; `delay_seconds` and `hang_seconds` say for how long."""

    seed: int = 0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    lose: float = 0.0
    corrupt: float = 0.0
    error: float = 0.0
    hang: float = 0.0
    delay_seconds: float = 60.0
    hang_seconds: float = 10.0

    def written(self) -> str:
        """As `read_plan` reads it; empty for a calm one."""
        if self == FaultPlan(seed=self.seed):
            return ""
        return ",".join(f"{name}={value:g}" for name, value in dataclasses.asdict(self).items() if value)


CALM = FaultPlan()
_SHARES = ("duplicate", "reorder", "delay", "lose", "corrupt", "error", "hang")


def read_plan(text: str) -> FaultPlan:
    """`seed=7,duplicate=0.2,lose=0.1`; raises BadPlan. Empty is calm."""
    values: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, value = part.partition("=")
        if name not in FaultPlan.__dataclass_fields__:
            raise BadPlan(f"there is no fault named {name!r}")
        try:
            values[name] = int(value) if name == "seed" else float(value)
        except ValueError:
            raise BadPlan(f"{name} is a number, such as 0.2") from None
        if not 0 <= values[name] <= (1 if name in _SHARES else 10**9):
            raise BadPlan(f"{name} is out of range")
    plan = FaultPlan(**values)  # type: ignore[arg-type]
    if plan.duplicate + plan.reorder + plan.delay + plan.lose + plan.corrupt > 1 or plan.error + plan.hang > 1:
        raise BadPlan("shares of one thing sum to at most 1")
    return plan


class FaultSimulator:
    """One a process. `is_allowed` is false in production, where test cards break nothing either."""

    def __init__(self, plan: FaultPlan = CALM, *, is_allowed: bool = True) -> None:
        self.is_allowed = is_allowed
        self.follow(plan)

    def follow(self, plan: FaultPlan) -> None:
        """From now on, counting from the beginning."""
        self.plan = plan
        self._ordinals: dict[uuid.UUID, int] = {}
        self._events: Counter[uuid.UUID] = Counter()
        self._calls: Counter[str] = Counter()

    def of_event(self, payment_id: uuid.UUID, own: WebhookFault) -> WebhookFault:
        """What happens to the next webhook of a payment; `own` is what its card asks for."""
        plan = self.plan
        if not self.is_allowed or own or plan == CALM:
            return own if self.is_allowed else WebhookFault.NONE
        ordinal = self._ordinals.setdefault(payment_id, len(self._ordinals))
        self._events[payment_id] += 1
        drawn = self._draw(f"event/{ordinal}/{self._events[payment_id]}").random()
        for fault, share in (
            (WebhookFault.DUPLICATE, plan.duplicate),
            (WebhookFault.REORDER, plan.reorder),
            (WebhookFault.DELAY, plan.delay),
            (WebhookFault.LOSE, plan.lose),
            (WebhookFault.CORRUPT, plan.corrupt),
        ):
            if drawn < share:
                return fault
            drawn -= share
        return WebhookFault.NONE

    def of_call(self, name: str) -> CallFault:
        """What happens to the next call of this name."""
        plan = self.plan
        if not self.is_allowed or not plan.error + plan.hang:
            return CallFault.NONE
        self._calls[name] += 1
        source = self._draw(f"call/{name}/{self._calls[name]}")
        drawn = source.random()
        if drawn < plan.error:
            return source.choice((CallFault.FAIL_BEFORE, CallFault.FAIL_AFTER))
        return CallFault.HANG if drawn < plan.error + plan.hang else CallFault.NONE

    def _draw(self, key: str) -> random.Random:
        return random.Random(f"{self.plan.seed}/{key}")  # noqa: S311  # repeatable on purpose
