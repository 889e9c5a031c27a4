"""The money of appointments: what is known of their payments, why it goes back, and how it is sent."""

from __future__ import annotations

from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import paid_appointments
from grpc_services.salon.appointment_models import payments as payment_rows
from grpc_services.salon.models import inbox as inbox_rows
from runtime.database import Connection, Record
from runtime.inbox import Inbox
from runtime.payment_records import PaymentRecords
from runtime.refunds import LATE_MONEY, Refunds
from runtime.settling import Settling

__all__ = ["LATE_MONEY"]

CANCELLED = "CANCELLED"
NO_SHOW = "NO_SHOW"

inbox = Inbox(inbox_rows)
records = PaymentRecords(payment_rows)
settling = Settling(records, inbox, paid_appointments)
_refunds = Refunds(records, inbox, paid_appointments)
owe_of, follow = _refunds.owe_of, _refunds.follow
send_open, try_to_send = _refunds.send_open, _refunds.try_to_send


async def give_back(connection: Connection, row: Record, amount: int, reason: str) -> Record:
    """Writes down that so much of a locked appointment's money goes back; answers it as it stands then. What was paid
    with a booking goes back on the booking's bill, which hears of it by event."""
    if row["booking_id"] is not None:
        return await queries.add_money(connection, row["id"], refunded=amount)
    await _refunds.owe(connection, row["id"], {str(row["salon_id"]): amount}, reason)
    return row
