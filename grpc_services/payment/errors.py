"""Refusals that only the payment service gives."""

from __future__ import annotations

import grpc

from runtime.errors import ServiceError, Unavailable


class RefundExceedsPayment(ServiceError):
    """More would go back than is left; details: `refundable_minor_units` and `currency`."""

    code = "REFUND_EXCEEDS_PAYMENT"
    status = grpc.StatusCode.FAILED_PRECONDITION


class PaymentMoved(Unavailable):
    """Another call moved the payment first; trying again meets its new state."""
