"""What booking tells of bookings so that their money can be followed; a `PaidThings`."""

from __future__ import annotations

from grpc_services.booking import events, queries
from runtime.database import Connection, Record
from runtime.identity import Role

NAME = "booking"
REFUNDED = "BookingRefunded"
PAYER = "guest"
lock = queries.lock_booking
add_refunded = queries.add_refunded
publish_refunded = events.publish_refunded
publish_refund_failed = events.publish_refund_failed
publish_disputed = events.publish_disputed


async def tell(connection: Connection, row: Record, kind: str, summary: str) -> None:
    await queries.write_timeline(connection, row, kind=kind, actor=Role.SYSTEM, summary=summary, changed_state=False)
