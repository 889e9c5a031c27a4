"""Rows of this service as the messages of its contract."""

from __future__ import annotations

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.payment.rules import PaymentFacts
from runtime.clock import to_timestamp
from runtime.database import Record


def payment_message(payment: PaymentFacts, public_url: str) -> payment_pb2.Payment:
    return payment_pb2.Payment(
        id=str(payment.id),
        state=payment_pb2.PaymentState.Value(f"PAYMENT_STATE_{payment.state.value}"),
        amount=money_pb2.Money(minor_units=payment.amount_minor_units, currency=payment.currency),
        refunded=money_pb2.Money(minor_units=payment.refunded_minor_units, currency=payment.currency),
        booking_id=payment.booking_id,
        booking_reference=payment.booking_reference,
        description=payment.description,
        checkout_url=f"{public_url.rstrip('/')}/checkout/{payment.checkout_token}",
        return_url=payment.return_url,
        failure_code=payment.failure_code,
        created_at=to_timestamp(payment.created_at),
        updated_at=to_timestamp(payment.updated_at),
        version=payment.version,
        purpose=payment_pb2.PaymentPurpose.Value(f"PAYMENT_PURPOSE_{payment.purpose}"),
    )


def refund_message(row: Record) -> payment_pb2.Refund:
    return payment_pb2.Refund(
        id=str(row["id"]),
        payment_id=str(row["payment_id"]),
        amount=money_pb2.Money(minor_units=row["amount_minor_units"], currency=row["currency"]),
        state=payment_pb2.RefundState.Value(f"REFUND_STATE_{row['state']}"),
        created_at=to_timestamp(row["created_at"]),
    )
