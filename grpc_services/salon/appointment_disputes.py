"""Payments that are contested at the client's bank: the appointment stays as it is, and its salon is told."""

from __future__ import annotations

from contracts.payment.v1 import payment_pb2
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_refund_queries as refund_queries
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from runtime.clock import from_timestamp
from runtime.database import Connection, Record
from runtime.identity import Role

_TOLD = {
    "OPENED": ("PaymentDisputed", "The client's bank took the payment back until the dispute about it ends."),
    "WON": ("DisputeWon", "The dispute about the payment was won; the money is back."),
    "LOST": ("DisputeLost", "The dispute about the payment was lost; the money stays with the client."),
}


async def take_in(connection: Connection, row: Record, payment: payment_pb2.Payment) -> bool:
    """Writes down what is new of the disputes about a payment of a locked appointment; whether anything was. One that
    is first heard of at its end is told from its beginning."""
    if not payment.disputes:
        return False
    known = await refund_queries.known_disputes(connection, payment.id)
    news = False
    for dispute in payment.disputes:
        state = payment_pb2.DisputeState.Name(dispute.state).removeprefix("DISPUTE_STATE_")
        before = known.get(dispute.id)
        if state not in _TOLD or before in (state, "WON", "LOST"):  # who asked earlier may come here later
            continue
        await refund_queries.save_dispute(
            connection,
            id=dispute.id,
            appointment_id=row["id"],
            payment_id=payment.id,
            amount_minor_units=dispute.amount.minor_units,
            reason=dispute.reason,
            state=state,
            opened_at=from_timestamp(dispute.opened_at),
        )
        for told in [state] if before or state == "OPENED" else ["OPENED", state]:
            kind, summary = _TOLD[told]
            await timeline_queries.write_timeline(
                connection, row, kind=kind, actor=Role.SYSTEM, summary=summary, changed_state=False
            )
            await events.publish_disputed(connection, row, dispute, told)
        if state == "WON":
            await refund_queries.make_due(connection, payment.id)
        news = True
    return news
