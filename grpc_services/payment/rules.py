"""What a payment may do next, as pure decisions."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass

DECLINES_ALLOWED = 3
LATE_CAPTURE_AFTER = dt.timedelta(seconds=5)


class PaymentState(enum.StrEnum):
    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    VOIDED = "VOIDED"
    DISPUTED = "DISPUTED"


class RefundState(enum.StrEnum):
    REQUESTED = "REQUESTED"
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"


# CREATED → CREATED is a declined card: nothing is won or lost, but the version tells that something happened.
# CAPTURED → CAPTURED is a refund. DISPUTED has no way in yet.
MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.CREATED: frozenset(
        {
            PaymentState.CREATED,
            PaymentState.ACTION_REQUIRED,
            PaymentState.AUTHORIZED,
            PaymentState.FAILED,
            PaymentState.VOIDED,
        }
    ),
    PaymentState.ACTION_REQUIRED: frozenset({PaymentState.CREATED, PaymentState.AUTHORIZED, PaymentState.VOIDED}),
    PaymentState.AUTHORIZED: frozenset({PaymentState.CAPTURED, PaymentState.VOIDED}),
    PaymentState.CAPTURED: frozenset({PaymentState.CAPTURED}),
    PaymentState.FAILED: frozenset(),
    PaymentState.VOIDED: frozenset(),
    PaymentState.DISPUTED: frozenset(),
}
REFUND_STEPS = (RefundState.REQUESTED, RefundState.PENDING, RefundState.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment as it stood when it was read. Amounts are minor units of `currency`."""

    id: uuid.UUID
    checkout_token: str
    state: PaymentState
    version: int
    amount_minor_units: int
    currency: str
    refunded_minor_units: int
    purpose: str
    booking_id: str
    booking_reference: str
    description: str
    return_url: str
    failure_code: str
    declined_attempts: int
    expires_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def refundable_minor_units(self) -> int:
        return self.amount_minor_units - self.refunded_minor_units if self.state is PaymentState.CAPTURED else 0

    @property
    def declines_left(self) -> int:
        return DECLINES_ALLOWED - self.declined_attempts


class VoidDecision(enum.Enum):
    VOID = enum.auto()
    ALREADY_OVER = enum.auto()
    TOO_LATE = enum.auto()


def may_move(state: PaymentState, to: PaymentState) -> bool:
    return to in MOVES[state]


def time_is_over(payment: PaymentFacts, now: dt.datetime) -> bool:
    """Whether a payment that still waits for the guest takes no more money."""
    waits_for_guest = payment.state in (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)
    return waits_for_guest and now >= payment.expires_at


def takes_card(payment: PaymentFacts, now: dt.datetime) -> bool:
    return payment.state is PaymentState.CREATED and not time_is_over(payment, now)


def takes_confirmation(payment: PaymentFacts, now: dt.datetime) -> bool:
    return payment.state is PaymentState.ACTION_REQUIRED and not time_is_over(payment, now)


def decide_void(state: PaymentState) -> VoidDecision:
    if may_move(state, PaymentState.VOIDED):
        return VoidDecision.VOID
    if state in (PaymentState.VOIDED, PaymentState.FAILED):
        return VoidDecision.ALREADY_OVER
    return VoidDecision.TOO_LATE
