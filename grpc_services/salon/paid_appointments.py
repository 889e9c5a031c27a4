"""What salon tells of appointments so that their money can be followed; a `PaidThings`."""

from __future__ import annotations

import uuid

from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from runtime.database import Connection, Record
from runtime.identity import Role

NAME = "appointment"
REFUNDED = "AppointmentRefunded"
PAYER = "client"
lock = queries.lock_appointment
publish_refunded = events.publish_refunded
publish_refund_failed = events.publish_refund_failed
publish_disputed = events.publish_disputed


async def add_refunded(connection: Connection, appointment_id: uuid.UUID, amount: int) -> Record:
    return await queries.add_money(connection, appointment_id, refunded=amount)


async def tell(connection: Connection, row: Record, kind: str, summary: str) -> None:
    await timeline_queries.write_timeline(
        connection, row, kind=kind, actor=Role.SYSTEM, summary=summary, changed_state=False
    )
