"""The money of bookings: what is known of their payments, why it goes back, and how it is sent."""

from __future__ import annotations

from grpc_services.booking import paid_bookings
from grpc_services.booking.models import inbox as inbox_rows
from grpc_services.booking.models import payments as payment_rows
from runtime.inbox import Inbox
from runtime.payment_records import PaymentRecords
from runtime.refunds import LATE_MONEY, Refunds
from runtime.settling import Settling

__all__ = ["LATE_MONEY"]

CANCELLED = "CANCELLED"
MODIFIED = "MODIFIED"
NO_SHOW = "NO_SHOW"
ALLOWANCE = "ALLOWANCE"
VISIT = "VISIT"

inbox = Inbox(inbox_rows)
records = PaymentRecords(payment_rows)
settling = Settling(records, inbox, paid_bookings)
_refunds = Refunds(records, inbox, paid_bookings)
owe, owe_of, follow = _refunds.owe, _refunds.owe_of, _refunds.follow
send_open, try_to_send = _refunds.send_open, _refunds.try_to_send
