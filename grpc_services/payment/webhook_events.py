"""What merchants are told, and in which words: the bodies of the webhooks.

A body carries no personal data and nothing that opens the checkout page.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import orjson

from grpc_services.payment.rules import PaymentFacts


class EventType(enum.StrEnum):
    ACTION_REQUIRED = "payment.action_required"
    AUTHORIZED = "payment.authorized"
    CAPTURED = "payment.captured"
    FAILED = "payment.failed"
    ATTEMPT_FAILED = "payment.attempt_failed"
    VOIDED = "payment.voided"
    DISPUTED = "payment.disputed"
    DISPUTE_WON = "dispute.won"
    DISPUTE_LOST = "dispute.lost"
    REFUND_PENDING = "refund.pending"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_REVERSED = "refund.reversed"


def webhook_body(event: EventType, payment: PaymentFacts, now: dt.datetime, **more: Any) -> str:
    """The JSON that is signed and sent; `more` adds what only this type of event has."""
    data = {
        "payment_id": str(payment.id),
        "purpose": payment.purpose,
        "booking_id": payment.booking_id,
        "booking_reference": payment.booking_reference,
        "state": payment.state.value,
        "version": payment.version,
        "amount": money(payment.amount_minor_units, payment.currency),
        "captured": money(payment.captured_minor_units, payment.currency),
        "refunded": money(payment.refunded_minor_units, payment.currency),
        "failure_code": payment.failure_code,
        **more,
    }
    return orjson.dumps({"type": event.value, "timestamp": now.isoformat(), "data": data}).decode()


def money(minor_units: int, currency: str) -> dict[str, int | str]:
    return {"minor_units": minor_units, "currency": currency}
