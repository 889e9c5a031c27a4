"""Payments, refunds and disputes looked up for an answer or locked for a change."""

from __future__ import annotations

import uuid

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import ledger_queries, queries, refund_queries
from grpc_services.payment.messages import payment_message, refund_message
from grpc_services.payment.payment_moves import Change, read_payment
from grpc_services.payment.rules import PaymentFacts
from runtime.database import Connection, Record, Statement
from runtime.errors import NotFound


async def locked(change: Change, payment_id: uuid.UUID, *, field: str = "") -> PaymentFacts:
    """Whoever changes a payment, its refunds or its disputes holds its row; `field` is what named it."""
    row = await queries.LOCK_PAYMENT.fetch_row(change.connection, id=payment_id)
    if row is None:
        raise NotFound("There is no such payment.", path=(field,))
    return read_payment(row)


async def found(connection: Connection, statement: Statement, identifier: uuid.UUID, *, field: str) -> Record:
    row = await statement.fetch_row(connection, id=identifier)
    if row is None:
        raise NotFound("There is nothing with this id.", path=(field,))
    return row


async def whole_payment(connection: Connection, payment: PaymentFacts, public_url: str) -> payment_pb2.Payment:
    """With its attempts, disputes and shares."""
    return payment_message(
        payment,
        public_url,
        attempts=await queries.ATTEMPTS_OF_PAYMENT.fetch(connection, payment_id=payment.id),
        disputes=await refund_queries.DISPUTES_OF_PAYMENT.fetch(connection, payment_id=payment.id),
        shares=await ledger_queries.SHARES_OF_PAYMENT.fetch(connection, payment_id=payment.id),
    )


async def whole_refund(connection: Connection, row: Record) -> payment_pb2.Refund:
    shares = await ledger_queries.SHARES_OF_REFUNDS.fetch(connection, payment_id=row["payment_id"])
    return refund_message(row, shares)
