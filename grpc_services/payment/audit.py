"""The standing proof: the ledger sums to zero and says of every payment, refund and dispute what its row says.

One statement, so that it looks at one moment and may run beside any traffic. A discrepancy is never normal: it means
that money was lost or made up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from runtime.database import Connection, Statement


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`subject` is a transaction of the ledger, a payment, a refund or a dispute; `detail` its currency or payee."""

    kind: str
    subject: str
    detail: str
    expected: int
    found: int


_DISCREPANCIES = Statement(
    text("""
        WITH entry AS (
            SELECT t.id AS transaction_id, t.payment_id, t.refund_id, t.dispute_id, t.kind AS movement,
                e.account, e.payee_id, e.kind, e.currency, e.amount_minor_units AS amount
            FROM payment.ledger_transaction AS t
            LEFT JOIN payment.ledger_entry AS e ON e.transaction_id = t.id
        ),
        of_payment AS (
            SELECT payment_id,
                coalesce(-sum(amount) FILTER (WHERE movement = 'CAPTURE' AND account = 'CARD_NETWORK'), 0) AS captured,
                coalesce(sum(amount) FILTER (
                    WHERE (account = 'REFUNDS_IN_TRANSIT' AND movement IN ('REFUND', 'REFUND_FAILED'))
                        OR (account = 'CARD_NETWORK' AND movement = 'REFUND_REVERSED')
                ), 0) AS refunded
            FROM entry GROUP BY 1
        ),
        refund_rows AS (
            SELECT payment_id, sum(amount_minor_units) FILTER (WHERE state NOT IN ('FAILED', 'REVERSED')) AS alive
            FROM payment.refund GROUP BY 1
        ),
        of_refund AS (
            SELECT refund_id,
                coalesce(sum(amount) FILTER (WHERE account = 'REFUNDS_IN_TRANSIT'), 0) AS in_transit,
                coalesce(sum(amount) FILTER (WHERE account = 'CARD_NETWORK'), 0) AS sent
            FROM entry WHERE refund_id IS NOT NULL GROUP BY 1
        ),
        of_dispute AS (
            SELECT dispute_id,
                coalesce(sum(amount) FILTER (WHERE account = 'DISPUTES'), 0) AS held,
                coalesce(sum(amount) FILTER (WHERE account = 'CARD_NETWORK'), 0) AS lost
            FROM entry WHERE dispute_id IS NOT NULL GROUP BY 1
        )
        SELECT 'LEDGER' AS kind, CAST(transaction_id AS text) AS subject, coalesce(currency, 'EMPTY') AS detail,
            0 AS expected, CAST(coalesce(sum(amount), 0) AS bigint) AS found
        FROM entry GROUP BY transaction_id, currency HAVING currency IS NULL OR sum(amount) <> 0
        UNION ALL
        SELECT 'OVERDRAWN', CAST(payment_id AS text), payee_id, 0, CAST(sum(amount) AS bigint)
        FROM entry WHERE account = 'PAYEE' AND kind IN ('GROSS', 'REFUND', 'DISPUTE')
        GROUP BY payment_id, payee_id HAVING sum(amount) < 0
        UNION ALL
        SELECT 'CAPTURED', CAST(p.id AS text), p.currency, p.captured_minor_units,
            CAST(coalesce(l.captured, 0) AS bigint)
        FROM payment.payment AS p LEFT JOIN of_payment AS l ON l.payment_id = p.id
        WHERE p.captured_minor_units <> coalesce(l.captured, 0)
        UNION ALL
        SELECT 'REFUNDED', CAST(p.id AS text), p.currency, p.refunded_minor_units,
            CAST(coalesce(l.refunded, 0) AS bigint)
        FROM payment.payment AS p LEFT JOIN of_payment AS l ON l.payment_id = p.id
        WHERE p.refunded_minor_units <> coalesce(l.refunded, 0)
        UNION ALL
        SELECT 'REFUNDS', CAST(p.id AS text), p.currency, p.refunded_minor_units, CAST(coalesce(r.alive, 0) AS bigint)
        FROM payment.payment AS p LEFT JOIN refund_rows AS r ON r.payment_id = p.id
        WHERE p.refunded_minor_units <> coalesce(r.alive, 0)
        UNION ALL
        SELECT 'IN_TRANSIT', CAST(r.id AS text), r.state,
            CASE WHEN r.state = 'PENDING' THEN r.amount_minor_units ELSE 0 END,
            CAST(coalesce(l.in_transit, 0) AS bigint)
        FROM payment.refund AS r LEFT JOIN of_refund AS l ON l.refund_id = r.id
        WHERE coalesce(l.in_transit, 0) <> CASE WHEN r.state = 'PENDING' THEN r.amount_minor_units ELSE 0 END
        UNION ALL
        SELECT 'SENT', CAST(r.id AS text), r.state,
            CASE WHEN r.state = 'SUCCEEDED' THEN r.amount_minor_units ELSE 0 END, CAST(coalesce(l.sent, 0) AS bigint)
        FROM payment.refund AS r LEFT JOIN of_refund AS l ON l.refund_id = r.id
        WHERE coalesce(l.sent, 0) <> CASE WHEN r.state = 'SUCCEEDED' THEN r.amount_minor_units ELSE 0 END
        UNION ALL
        SELECT 'DISPUTE', CAST(d.id AS text), d.state,
            CASE WHEN d.state = 'OPENED' THEN d.amount_minor_units ELSE 0 END, CAST(coalesce(l.held, 0) AS bigint)
        FROM payment.dispute AS d LEFT JOIN of_dispute AS l ON l.dispute_id = d.id
        WHERE coalesce(l.held, 0) <> CASE WHEN d.state = 'OPENED' THEN d.amount_minor_units ELSE 0 END
            OR coalesce(l.lost, 0) <> CASE WHEN d.state = 'LOST' THEN d.amount_minor_units ELSE 0 END
        ORDER BY 1, 2, 3
    """)
)


async def find_discrepancies(connection: Connection) -> list[Discrepancy]:
    """Everything that is wrong; empty when all adds up."""
    rows = await _DISCREPANCIES.fetch(connection)
    return [Discrepancy(row["kind"], row["subject"], row["detail"], row["expected"], row["found"]) for row in rows]
