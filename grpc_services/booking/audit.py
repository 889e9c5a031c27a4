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
        WITH booked AS (
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
        kept_in_blocks AS (
            SELECT room.room_type_id, days.day::date AS night, sum(room.rooms - room.taken) AS held, 0 AS sold
            FROM booking.block AS b
            JOIN booking.block_room AS room ON room.block_id = b.id
            CROSS JOIN generate_series(
                CAST(b.check_in AS timestamp), CAST(b.check_out AS timestamp) - interval '1 day', interval '1 day'
            ) AS days (day)
            WHERE b.state = 'OPEN'
            GROUP BY 1, 2
        ),
        counted AS (
            SELECT room_type_id, night, sum(held)::bigint AS held, sum(sold)::bigint AS sold
            FROM (SELECT * FROM booked UNION ALL SELECT * FROM kept_in_blocks) AS both_kinds
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
        back AS (
            SELECT booking_id, sum(amount_minor_units)::bigint AS owed,
                coalesce(sum(amount_minor_units) FILTER (WHERE state = 'SUCCEEDED'), 0)::bigint AS sent
            FROM booking.refund WHERE state NOT IN ('FAILED', 'REVERSED') GROUP BY 1
        ),
        captured AS (
            SELECT booking_id, sum(amount_minor_units)::bigint AS amount FROM booking.captured_payment GROUP BY 1
        ),
        charged AS (
            SELECT booking_id, sum(amount_minor_units)::bigint AS amount FROM booking.booking_charge GROUP BY 1
        ),
        at_desk AS (
            SELECT booking_id, sum(amount_minor_units)::bigint AS amount FROM booking.desk_payment GROUP BY 1
        ),
        visited AS (
            SELECT booking_id, sum(cost_minor_units)::bigint AS cost FROM booking.booking_visit GROUP BY 1
        ),
        moved AS (
            SELECT booking_id, payment_id, 'payment ' || payment_id AS what, 1 AS sign, amount_minor_units AS amount,
                shares
            FROM booking.captured_payment
            UNION ALL
            SELECT booking_id, payment_id, 'refund ' || id::text, -1, amount_minor_units, shares
            FROM booking.refund WHERE state NOT IN ('FAILED', 'REVERSED')
        ),
        of_payee AS (
            SELECT moved.booking_id, moved.payment_id, share.key AS payee_id,
                sum(moved.sign * share.value::bigint)::bigint AS kept
            FROM moved CROSS JOIN jsonb_each_text(moved.shares) AS share GROUP BY 1, 2, 3
        ),
        of_house AS (
            SELECT p.booking_id, sum(p.kept)::bigint AS kept
            FROM of_payee AS p JOIN booking.booking AS b ON b.id = p.booking_id AND b.hotel_id::text = p.payee_id
            GROUP BY 1
        ),
        of_salon AS (
            SELECT booking_id, payee_id, coalesce(due.cost, 0) AS cost, coalesce(got.kept, 0) AS kept
            FROM (
                SELECT booking_id, salon_id::text AS payee_id, sum(cost_minor_units)::bigint AS cost
                FROM booking.booking_visit GROUP BY 1, 2
            ) AS due
            FULL JOIN (
                SELECT p.booking_id, p.payee_id, sum(p.kept)::bigint AS kept
                FROM of_payee AS p JOIN booking.booking AS b ON b.id = p.booking_id AND b.hotel_id::text <> p.payee_id
                GROUP BY 1, 2
            ) AS got USING (booking_id, payee_id)
        ),
        lacking AS (
            SELECT booking_id, sum(greatest(cost - kept, 0))::bigint AS amount FROM of_salon GROUP BY 1
        ),
        standing AS (
            SELECT booking_id, coalesce(sum(total_minor_units) FILTER (WHERE NOT cancelled), 0)::bigint AS amount
            FROM booking.booking_room GROUP BY 1
        ),
        money AS (
            SELECT b.id, b.state, b.payment_id, b.total_minor_units AS total, b.penalty_minor_units AS penalty,
                b.paid_minor_units AS paid, b.refunded_minor_units AS refunded,
                b.charges_minor_units AS charges, b.desk_paid_minor_units AS desk_paid,
                coalesce(back.owed, 0) AS owed_back, coalesce(back.sent, 0) AS sent_back,
                coalesce(captured.amount, 0) AS captured, coalesce(charged.amount, 0) AS charged,
                coalesce(at_desk.amount, 0) AS at_desk, coalesce(standing.amount, 0) AS standing,
                b.visits_minor_units AS visits, coalesce(visited.cost, 0) AS visited,
                b.charges_minor_units + CASE
                    WHEN b.state = 'EXPIRED' THEN 0
                    WHEN b.state IN ('CANCELLED', 'NO_SHOW') THEN b.penalty_minor_units + b.visits_minor_units
                    ELSE b.total_minor_units + b.visits_minor_units
                END AS cost,
                b.paid_minor_units - coalesce(back.owed, 0) AS kept,
                coalesce(of_house.kept, 0) AS houses, coalesce(lacking.amount, 0) AS lacking
            FROM booking.booking AS b
            LEFT JOIN back ON back.booking_id = b.id
            LEFT JOIN captured ON captured.booking_id = b.id
            LEFT JOIN charged ON charged.booking_id = b.id
            LEFT JOIN at_desk ON at_desk.booking_id = b.id
            LEFT JOIN standing ON standing.booking_id = b.id
            LEFT JOIN visited ON visited.booking_id = b.id
            LEFT JOIN of_house ON of_house.booking_id = b.id
            LEFT JOIN lacking ON lacking.booking_id = b.id
        ),
        doors AS (
            SELECT n.booking_id, n.position, n.night, count(*) AS doors,
                count(*) FILTER (
                    WHERE NOT room.cancelled AND n.night >= room.first_night AND n.night < room.end_night
                        AND b.state NOT IN ('EXPIRED', 'CANCELLED')
                ) AS in_stay
            FROM booking.room_night AS n
            JOIN booking.booking AS b ON b.id = n.booking_id
            LEFT JOIN booking.booking_room AS room
                ON room.booking_id = n.booking_id AND room.position = n.position
            WHERE n.booking_id IS NOT NULL
            GROUP BY 1, 2, 3
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
        SELECT 'REFUNDED', id::text, '', sent_back, refunded FROM money WHERE sent_back <> refunded
        UNION ALL
        SELECT 'PAID', id::text, '', captured, paid FROM money WHERE captured <> paid
        UNION ALL
        SELECT 'CHARGES', id::text, '', charged, charges FROM money WHERE charged <> charges
        UNION ALL
        SELECT 'DESK_PAID', id::text, '', at_desk, desk_paid FROM money WHERE at_desk <> desk_paid
        UNION ALL
        SELECT 'VISITS', id::text, '', visited, visits FROM money WHERE visited <> visits
        UNION ALL
        SELECT 'TOTAL', id::text, '', standing + penalty, total FROM money
        WHERE state NOT IN ('CANCELLED', 'NO_SHOW') AND standing + penalty <> total
        UNION ALL
        SELECT 'KEPT_UNPAID', id::text, '', owed_back, paid FROM money
        WHERE state IN ('HELD', 'PAYMENT_PENDING', 'EXPIRED') AND kept <> 0
        UNION ALL
        SELECT 'SHARES', booking_id::text, what, amount, CAST(coalesce(summed.shared, 0) AS bigint)
        FROM moved CROSS JOIN LATERAL (
            SELECT sum(share.value::bigint) AS shared FROM jsonb_each_text(moved.shares) AS share
        ) AS summed
        WHERE amount IS DISTINCT FROM summed.shared
        UNION ALL
        SELECT 'OVERDRAWN', booking_id::text, payment_id || ' ' || payee_id, 0, kept FROM of_payee WHERE kept < 0
        UNION ALL
        SELECT 'KEPT_TOO_MUCH', booking_id::text, payee_id, cost, kept FROM of_salon WHERE kept > cost
        UNION ALL
        SELECT 'KEPT_TOO_MUCH', id::text, '', cost - visits, houses + desk_paid - lacking FROM money
        WHERE kept < 0 OR (houses > 0 AND houses + desk_paid - lacking > cost - visits)
        UNION ALL
        SELECT 'CONFIRMED_UNPAID', id::text, '', total, paid FROM money
        WHERE state NOT IN ('HELD', 'PAYMENT_PENDING', 'EXPIRED', 'CANCELLED') AND payment_id <> '' AND captured = 0
            AND NOT EXISTS (
                SELECT FROM booking.timeline_entry AS told
                WHERE told.booking_id = money.id AND told.kind = 'BookingModified'
            )
        UNION ALL
        SELECT 'LEFT_UNPAID', id::text, '', cost, kept + desk_paid FROM money
        WHERE state = 'COMPLETED' AND kept + desk_paid < cost
        UNION ALL
        SELECT 'DOORS', booking_id::text, position || ' ' || night, least(in_stay, 1), doors FROM doors
        WHERE doors <> 1 OR in_stay <> 1
        ORDER BY 1, 2, 3
    """)
)


_BASKETS = Statement(
    text("""
        SELECT v.appointment_id::text AS appointment_id, v.booking_id::text AS booking_id, v.state,
            v.cost_minor_units AS cost
        FROM booking.booking_visit AS v
    """)
)


async def visits_of_bookings(connection: Connection) -> dict[str, tuple[str, str, int]]:
    """(booking, state, cost) of every visit that was booked with rooms, by its appointment; salon knows the same of
    each, once both have heard of each other."""
    return {
        row["appointment_id"]: (row["booking_id"], row["state"], row["cost"])
        for row in await _BASKETS.fetch(connection)
    }


async def find_discrepancies(connection: Connection) -> list[Discrepancy]:
    """Empty when every held and sold room belongs to a booking, every booking has its nights, every room that is
    out of order or blocked is so for a reason that is known, every night has the capacity that was given to it,
    every bill is the sum of its lines, money belongs to payees to the last cent and none has more of it than the
    booking costs, nobody left without paying, and every booked room has at most one door a night, on nights of its
    stay only."""
    return [
        Discrepancy(row["kind"], row["subject"], row["detail"], row["expected"], row["found"])
        for row in await _DISCREPANCIES.fetch(connection)
    ]
