"""The standing proof: bookings, doors and other channels counted anew against the nights, and money against refunds.

One statement, so that it looks at one moment and may run beside any traffic. A discrepancy is never
normal: it means that rooms or money were lost or made up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from runtime.database import Connection, Statement


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`subject` is a room type or a booking, `detail` its night or nothing."""

    kind: str
    subject: str
    detail: str
    expected: int
    found: int


_DISCREPANCIES = Statement(
    text("""
        WITH counted AS (
            SELECT room.room_type_id, days.day::date AS night,
                   count(*) FILTER (WHERE b.state IN ('HELD', 'PAYMENT_PENDING')) AS held,
                   count(*) FILTER (WHERE b.state IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'NO_SHOW')) AS sold
            FROM booking.booking AS b
            JOIN booking.booking_room AS room ON room.booking_id = b.id
            CROSS JOIN generate_series(
                CAST(room.first_night AS timestamp), CAST(room.end_night AS timestamp) - interval '1 day',
                interval '1 day'
            ) AS days (day)
            WHERE NOT room.cancelled AND b.state NOT IN ('EXPIRED', 'CANCELLED')
            GROUP BY 1, 2
        ),
        nights AS (
            SELECT room_type_id, night,
                   coalesce(c.held, 0) AS held_expected, coalesce(n.held, 0) AS held_found,
                   coalesce(c.sold, 0) AS sold_expected, coalesce(n.sold, 0) AS sold_found
            FROM counted AS c
            FULL JOIN booking.room_type_night AS n USING (room_type_id, night)
        ),
        out_of_order AS (
            SELECT p.room_type_id, days.day::date AS night, count(*) AS rooms
            FROM booking.out_of_order_period AS p
            CROSS JOIN generate_series(
                CAST(p.first_night AS timestamp), CAST(p.end_night AS timestamp) - interval '1 day', interval '1 day'
            ) AS days (day)
            WHERE p.ended_at IS NULL OR days.day < date_trunc('day', p.ended_at AT TIME ZONE 'UTC') - interval '1 day'
            GROUP BY 1, 2
        ),
        elsewhere AS (
            SELECT feed.room_type_id, busy.night, sum(busy.rooms) AS rooms
            FROM booking.calendar_feed AS feed JOIN booking.calendar_feed_night AS busy ON busy.feed_id = feed.id
            GROUP BY 1, 2
        ),
        money AS (
            SELECT b.id, b.state, b.payment_id, b.total_minor_units AS total,
                   b.paid_minor_units AS paid, b.refunded_minor_units AS refunded,
                   coalesce(sum(r.amount_minor_units), 0) AS owed_back,
                   coalesce(sum(r.amount_minor_units) FILTER (WHERE r.state = 'SUCCEEDED'), 0) AS sent_back
            FROM booking.booking AS b
            LEFT JOIN booking.refund AS r ON r.booking_id = b.id
            GROUP BY b.id
        )
        SELECT 'HELD' AS kind, room_type_id::text AS subject, night::text AS detail,
               held_expected AS expected, held_found::bigint AS found
        FROM nights WHERE held_expected <> held_found
        UNION ALL
        SELECT 'SOLD', room_type_id::text, night::text, sold_expected, sold_found::bigint
        FROM nights WHERE sold_expected <> sold_found
        UNION ALL
        SELECT 'OUT_OF_ORDER', room_type_id::text, night::text, coalesce(o.rooms, 0), coalesce(n.out_of_order, 0)
        FROM out_of_order AS o FULL JOIN booking.room_type_night AS n USING (room_type_id, night)
        WHERE coalesce(o.rooms, 0) <> coalesce(n.out_of_order, 0)
        UNION ALL
        SELECT 'BLOCKED', n.room_type_id::text, n.night::text, coalesce(e.rooms, 0)::bigint, n.blocked
        FROM booking.room_type_night AS n LEFT JOIN elsewhere AS e USING (room_type_id, night)
        WHERE n.blocked > coalesce(e.rooms, 0)
        UNION ALL
        SELECT 'CAPACITY', n.room_type_id::text, n.night::text, t.capacity, n.capacity
        FROM booking.room_type_night AS n JOIN booking.room_type AS t USING (room_type_id)
        WHERE NOT n.capacity_overridden AND n.capacity <> t.capacity
            AND n.night >= (now() AT TIME ZONE 'UTC')::date - 1
        UNION ALL
        SELECT 'REFUNDED', id::text, '', sent_back::bigint, refunded
        FROM money WHERE sent_back <> refunded
        UNION ALL
        SELECT 'KEPT_UNPAID', id::text, '', owed_back::bigint, paid
        FROM money WHERE state IN ('HELD', 'PAYMENT_PENDING', 'EXPIRED') AND paid <> owed_back
        UNION ALL
        SELECT 'KEPT_PAID', id::text, '', CASE payment_id WHEN '' THEN 0 ELSE total END + owed_back::bigint, paid
        FROM money
        WHERE state IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'NO_SHOW')
          AND paid <> CASE payment_id WHEN '' THEN 0 ELSE total END + owed_back
        ORDER BY 1, 2, 3
    """)
)


async def find_discrepancies(connection: Connection) -> list[Discrepancy]:
    """Empty when every held and sold room belongs to a booking, every booking has its nights, every room that is
    out of order or blocked is so for a reason that is known, every night has the capacity that was given to it,
    every released booking has its money back, and every confirmed one is paid once or pays at the hotel."""
    return [
        Discrepancy(row["kind"], row["subject"], row["detail"], row["expected"], row["found"])
        for row in await _DISCREPANCIES.fetch(connection)
    ]
