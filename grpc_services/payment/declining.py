"""A card that did not pay."""

from __future__ import annotations

from grpc_services.payment import queries
from grpc_services.payment.payment_moves import Change
from grpc_services.payment.rules import AttemptState, PaymentFacts, PaymentState
from grpc_services.payment.webhook_events import EventType
from runtime.database import Record


async def decline(change: Change, payment: PaymentFacts, attempt: Record, code: str) -> None:
    """Ends an undecided attempt, and leaves the payment open for another card until there were too many."""
    await queries.SETTLE_ATTEMPT.execute(
        change.connection,
        attempt_id=attempt["id"],
        of_payment=payment.id,
        from_state=attempt["state"],
        state=AttemptState.FAILED,
        code=code,
    )
    await tell_declined(change, payment, code)


async def tell_declined(change: Change, payment: PaymentFacts, code: str) -> None:
    left = payment.declines_left - 1
    declined = await change.move(
        payment, PaymentState.CREATED, EventType.ATTEMPT_FAILED, failure_code=code, declined=1, attempts_left=left
    )
    if left <= 0:
        await change.move(declined, PaymentState.FAILED, EventType.FAILED, failure_code=code)
