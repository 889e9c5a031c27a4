"""Movements of money written into the ledger, in the transaction of the change that they belong to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from grpc_services.payment import ledger_queries
from grpc_services.payment.ledger import Account, Entry, EntryKind, Movement, Position, Share
from grpc_services.payment.rules import PaymentFacts
from runtime.database import Connection, Record
from runtime.identifiers import new_id


async def post(
    connection: Connection,
    movement: Movement,
    payment: PaymentFacts,
    entries: Sequence[Entry],
    now: dt.datetime,
    *,
    refund_id: uuid.UUID | None = None,
    dispute_id: uuid.UUID | None = None,
) -> None:
    transaction_id = new_id()
    await ledger_queries.INSERT_MOVEMENT.execute(
        connection,
        id=transaction_id,
        payment_id=payment.id,
        refund_id=refund_id,
        dispute_id=dispute_id,
        kind=movement,
        at=now,
    )
    await ledger_queries.INSERT_ENTRY.execute_many(
        connection,
        [
            {
                "transaction_id": transaction_id,
                "account": entry.account,
                "payee_id": entry.payee_id,
                "kind": entry.kind,
                "amount_minor_units": entry.amount,
                "currency": payment.currency,
                "at": now,
            }
            for entry in entries
        ],
    )


async def shares_of(connection: Connection, payment_id: uuid.UUID) -> list[Share]:
    rows = await ledger_queries.SHARES_OF_PAYMENT.fetch(connection, payment_id=payment_id)
    return [Share(row["payee_id"], row["amount_minor_units"], row["commission_basis_points"]) for row in rows]


async def positions_of(connection: Connection, payment: PaymentFacts) -> list[Position]:
    """What each payee has of a captured payment, in the order of its shares; the platform alone where it has none."""
    rows = await ledger_queries.BALANCES_OF_PAYMENT.fetch(connection, payment_id=payment.id)
    balances = {row["payee_id"]: row for row in rows}
    shares = await shares_of(connection, payment.id)
    if not shares:
        return [Position("", balances[""]["remaining"], 0, 0)]
    return [
        Position(
            share.payee_id,
            balances[share.payee_id]["remaining"],
            balances[share.payee_id]["commission_kept"],
            share.commission_basis_points,
        )
        for share in shares
        if share.payee_id in balances
    ]


async def entries_of_refund(connection: Connection, refund_id: uuid.UUID) -> list[Entry]:
    return [_entry(row) for row in await ledger_queries.ENTRIES_OF_REFUND.fetch(connection, refund_id=refund_id)]


async def entries_of_dispute(connection: Connection, dispute_id: uuid.UUID) -> list[Entry]:
    return [_entry(row) for row in await ledger_queries.ENTRIES_OF_DISPUTE.fetch(connection, dispute_id=dispute_id)]


def _entry(row: Record) -> Entry:
    return Entry(Account(row["account"]), row["payee_id"], EntryKind(row["kind"]), row["amount_minor_units"])
