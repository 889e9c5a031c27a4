"""The part of the audit that sets what booking and salon say of payees against the ledger: what each got by a payment,
and gave back by a refund, is the same on both sides, refund by refund."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from sqlalchemy import text

from grpc_services.payment.audit import Discrepancy
from runtime.database import Connection, Statement

Shares: TypeAlias = "Mapping[tuple[str, str], int]"
"""Minor units by what moved ('payment …' or 'refund …', with the payment system's id) and payee."""

_KNOWN = """
        SELECT 'payment ' || payment_id AS what, share.key AS payee_id, share.value::bigint AS amount
        FROM {schema}.captured_payment CROSS JOIN jsonb_each_text(shares) AS share
        UNION ALL
        SELECT 'refund ' || provider_refund_id, share.key, share.value::bigint
        FROM {schema}.refund CROSS JOIN jsonb_each_text(shares) AS share WHERE provider_refund_id <> ''
"""
OF_BOOKINGS = Statement(text(_KNOWN.replace("{schema}", "booking")))
OF_APPOINTMENTS = Statement(text(_KNOWN.replace("{schema}", "salon")))
_IN_LEDGER = Statement(
    text("""
        SELECT CASE t.kind WHEN 'CAPTURE' THEN 'payment ' || t.payment_id ELSE 'refund ' || t.refund_id END AS what,
            e.payee_id, abs(e.amount_minor_units) AS amount
        FROM payment.ledger_transaction AS t JOIN payment.ledger_entry AS e ON e.transaction_id = t.id
        WHERE t.kind IN ('CAPTURE', 'REFUND') AND e.account IN ('PAYEE', 'PLATFORM') AND e.kind IN ('GROSS', 'REFUND')
    """)
)


async def known_shares(connection: Connection, statement: Statement) -> dict[tuple[str, str], int]:
    return {(row["what"], row["payee_id"]): row["amount"] for row in await statement.fetch(connection)}


async def find_discrepancies(connection: Connection, known: Shares) -> list[Discrepancy]:
    """Read after `known`: what a service has taken in, the ledger has had before, and neither ever changes."""
    ledger = {(row["what"], row["payee_id"]): row["amount"] for row in await _IN_LEDGER.fetch(connection)}
    moved = {what for what, _ in known}
    return [
        Discrepancy("PAYEE", *one, ledger.get(one, 0), known.get(one, 0))
        for one in sorted({*known, *(one for one in ledger if one[0] in moved)})
        if ledger.get(one) != known.get(one)
    ]
