"""Bookings as the service answers them, with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.booking.v1 import booking_pb2
from grpc_services.booking import folio_queries, messages
from runtime.database import Connection, Record


async def bookings_as_messages(connection: Connection, rows: Sequence[Record]) -> list[booking_pb2.Booking]:
    """In the order of the rows; in as many queries for a page as for one."""
    folios = await folio_queries.load_folios(connection, [row["id"] for row in rows]) if rows else {}
    return [messages.booking_message(row, folios[row["id"]]) for row in rows]


async def booking_as_message(connection: Connection, row: Record) -> booking_pb2.Booking:
    (message,) = await bookings_as_messages(connection, [row])
    return message
