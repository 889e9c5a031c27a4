"""The guest's bank takes the money back, until it is decided who is right."""

from __future__ import annotations

from grpc_services.payment import refund_queries
from grpc_services.payment.ledger import Account, EntryKind, Movement, pass_on, take_back, undo
from grpc_services.payment.payment_moves import Change
from grpc_services.payment.posting import entries_of_dispute, positions_of, post
from grpc_services.payment.rules import DisputeState, PaymentFacts, PaymentState
from grpc_services.payment.webhook_events import EventType, money
from runtime.database import Record
from runtime.identifiers import new_id


async def open_dispute(change: Change, payment: PaymentFacts, reason: str) -> Record:
    """Of a locked payment that is captured and has something left."""
    amount = payment.refundable_minor_units
    row = await refund_queries.INSERT_DISPUTE.fetch_one(
        change.connection,
        id=new_id(),
        payment_id=payment.id,
        amount_minor_units=amount,
        currency=payment.currency,
        reason=reason,
        state=DisputeState.OPENED,
        opened_at=change.now,
        resolved_at=None,
    )
    positions = await positions_of(change.connection, payment)
    parts = {position.payee_id: position.left for position in positions}
    entries = take_back(positions, parts, towards=Account.DISPUTES, kind=EntryKind.DISPUTE)
    await post(change.connection, Movement.DISPUTE, payment, entries, change.now, dispute_id=row["id"])
    await _tell(change, payment, PaymentState.DISPUTED, EventType.DISPUTED, row)
    return row


async def resolve_dispute(change: Change, payment: PaymentFacts, row: Record, outcome: DisputeState) -> Record:
    """Of a locked payment whose dispute is open. A lost one leaves the payment disputed: its money is gone."""
    resolved = await refund_queries.RESOLVE_DISPUTE.fetch_one(
        change.connection, dispute_id=row["id"], state=outcome, now=change.now
    )
    if outcome is DisputeState.WON:
        taken = await entries_of_dispute(change.connection, row["id"])
        entries = undo(taken, through=Account.DISPUTES, now_from=Account.DISPUTES)
        movement, state, event = Movement.DISPUTE_WON, PaymentState.CAPTURED, EventType.DISPUTE_WON
    else:
        entries = pass_on(row["amount_minor_units"], source=Account.DISPUTES, kind=EntryKind.DISPUTE)
        movement, state, event = Movement.DISPUTE_LOST, PaymentState.DISPUTED, EventType.DISPUTE_LOST
    await post(change.connection, movement, payment, entries, change.now, dispute_id=row["id"])
    await _tell(change, payment, state, event, resolved)
    return resolved


async def _tell(change: Change, payment: PaymentFacts, state: PaymentState, event: EventType, row: Record) -> None:
    await change.move(
        payment,
        state,
        event,
        dispute_id=str(row["id"]),
        dispute_amount=money(row["amount_minor_units"], row["currency"]),
        reason=row["reason"],
    )
