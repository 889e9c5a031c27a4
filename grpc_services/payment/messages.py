"""Rows of this service as the messages of its contract."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payment_pb2, webhook_pb2
from grpc_services.payment.rules import PaymentFacts
from runtime.clock import to_timestamp
from runtime.database import Record


def payment_message(
    payment: PaymentFacts,
    public_url: str,
    *,
    attempts: Iterable[Record] = (),
    disputes: Iterable[Record] = (),
    shares: Iterable[Record] = (),
) -> payment_pb2.Payment:
    return payment_pb2.Payment(
        id=str(payment.id),
        state=payment_pb2.PaymentState.Value(f"PAYMENT_STATE_{payment.state.value}"),
        amount=money(payment.amount_minor_units, payment.currency),
        refunded=money(payment.refunded_minor_units, payment.currency),
        captured=money(payment.captured_minor_units, payment.currency),
        refundable=money(payment.refundable_minor_units, payment.currency),
        booking_id=payment.booking_id,
        booking_reference=payment.booking_reference,
        description=payment.description,
        checkout_url=f"{public_url.rstrip('/')}/checkout/{payment.checkout_token}",
        return_url=payment.return_url,
        failure_code=payment.failure_code,
        created_at=to_timestamp(payment.created_at),
        updated_at=to_timestamp(payment.updated_at),
        expires_at=to_timestamp(payment.expires_at),
        version=payment.version,
        purpose=purpose_value(payment.purpose),
        capture_mode=payment_pb2.CaptureMode.Value(f"CAPTURE_MODE_{payment.capture_mode}"),
        locale=payment.locale,
        attempts=map(_attempt, attempts),
        disputes=map(dispute_message, disputes),
        shares=[
            payment_pb2.PayeeShare(
                payee_id=row["payee_id"],
                amount=money(row["amount_minor_units"], payment.currency),
                commission_basis_points=row["commission_basis_points"],
            )
            for row in shares
        ],
    )


def _attempt(row: Record) -> payment_pb2.PaymentAttempt:
    return payment_pb2.PaymentAttempt(
        id=str(row["id"]),
        card_brand=row["card_brand"],
        card_last4=row["card_last4"],
        state=payment_pb2.PaymentAttemptState.Value(f"PAYMENT_ATTEMPT_STATE_{row['state']}"),
        failure_code=row["code"],
        at=to_timestamp(row["at"]),
    )


def refund_message(row: Record, shares: Iterable[Record] = ()) -> payment_pb2.Refund:
    return payment_pb2.Refund(
        id=str(row["id"]),
        payment_id=str(row["payment_id"]),
        amount=money(row["amount_minor_units"], row["currency"]),
        state=payment_pb2.RefundState.Value(f"REFUND_STATE_{row['state']}"),
        created_at=to_timestamp(row["created_at"]),
        updated_at=to_timestamp(row["updated_at"]),
        reason=row["reason"],
        failure_code=row["failure_code"],
        shares=[
            payment_pb2.RefundShare(
                payee_id=share["payee_id"], amount=money(share["amount_minor_units"], row["currency"])
            )
            for share in shares
            if share["refund_id"] == row["id"]
        ],
    )


def dispute_message(row: Record) -> payment_pb2.Dispute:
    return payment_pb2.Dispute(
        id=str(row["id"]),
        payment_id=str(row["payment_id"]),
        amount=money(row["amount_minor_units"], row["currency"]),
        reason=row["reason"],
        state=payment_pb2.DisputeState.Value(f"DISPUTE_STATE_{row['state']}"),
        opened_at=to_timestamp(row["opened_at"]),
        resolved_at=to_timestamp(row["resolved_at"]) if row["resolved_at"] else None,
    )


def entry_message(row: Record) -> payee_pb2.PayeeEntry:
    return payee_pb2.PayeeEntry(
        id=str(row["position"]),
        payee_id=row["payee_id"],
        kind=payee_pb2.PayeeEntryKind.Value(f"PAYEE_ENTRY_KIND_{row['kind']}"),
        amount=money(row["amount_minor_units"], row["currency"]),
        at=to_timestamp(row["at"]),
        payment_id=str(row["payment_id"]),
        refund_id=str(row["refund_id"] or ""),
        dispute_id=str(row["dispute_id"] or ""),
        purpose=purpose_value(row["purpose"]),
        booking_id=row["booking_id"],
        booking_reference=row["booking_reference"],
    )


def endpoint_message(row: Record) -> webhook_pb2.WebhookEndpoint:
    return webhook_pb2.WebhookEndpoint(
        url=row["url"],
        disabled_at=to_timestamp(row["disabled_at"]) if row["disabled_at"] else None,
        waiting=row["waiting"],
    )


def delivery_message(row: Record, attempts: Iterable[Record] = ()) -> webhook_pb2.WebhookDelivery:
    return webhook_pb2.WebhookDelivery(
        id=str(row["id"]),
        payment_id=str(row["payment_id"]),
        type=row["type"],
        state=webhook_pb2.WebhookDeliveryState.Value(f"WEBHOOK_DELIVERY_STATE_{row['state']}"),
        attempt_count=row["attempt_count"],
        created_at=to_timestamp(row["created_at"]),
        next_attempt_at=to_timestamp(row["next_attempt_at"]) if row["state"] == "WAITING" else None,
        finished_at=to_timestamp(row["finished_at"]) if row["finished_at"] else None,
        fault=row["fault"],
        attempts=[
            webhook_pb2.WebhookAttempt(
                status_code=attempt["status_code"] or 0,
                failure=attempt["failure"],
                duration_ms=attempt["duration_ms"],
                at=to_timestamp(attempt["at"]),
            )
            for attempt in attempts
        ],
    )


def purpose_value(purpose: str) -> payment_pb2.PaymentPurpose.ValueType:
    return payment_pb2.PaymentPurpose.Value(f"PAYMENT_PURPOSE_{purpose}")


def money(minor_units: int, currency: str) -> money_pb2.Money:
    return money_pb2.Money(minor_units=minor_units, currency=currency)
