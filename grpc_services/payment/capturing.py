"""What approval by the bank leads to: money set aside, taken, or released."""

from __future__ import annotations

from grpc_services.payment import queries
from grpc_services.payment.cards import TestCard, Verdict, card_ending_in
from grpc_services.payment.ledger import Movement, capture
from grpc_services.payment.payment_moves import Change
from grpc_services.payment.posting import post, shares_of
from grpc_services.payment.rules import AUTHORIZATION_LASTS, AttemptState, PaymentFacts, PaymentState
from grpc_services.payment.webhook_events import EventType
from runtime.database import Record

AUTHORIZATION_LAPSED = "AUTHORIZATION_LAPSED"
_UNDECIDED = (AttemptState.ACTION_REQUIRED, AttemptState.PROCESSING)


async def authorize(change: Change, payment: PaymentFacts, card: TestCard) -> PaymentFacts:
    """Sets the money aside and, with automatic capture, takes it: at once, or when the bank is ready."""
    authorized = await change.move(payment, PaymentState.AUTHORIZED, EventType.AUTHORIZED)
    if authorized.capture_mode == "MANUAL":
        await change.leave_to_bank(authorized, "LAPSE", after=AUTHORIZATION_LASTS)
        return authorized
    if card.verdict is Verdict.APPROVED_LATE:
        await change.leave_to_bank(authorized, "CAPTURE")
        return authorized
    return await take(change, authorized, authorized.amount_minor_units)


async def take(change: Change, payment: PaymentFacts, amount: int) -> PaymentFacts:
    """Captures an authorized payment, once."""
    captured = await change.move(payment, PaymentState.CAPTURED, EventType.CAPTURED, captured=amount)
    entries = capture(amount, await shares_of(change.connection, payment.id))
    await post(change.connection, Movement.CAPTURE, captured, entries, change.now)
    card = await card_of(change, captured)
    if card and card.is_disputed:
        await change.leave_to_bank(captured, "DISPUTE")
    return captured


async def void(change: Change, payment: PaymentFacts, *, failure_code: str = "") -> PaymentFacts:
    """Ends a payment without money, and with it a card that is being tried."""
    voided = await change.move(payment, PaymentState.VOIDED, EventType.VOIDED, failure_code=failure_code)
    attempt = await live_attempt(change, payment)
    if attempt and attempt["state"] in _UNDECIDED:
        await queries.SETTLE_ATTEMPT.execute(
            change.connection,
            attempt_id=attempt["id"],
            of_payment=payment.id,
            from_state=attempt["state"],
            state=AttemptState.CANCELLED,
            code="",
        )
    return voided


async def live_attempt(change: Change, payment: PaymentFacts) -> Record | None:
    """The one attempt of a payment that is undecided or has succeeded."""
    return await queries.LIVE_ATTEMPT.fetch_row(change.connection, payment_id=payment.id)


async def card_of(change: Change, payment: PaymentFacts) -> TestCard | None:
    attempt = await live_attempt(change, payment)
    return card_ending_in(attempt["card_last4"]) if attempt else None
