"""Refusals that only the salon service gives."""

from __future__ import annotations

import grpc

from contracts.money.v1 import money_pb2
from runtime.errors import ServiceError


class SlotUnavailable(ServiceError):
    """A master is not free then. `details` name what the caller can go on with, such as the next free starts."""

    code = "SLOT_UNAVAILABLE"
    status = grpc.StatusCode.FAILED_PRECONDITION


class RefundChanged(ServiceError):
    """What would be sent back is not what the caller expects; `details` name both in minor units."""

    code = "REFUND_CHANGED"
    status = grpc.StatusCode.ABORTED

    def __init__(self, expected: money_pb2.Money, actual: int, currency: str) -> None:
        super().__init__(
            "The refund is not what you expect; look at it again.",
            path=("expectedRefund",),
            details={
                "expected": str(expected.minor_units),
                "expected_currency": expected.currency,
                "actual": str(actual),
                "currency": currency,
            },
        )
