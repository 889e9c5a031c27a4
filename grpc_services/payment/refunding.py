"""Money given back: asked for, sent by the bank, refused by it or returned."""

from __future__ import annotations

import uuid

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import refund_queries
from grpc_services.payment.capturing import card_of
from grpc_services.payment.cards import RefundCourse
from grpc_services.payment.errors import RefundExceedsPayment
from grpc_services.payment.ledger import (
    Account,
    Entry,
    EntryKind,
    Movement,
    Position,
    pass_on,
    refund_parts,
    take_back,
    undo,
)
from grpc_services.payment.payment_moves import Change, same_input
from grpc_services.payment.posting import entries_of_refund, positions_of, post
from grpc_services.payment.rules import REFUND_MOVES, PaymentFacts, RefundState
from grpc_services.payment.webhook_events import EventType, money
from runtime.database import Record
from runtime.errors import InvalidInput
from runtime.idempotency import hash_input
from runtime.identifiers import new_id

_EVENTS = {
    RefundState.PENDING: EventType.REFUND_PENDING,
    RefundState.SUCCEEDED: EventType.REFUND_SUCCEEDED,
    RefundState.FAILED: EventType.REFUND_FAILED,
    RefundState.REVERSED: EventType.REFUND_REVERSED,
}
_CODES = {RefundState.FAILED: "REFUSED_BY_BANK", RefundState.REVERSED: "RETURNED_BY_BANK"}


async def known_refund(change: Change, request: payment_pb2.CreateRefundRequest) -> Record | None:
    """The refund that the same key and input made before."""
    row = await refund_queries.REFUND_BY_KEY.fetch_row(change.connection, key=request.idempotency_key)
    return same_input(row, hash_input(request)) if row else None


async def give_back(change: Change, payment: PaymentFacts, request: payment_pb2.CreateRefundRequest) -> Record:
    """Takes the amount from the payees of a locked payment, and leaves the rest to the bank. Most banks are quick."""
    refund_id, amount = new_id(), request.amount.minor_units
    positions = await positions_of(change.connection, payment)
    parts = _parts(positions, request)
    made = await refund_queries.INSERT_REFUND.execute(
        change.connection,
        id=refund_id,
        payment_id=payment.id,
        idempotency_key=request.idempotency_key,
        input_hash=hash_input(request),
        amount_minor_units=amount,
        currency=request.amount.currency,
        reason=request.reason,
        state=RefundState.REQUESTED,
        failure_code="",
        created_at=change.now,
        updated_at=change.now,
    )
    row = same_input(
        await refund_queries.REFUND_BY_KEY.fetch_row(change.connection, key=request.idempotency_key),
        hash_input(request),
    )
    if not made:
        return row
    await _note(change, refund_id, RefundState.REQUESTED)
    row = await _step(change, row, RefundState.PENDING)
    entries = take_back(positions, parts, towards=Account.REFUNDS_IN_TRANSIT, kind=EntryKind.REFUND)
    await post(change.connection, Movement.REFUND, payment, entries, change.now, refund_id=refund_id)
    card = await card_of(change, payment)
    course = card.refunds if card else RefundCourse.AT_ONCE
    if course in (RefundCourse.LATER, RefundCourse.FAILS):
        await _tell(change, payment, row, refunded=amount)
        kind = "SUCCEED_REFUND" if course is RefundCourse.LATER else "FAIL_REFUND"
        await change.leave_to_bank(payment, kind, subject_id=refund_id)
        return row
    if course is RefundCourse.COMES_BACK:
        await change.leave_to_bank(payment, "REVERSE_REFUND", subject_id=refund_id)
    return await _end(change, payment, row, RefundState.SUCCEEDED, refunded=amount)


async def settle_refund(change: Change, payment: PaymentFacts, row: Record, to: RefundState) -> Record | None:
    """What the bank made of a refund of a locked payment; None when the refund cannot go there."""
    if to not in REFUND_MOVES[RefundState(row["state"])]:
        return None
    refunded = 0 if to is RefundState.SUCCEEDED else -row["amount_minor_units"]
    return await _end(change, payment, row, to, refunded=refunded)


async def _end(change: Change, payment: PaymentFacts, row: Record, to: RefundState, *, refunded: int) -> Record:
    moved = await _step(change, row, to)
    movement, entries = await _entries(change, row, to)
    await post(change.connection, movement, payment, entries, change.now, refund_id=row["id"])
    await _tell(change, payment, moved, refunded=refunded)
    return moved


async def _entries(change: Change, row: Record, to: RefundState) -> tuple[Movement, list[Entry]]:
    if to is RefundState.SUCCEEDED:
        return Movement.REFUND_SENT, pass_on(
            row["amount_minor_units"], source=Account.REFUNDS_IN_TRANSIT, kind=EntryKind.REFUND
        )
    taken = await entries_of_refund(change.connection, row["id"])
    if to is RefundState.FAILED:
        source, movement = Account.REFUNDS_IN_TRANSIT, Movement.REFUND_FAILED
    else:
        source, movement = Account.CARD_NETWORK, Movement.REFUND_REVERSED
    return movement, undo(taken, through=Account.REFUNDS_IN_TRANSIT, now_from=source)


async def _step(change: Change, row: Record, to: RefundState) -> Record:
    moved = await refund_queries.MOVE_REFUND.fetch_one(
        change.connection,
        refund_id=row["id"],
        from_state=row["state"],
        state=to,
        failure_code=_CODES.get(to, ""),
        now=change.now,
    )
    await _note(change, row["id"], to)
    return moved


async def _note(change: Change, refund_id: uuid.UUID, state: RefundState) -> None:
    await refund_queries.INSERT_REFUND_MOVE.execute(
        change.connection, refund_id=refund_id, of_refund=refund_id, state=state, at=change.now
    )


async def _tell(change: Change, payment: PaymentFacts, row: Record, *, refunded: int) -> None:
    await change.move(
        payment,
        payment.state,
        _EVENTS[RefundState(row["state"])],
        refunded=refunded,
        refund_id=str(row["id"]),
        refund_amount=money(row["amount_minor_units"], row["currency"]),
    )


def _parts(positions: list[Position], request: payment_pb2.CreateRefundRequest) -> dict[str, int]:
    if not request.shares:
        return refund_parts(positions, request.amount.minor_units)
    left = {position.payee_id: position.left for position in positions if position.payee_id}
    parts: dict[str, int] = {}
    for number, share in enumerate(request.shares):
        if share.payee_id not in left:
            raise InvalidInput("This payee has no share of the payment.", path=("shares", str(number), "payeeId"))
        if share.amount.minor_units > left[share.payee_id]:
            raise RefundExceedsPayment(
                "More would be taken from this payee than they have left of the payment.",
                path=("shares", str(number), "amount", "minorUnits"),
                details={"refundable_minor_units": str(left[share.payee_id]), "currency": request.amount.currency},
            )
        parts[share.payee_id] = share.amount.minor_units
    return parts
