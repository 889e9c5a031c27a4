"""The part of the audit that sets hoteliers' statements against the ledger: the months of each house, added up, are all
that the ledger holds for it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import text

from grpc_services.payment import ledger_queries
from grpc_services.payment.audit import Discrepancy
from runtime.database import Connection, Statement
from runtime.months import month_bounds, month_of

_OF_PAYEES = Statement(
    text("""
        SELECT payee_id, currency, sum(amount_minor_units)::bigint AS amount, min(at) AS first_at, max(at) AS last_at
        FROM payment.ledger_entry WHERE account = 'PAYEE' GROUP BY 1, 2 ORDER BY 1, 2
    """)
)
HOTEL_ZONES = Statement(text("SELECT DISTINCT hotel_id::text AS id, time_zone FROM booking.booking"))
SALON_ZONES = Statement(text("SELECT id::text AS id, time_zone FROM salon.salon"))
_ELSEWHERE = "UTC"  # of payees that no booking names


async def zones(connection: Connection, statement: Statement) -> dict[str, str]:
    return {row["id"]: row["time_zone"] for row in await statement.fetch(connection)}


async def find_discrepancies(connection: Connection, time_zones: Mapping[str, str]) -> list[Discrepancy]:
    """`time_zones` are those of hotels and salons by id."""
    found: list[Discrepancy] = []
    for row in await _OF_PAYEES.fetch(connection):
        zone = time_zones.get(row["payee_id"], _ELSEWHERE)
        stated: Counter[str] = Counter()
        for month in months_between(row["first_at"], row["last_at"], zone):
            since, until = month_bounds(month, zone)
            for line in await ledger_queries.PAYEE_SUMS.fetch(
                connection, payee_id=row["payee_id"], since=since, until=until
            ):
                stated[line["currency"]] += line["amount"]
        if stated[row["currency"]] != row["amount"]:
            found.append(
                Discrepancy("statement", row["payee_id"], row["currency"], row["amount"], stated[row["currency"]])
            )
    return found


def months_between(first: dt.datetime, last: dt.datetime, time_zone: str) -> list[str]:
    """Every month from that of `first` to that of `last`, on the calendar of the zone."""
    months = [month_of(first, time_zone)]
    while months[-1] != month_of(last, time_zone):
        _, until = month_bounds(months[-1], time_zone)
        months.append(month_of(until, time_zone))
    return months
