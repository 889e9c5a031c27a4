"""Refusals that only booking gives."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import grpc

from contracts.money.v1 import money_pb2
from grpc_services.booking.inventory_rules import Night
from runtime.errors import IllegalState, ServiceError


class RoomUnavailable(ServiceError):
    """`details` name a room type and its nights that cannot be had, each as `night|reason|moment`: SOLD_OUT,
    HELD until the first hold on it may run out, or CALENDAR_STALE."""

    code = "ROOM_UNAVAILABLE"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, room_type_id: uuid.UUID, nights: Sequence[tuple[dt.date, str, dt.datetime | None]]) -> None:
        super().__init__(
            "These rooms are no longer free.",
            path=("rooms",),
            details={
                "room_type_id": str(room_type_id),
                "nights": ",".join(night.isoformat() for night, _, _ in nights),
                "reasons": ";".join(f"{night}|{reason}|{_moment(until)}" for night, reason, until in nights),
            },
        )


class CapacityBelowSold(ServiceError):
    """`details` name every night that would be left with too few rooms, each in `counts` as
    `night|held|sold|blocked|out_of_order`."""

    code = "CAPACITY_BELOW_SOLD"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, nights: Sequence[Night]) -> None:
        super().__init__(
            "On some nights more rooms are held or sold than would be left.",
            details={
                "nights": ",".join(one.night.isoformat() for one in nights),
                "counts": ";".join(
                    f"{one.night}|{one.held}|{one.sold}|{one.blocked}|{one.out_of_order}" for one in nights
                ),
            },
        )
        self.nights = nights


class DoorTaken(ServiceError):
    """`details` name the nights on which somebody else, or a repair, has the door."""

    code = "DOOR_TAKEN"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, nights: Sequence[dt.date]) -> None:
        super().__init__(
            "This room is taken on some of these nights.",
            path=("roomId",),
            details={"nights": ",".join(night.isoformat() for night in nights)},
        )


class AlreadyOutOfOrder(IllegalState):
    def __init__(self) -> None:
        super().__init__(
            "This room is already out of order on some of these nights.",
            path=("firstNight",),
            details={"state": "OUT_OF_ORDER"},
        )


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


class PaymentDue(ServiceError):
    """The bill is not settled; `details` name what is due in minor units."""

    code = "PAYMENT_DUE"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, due: int, currency: str) -> None:
        super().__init__(
            "The bill is not settled yet.",
            path=("bookingId",),
            details={"due": str(due), "currency": currency},
        )


class QuoteExpired(ServiceError):
    """`details` name a new quote of the same stay at the same price, if one was made."""

    code = "QUOTE_EXPIRED"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, new_quote_id: uuid.UUID | None = None) -> None:
        if new_quote_id is None:
            super().__init__("This quote has expired; please ask for a new one.", path=("quoteId",))
        else:
            super().__init__(
                "This quote has expired; here is a new one at the same price.",
                path=("quoteId",),
                details={"new_quote_id": str(new_quote_id)},
            )


class PriceChanged(ServiceError):
    """A quote has expired and its stay has another price now; `details` name both totals in minor units, and the
    new quote."""

    code = "PRICE_CHANGED"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, old: money_pb2.Money, new: money_pb2.Money, new_quote_id: uuid.UUID) -> None:
        super().__init__(
            "This quote has expired and the price has changed; here is a new quote.",
            path=("quoteId",),
            details={
                "old": str(old.minor_units),
                "old_currency": old.currency,
                "new": str(new.minor_units),
                "new_currency": new.currency,
                "new_quote_id": str(new_quote_id),
            },
        )


class QuoteAlreadyBooked(IllegalState):
    def __init__(self) -> None:
        super().__init__("This quote was already booked; please ask for a new one.", path=("quoteId",))


def _moment(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else ""
