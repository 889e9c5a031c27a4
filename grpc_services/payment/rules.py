"""What a payment may do next, as pure decisions."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass

DECLINES_ALLOWED = 3
AUTHORIZATION_LASTS = dt.timedelta(days=7)
BANK_TAKES = dt.timedelta(seconds=5)  # whatever the imitated bank does in its own time


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
    FAILED = "FAILED"
    REVERSED = "REVERSED"


class DisputeState(enum.StrEnum):
    OPENED = "OPENED"
    WON = "WON"
    LOST = "LOST"


class AttemptState(enum.StrEnum):
    ACTION_REQUIRED = "ACTION_REQUIRED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


# CREATED → CREATED is a declined card: nothing is won or lost, but the version tells that something happened.
# CAPTURED → CAPTURED is news of a refund, and so is DISPUTED → DISPUTED, or a dispute that was lost.
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
    PaymentState.CAPTURED: frozenset({PaymentState.CAPTURED, PaymentState.DISPUTED}),
    PaymentState.FAILED: frozenset(),
    PaymentState.VOIDED: frozenset(),
    PaymentState.DISPUTED: frozenset({PaymentState.DISPUTED, PaymentState.CAPTURED}),
}
REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.REQUESTED: frozenset({RefundState.PENDING}),
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset({RefundState.REVERSED}),
    RefundState.FAILED: frozenset(),
    RefundState.REVERSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment as it stood when it was read. Amounts are minor units of `currency`."""

    id: uuid.UUID
    checkout_token: str
    state: PaymentState
    version: int
    amount_minor_units: int
    currency: str
    captured_minor_units: int
    refunded_minor_units: int
    capture_mode: str
    locale: str
    purpose: str
    booking_id: str
    booking_reference: str
    description: str
    return_url: str
    failure_code: str
    webhook_fault: str
    declined_attempts: int
    expires_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def refundable_minor_units(self) -> int:
        return self.captured_minor_units - self.refunded_minor_units if self.state is PaymentState.CAPTURED else 0

    @property
    def declines_left(self) -> int:
        return DECLINES_ALLOWED - self.declined_attempts


class VoidDecision(enum.Enum):
    VOID = enum.auto()
    ALREADY_OVER = enum.auto()
    TOO_LATE = enum.auto()


class CaptureDecision(enum.Enum):
    CAPTURE = enum.auto()
    ALREADY_CAPTURED = enum.auto()
    OTHER_AMOUNT = enum.auto()
    NOT_AUTHORIZED = enum.auto()


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


def decide_capture(payment: PaymentFacts, amount_minor_units: int) -> CaptureDecision:
    """A payment is captured once, so its id is the key that makes asking again harmless."""
    if payment.state is PaymentState.AUTHORIZED:
        return CaptureDecision.CAPTURE
    if not payment.captured_minor_units:
        return CaptureDecision.NOT_AUTHORIZED
    is_same = payment.captured_minor_units == amount_minor_units
    return CaptureDecision.ALREADY_CAPTURED if is_same else CaptureDecision.OTHER_AMOUNT
