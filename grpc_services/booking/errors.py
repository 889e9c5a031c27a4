"""Refusals that only booking gives."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import grpc

from runtime.errors import IllegalState, ServiceError


class RoomUnavailable(ServiceError):
    """`details` name the room type and the nights that are full."""

    code = "ROOM_UNAVAILABLE"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, room_type_id: uuid.UUID, nights: Sequence[dt.date]) -> None:
        super().__init__(
            "These rooms are no longer free.",
            path=("rooms",),
            details={
                "room_type_id": str(room_type_id),
                "nights": ",".join(night.isoformat() for night in nights),
            },
        )


class QuoteExpired(ServiceError):
    code = "QUOTE_EXPIRED"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self) -> None:
        super().__init__("This quote has expired; please ask for a new one.", path=("quoteId",))


class QuoteAlreadyBooked(IllegalState):
    def __init__(self) -> None:
        super().__init__("This quote was already booked; please ask for a new one.", path=("quoteId",))
