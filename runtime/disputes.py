"""Payments that are contested at their payer's bank: what was paid for stays as it is, and its house is told."""

from __future__ import annotations

from contracts.payment.v1 import payment_pb2
from runtime.clock import from_timestamp
from runtime.database import Connection, Record
from runtime.paid_things import PaidThings
from runtime.payment_records import PaymentRecords

_TOLD = {
    "OPENED": ("PaymentDisputed", "The {payer}'s bank took the payment back until the dispute about it ends."),
    "WON": ("DisputeWon", "The dispute about the payment was won; the money is back."),
    "LOST": ("DisputeLost", "The dispute about the payment was lost; the money stays with the {payer}."),
}


async def take_in_disputes(
    connection: Connection, records: PaymentRecords, things: PaidThings, row: Record, payment: payment_pb2.Payment
) -> bool:
    """Writes down what is new of the disputes about a payment of a locked row; whether anything was. One that is first
    heard of at its end is told from its beginning."""
    if not payment.disputes:
        return False
    known = await records.known_disputes(connection, payment.id)
    news = False
    for dispute in payment.disputes:
        state = payment_pb2.DisputeState.Name(dispute.state).removeprefix("DISPUTE_STATE_")
        before = known.get(dispute.id)
        if state not in _TOLD or before in (state, "WON", "LOST"):  # who asked earlier may come here later
            continue
        await records.save_dispute(
            connection,
            row["id"],
            id=dispute.id,
            payment_id=payment.id,
            amount_minor_units=dispute.amount.minor_units,
            reason=dispute.reason,
            state=state,
            opened_at=from_timestamp(dispute.opened_at),
        )
        for told in [state] if before or state == "OPENED" else ["OPENED", state]:
            kind, summary = _TOLD[told]
            await things.tell(connection, row, kind, summary.format(payer=things.PAYER))
            await things.publish_disputed(connection, row, dispute, told)
        await records.has_moved(connection, payment.id)
        if state == "WON":
            await records.make_due(connection, payment.id)
        news = True
    return news
