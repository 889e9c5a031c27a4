"""Every SQL statement about the ledger."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, insert, or_, select

from grpc_services.payment.ledger_models import LedgerEntry, LedgerTransaction
from grpc_services.payment.models import Payment, PaymentShare
from runtime.database import Statement
from runtime.tables import table_of

movement = table_of(LedgerTransaction)
entry = table_of(LedgerEntry)
share = table_of(PaymentShare)
payment = table_of(Payment)

INSERT_MOVEMENT = Statement(
    insert(movement).values({column.name: bindparam(column.name, type_=column.type) for column in movement.columns})
)
INSERT_ENTRY = Statement(
    insert(entry).values(
        {column.name: bindparam(column.name, type_=column.type) for column in entry.columns if not column.primary_key}
    )
)
INSERT_SHARE = Statement(insert(share).values({column.name: bindparam(column.name) for column in share.columns}))
SHARES_OF_PAYMENT = Statement(
    select(share).where(share.c.payment_id == bindparam("payment_id")).order_by(share.c.position)
)

_owned = or_(entry.c.account == "PAYEE", entry.c.account == "PLATFORM")
_shared = or_(entry.c.kind == "GROSS", entry.c.kind == "REFUND", entry.c.kind == "DISPUTE")
_commission = or_(entry.c.kind == "COMMISSION", entry.c.kind == "COMMISSION_RETURNED")
_of_payment = movement.c.payment_id == bindparam("payment_id")
# The platform's own gross has no payee; its commissions are not its share of the payment.
BALANCES_OF_PAYMENT = Statement(
    select(
        entry.c.payee_id,
        func.coalesce(func.sum(entry.c.amount_minor_units).filter(_shared), 0)
        .cast(entry.c.amount_minor_units.type)
        .label("remaining"),
        func.coalesce(
            -func.sum(entry.c.amount_minor_units).filter(_commission, entry.c.account == "PAYEE"),
            0,
        )
        .cast(entry.c.amount_minor_units.type)
        .label("commission_kept"),
    )
    .select_from(movement.join(entry, entry.c.transaction_id == movement.c.id))
    .where(_of_payment, _owned)
    .group_by(entry.c.payee_id)
)
ENTRIES_OF_REFUND = Statement(
    select(entry)
    .select_from(movement.join(entry, entry.c.transaction_id == movement.c.id))
    .where(movement.c.refund_id == bindparam("refund_id"), movement.c.kind == "REFUND")
    .order_by(entry.c.position)
)
ENTRIES_OF_DISPUTE = Statement(
    select(entry)
    .select_from(movement.join(entry, entry.c.transaction_id == movement.c.id))
    .where(movement.c.dispute_id == bindparam("dispute_id"), movement.c.kind == "DISPUTE")
    .order_by(entry.c.position)
)
SHARES_OF_REFUNDS = Statement(
    select(movement.c.refund_id, entry.c.payee_id, (-entry.c.amount_minor_units).label("amount_minor_units"))
    .select_from(movement.join(entry, entry.c.transaction_id == movement.c.id))
    .where(_of_payment, movement.c.kind == "REFUND", entry.c.account == "PAYEE", entry.c.kind == "REFUND")
    .order_by(entry.c.position)
)

_in_time = and_(
    entry.c.account == "PAYEE",
    entry.c.payee_id == bindparam("payee_id"),
    entry.c.at >= bindparam("since"),
    entry.c.at < bindparam("until"),
)
PAYEE_SUMS = Statement(
    select(
        entry.c.currency,
        entry.c.kind,
        func.sum(entry.c.amount_minor_units).cast(entry.c.amount_minor_units.type).label("amount"),
    )
    .where(_in_time)
    .group_by(entry.c.currency, entry.c.kind)
    .order_by(entry.c.currency)
)
PAYEE_ENTRIES = Statement(
    select(
        entry,
        movement.c.payment_id,
        movement.c.refund_id,
        movement.c.dispute_id,
        payment.c.purpose,
        payment.c.booking_id,
        payment.c.booking_reference,
    )
    .select_from(
        entry.join(movement, movement.c.id == entry.c.transaction_id).join(
            payment, payment.c.id == movement.c.payment_id
        )
    )
    .where(_in_time, entry.c.position > bindparam("after"))
    .order_by(entry.c.position)
    .limit(bindparam("limit"))
)
