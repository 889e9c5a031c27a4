"""The state machine of a payment, move by move."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import uuid

import pytest

from grpc_services.payment.rules import (
    PaymentFacts,
    PaymentState,
    VoidDecision,
    decide_void,
    may_move,
    takes_card,
    takes_confirmation,
    time_is_over,
)

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
ALLOWED = """
CREATED         → CREATED ACTION_REQUIRED AUTHORIZED FAILED VOIDED
ACTION_REQUIRED → CREATED AUTHORIZED VOIDED
AUTHORIZED      → CAPTURED VOIDED
CAPTURED        → CAPTURED DISPUTED
FAILED          →
VOIDED          →
DISPUTED        → DISPUTED CAPTURED
"""
TABLE = {
    PaymentState(line.split("→")[0].strip()): set(line.split("→")[1].split()) for line in ALLOWED.strip().splitlines()
}


def payment(state: PaymentState, **changes: object) -> PaymentFacts:
    facts = PaymentFacts(
        id=uuid.uuid4(),
        checkout_token="token",
        state=state,
        version=1,
        amount_minor_units=1000,
        currency="EUR",
        captured_minor_units=0,
        refunded_minor_units=0,
        capture_mode="AUTOMATIC",
        locale="",
        booking_id="1",
        purpose="BOOKING",
        booking_reference="",
        description="",
        return_url="",
        failure_code="",
        webhook_fault="",
        declined_attempts=0,
        expires_at=NOW + dt.timedelta(minutes=1),
        created_at=NOW,
        updated_at=NOW,
    )
    return dataclasses.replace(facts, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "to"), list(itertools.product(PaymentState, PaymentState)))
def test_only_the_moves_of_the_table_are_allowed(state: PaymentState, to: PaymentState) -> None:
    assert may_move(state, to) == (to in TABLE[state])


@pytest.mark.parametrize("state", PaymentState)
def test_time_runs_out_only_while_the_guest_is_asked(state: PaymentState) -> None:
    late = NOW + dt.timedelta(minutes=1)
    asked = state in (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)
    assert time_is_over(payment(state), late) == asked
    assert not time_is_over(payment(state), late - dt.timedelta(microseconds=1))
    assert takes_card(payment(state), NOW) == (state is PaymentState.CREATED)
    assert takes_confirmation(payment(state), NOW) == (state is PaymentState.ACTION_REQUIRED)
    assert not takes_card(payment(state), late)
    assert not takes_confirmation(payment(state), late)


@pytest.mark.parametrize("state", PaymentState)
def test_voiding_ends_what_is_open_and_leaves_the_rest(state: PaymentState) -> None:
    expected = {
        PaymentState.CAPTURED: VoidDecision.TOO_LATE,
        PaymentState.DISPUTED: VoidDecision.TOO_LATE,
        PaymentState.FAILED: VoidDecision.ALREADY_OVER,
        PaymentState.VOIDED: VoidDecision.ALREADY_OVER,
    }.get(state, VoidDecision.VOID)
    assert decide_void(state) is expected


def test_only_captured_money_can_go_back() -> None:
    assert (
        payment(PaymentState.CAPTURED, captured_minor_units=900, refunded_minor_units=300).refundable_minor_units == 600
    )
    assert payment(PaymentState.AUTHORIZED).refundable_minor_units == 0
