"""The standing proof: appointments counted anew against their masters' time, and money against prices and refunds.

One statement, so that it looks at one moment and may run beside any traffic. A discrepancy is never normal: it means
that time or money was lost or made up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from runtime.database import Connection, Statement


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`subject` is an appointment, `detail` a position in it or nothing. Times are seconds since 1970."""

    kind: str
    subject: str
    detail: str
    expected: int
    found: int


_DISCREPANCIES = Statement(
    text("""
        WITH live AS (
            SELECT * FROM salon.appointment WHERE state NOT IN ('CANCELLED', 'EXPIRED')
        ),
        planned AS (
            SELECT s.appointment_id, s.position, s.master_id,
                s.starts_at - make_interval(mins => s.buffer_before_minutes) AS begin,
                s.ends_at + make_interval(mins => s.buffer_after_minutes) AS end
            FROM salon.visited_service AS s JOIN live ON live.id = s.appointment_id
        ),
        taken AS (
            SELECT appointment_id, position, master_id, lower(during) AS begin, upper(during) AS end
            FROM salon.master_time WHERE appointment_id IS NOT NULL
        ),
        times AS (
            SELECT coalesce(p.appointment_id, t.appointment_id) AS id, coalesce(p.position, t.position) AS position,
                coalesce(extract(epoch FROM p.begin), 0)::bigint AS expected,
                coalesce(extract(epoch FROM t.begin), 0)::bigint AS found
            FROM planned AS p
            FULL JOIN taken AS t ON t.appointment_id = p.appointment_id AND t.position = p.position
            WHERE (p.master_id, p.begin, p.end) IS DISTINCT FROM (t.master_id, t.begin, t.end)
        ),
        visit AS (
            SELECT appointment_id, sum(price_minor_units)::bigint AS price, min(starts_at) AS starts_at,
                max(ends_at) AS ends_at
            FROM salon.visited_service GROUP BY 1
        ),
        back AS (
            SELECT appointment_id, sum(amount_minor_units)::bigint AS owed,
                coalesce(sum(amount_minor_units) FILTER (WHERE state = 'SUCCEEDED'), 0)::bigint AS sent
            FROM salon.refund WHERE state NOT IN ('FAILED', 'REVERSED') GROUP BY 1
        ),
        captured AS (
            SELECT appointment_id, sum(amount_minor_units)::bigint AS amount FROM salon.captured_payment GROUP BY 1
        ),
        money AS (
            SELECT a.id, a.state, a.payment_timing, a.total_minor_units AS total, a.paid_minor_units AS paid,
                a.refunded_minor_units AS refunded, a.starts_at, a.ends_at,
                -- What was paid with a booking came and goes back through the booking, which counts it.
                CASE WHEN a.booking_id IS NULL THEN coalesce(back.owed, 0)
                    ELSE a.refunded_minor_units END AS owed_back,
                CASE WHEN a.booking_id IS NULL THEN coalesce(back.sent, 0)
                    ELSE a.refunded_minor_units + coalesce(back.owed, 0) END AS sent_back,
                CASE WHEN a.booking_id IS NULL OR a.paid_minor_units NOT IN (0, a.total_minor_units)
                    THEN coalesce(captured.amount, 0)
                    ELSE a.paid_minor_units + coalesce(captured.amount, 0) END AS captured,
                coalesce(visit.price, 0) AS price, visit.starts_at AS first_start, visit.ends_at AS last_end,
                CASE
                    WHEN a.state IN ('HELD', 'PAYMENT_PENDING', 'EXPIRED') THEN 0
                    WHEN a.state IN ('CANCELLED', 'NO_SHOW') THEN a.penalty_minor_units
                    ELSE a.total_minor_units
                END AS cost
            FROM salon.appointment AS a
            LEFT JOIN visit ON visit.appointment_id = a.id
            LEFT JOIN back ON back.appointment_id = a.id
            LEFT JOIN captured ON captured.appointment_id = a.id
        )
        SELECT 'TIME' AS kind, id::text AS subject, position::text AS detail, expected, found FROM times
        UNION ALL
        SELECT 'VISIT', id::text, '', extract(epoch FROM first_start)::bigint, extract(epoch FROM starts_at)::bigint
        FROM money WHERE (first_start, last_end) IS DISTINCT FROM (starts_at, ends_at)
        UNION ALL
        SELECT 'TOTAL', id::text, '', price, total FROM money WHERE price <> total
        UNION ALL
        SELECT 'PAID', id::text, '', captured, paid FROM money WHERE captured <> paid
        UNION ALL
        SELECT 'REFUNDED', id::text, '', sent_back, refunded FROM money WHERE sent_back <> refunded
        UNION ALL
        SELECT 'REFUNDED_TOO_MUCH', id::text, '', paid, owed_back FROM money WHERE owed_back > paid
        UNION ALL
        SELECT 'KEPT_TOO_MUCH', id::text, '', cost, paid - owed_back FROM money WHERE paid - owed_back > cost
        UNION ALL
        SELECT 'CONFIRMED_UNPAID', id::text, '', total, paid - owed_back FROM money
        WHERE payment_timing = 'PREPAID' AND state IN ('CONFIRMED', 'COMPLETED') AND paid - owed_back <> total
        ORDER BY 1, 2, 3
    """)
)


_BASKETS = Statement(
    text("""
        SELECT a.id::text AS appointment_id, a.booking_id::text AS booking_id, a.state,
            CASE WHEN a.state IN ('CANCELLED', 'NO_SHOW') THEN a.penalty_minor_units
                ELSE a.total_minor_units END AS cost
        FROM salon.appointment AS a WHERE a.booking_id IS NOT NULL
    """)
)


async def visits_of_bookings(connection: Connection) -> dict[str, tuple[str, str, int]]:
    """(booking, state, cost) of every appointment that was booked with rooms; booking knows the same of each, once
    both have heard of each other. What was held for a booking that never was stands here as EXPIRED."""
    return {
        row["appointment_id"]: (row["booking_id"], row["state"], row["cost"])
        for row in await _BASKETS.fetch(connection)
    }


async def find_discrepancies(connection: Connection) -> list[Discrepancy]:
    """Empty when every appointment that stands has exactly its masters' time and nobody else has any, every total is
    the sum of its prices, nobody's money is kept beyond what the appointment costs, none goes back that was not paid,
    and what is prepaid was paid."""
    return [
        Discrepancy(row["kind"], row["subject"], row["detail"], row["expected"], row["found"])
        for row in await _DISCREPANCIES.fetch(connection)
    ]
