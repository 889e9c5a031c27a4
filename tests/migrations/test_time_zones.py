"""Bookings that were made before their time zone was a column."""

from __future__ import annotations

import datetime as dt
import uuid

import asyncpg

from contracts.hotel.v1 import rate_pb2
from migrations.commands import provision, upgrade
from tests.migrations.conftest import ROLE_PASSWORDS

_QUOTE = """
    INSERT INTO booking.quote (id, hotel_id, check_in, check_out, priced_stay, expires_at)
    VALUES ($1, $1, $2, $3, $4, now())
"""
_BOOKING = """
    INSERT INTO booking.booking (
        id, reference, state, version, hotel_id, hotel_owner_id, guest_account_id, quote_id, check_in, check_out,
        guest_name, guest_email, guest_phone, special_requests, arrival_time, priced_stay, currency,
        total_minor_units, paid_minor_units, refunded_minor_units, payment_attempts, payment_id, payment_state,
        checkout_url
    )
    VALUES ($1, CAST($1::uuid AS text), 'CONFIRMED', 1, $1, $1, $1, $1, $2, $3,
            '', '', '', '', '', $4, 'EUR', 0, 0, 0, 0, '', '', '')
"""


async def test_known_bookings_take_their_zone_from_the_stay_they_were_priced_with(empty_database: str) -> None:
    await provision(empty_database, ROLE_PASSWORDS)
    await upgrade(empty_database, ("booking",), "0002")
    connection = await asyncpg.connect(empty_database)
    zones = {uuid.uuid4(): zone for zone in ("Europe/Paris", "Pacific/Kiritimati", "America/St_Johns")}
    arrival = dt.date(2027, 5, 14)
    for identifier, zone in zones.items():
        stay = rate_pb2.PriceStayResponse(time_zone=zone).SerializeToString()
        for statement in (_QUOTE, _BOOKING):
            await connection.execute(statement, identifier, arrival, arrival + dt.timedelta(days=2), stay)
    await upgrade(empty_database, ("booking",))
    found = {row["id"]: row["time_zone"] for row in await connection.fetch("SELECT * FROM booking.booking")}
    await connection.close()
    assert found == zones
