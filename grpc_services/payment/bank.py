"""What the imitated bank does in its own time: captures, answers that never come, refunds, disputes."""

from __future__ import annotations

import asyncio

import structlog

from grpc_services.payment import queries, refund_queries
from grpc_services.payment.capturing import AUTHORIZATION_LAPSED, live_attempt, take, void
from grpc_services.payment.declining import decline
from grpc_services.payment.disputing import open_dispute
from grpc_services.payment.payment_moves import Change, PaymentMoves, read_payment
from grpc_services.payment.refunding import settle_refund
from grpc_services.payment.rules import AttemptState, PaymentFacts, PaymentState, RefundState
from runtime.database import Record

log = structlog.get_logger()
POLL_SECONDS = 0.5
NO_ANSWER = "BANK_DID_NOT_ANSWER"
DEFAULT_DISPUTE = "PRODUCT_NOT_RECEIVED"
_REFUNDS = {
    "SUCCEED_REFUND": RefundState.SUCCEEDED,
    "FAIL_REFUND": RefundState.FAILED,
    "REVERSE_REFUND": RefundState.REVERSED,
}


async def keep_banking(moves: PaymentMoves) -> None:
    """Runs until cancelled. What is due stands in the database, so a restart forgets nothing."""
    while True:
        try:
            did_something = await do_next(moves)
        except Exception as failure:  # the database may be away for a while
            log.warning("bank.failed", kind=type(failure).__name__)
            did_something = False
        if not did_something:
            await asyncio.sleep(POLL_SECONDS)


async def do_next(moves: PaymentMoves) -> bool:
    """One task a transaction, so that two processes never wait for each other's payments."""
    async with moves.change() as change:
        task = await queries.TAKE_DUE_TASK.fetch_row(change.connection, now=change.now)
        if task is None:
            return False
        row = await queries.LOCK_PAYMENT.fetch_one(change.connection, id=task["payment_id"])
        await _do(change, read_payment(row), task)
    return True


async def _do(change: Change, payment: PaymentFacts, task: Record) -> None:
    """Nothing where the merchant or the guest was faster."""
    match task["kind"]:
        case "CAPTURE" if payment.state is PaymentState.AUTHORIZED:
            await take(change, payment, payment.amount_minor_units)
        case "LAPSE" if payment.state is PaymentState.AUTHORIZED:
            await void(change, payment, failure_code=AUTHORIZATION_LAPSED)
        case "TIME_OUT":
            await _time_out(change, payment, task)
        case "DISPUTE" if payment.refundable_minor_units:
            await open_dispute(change, payment, DEFAULT_DISPUTE)
        case "SUCCEED_REFUND" | "FAIL_REFUND" | "REVERSE_REFUND" as kind:
            refund = await refund_queries.REFUND_BY_ID.fetch_one(change.connection, id=task["subject_id"])
            await settle_refund(change, payment, refund, _REFUNDS[kind])


async def _time_out(change: Change, payment: PaymentFacts, task: Record) -> None:
    attempt = await live_attempt(change, payment)
    if attempt and attempt["id"] == task["subject_id"] and attempt["state"] == AttemptState.PROCESSING:
        await decline(change, payment, attempt, NO_ANSWER)
