"""Refusals that only the hotel service gives."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import grpc

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.restrictions import Reason
from runtime.errors import ServiceError


class RoomUnavailable(ServiceError):
    """The house does not sell this stay. `details` name the room type and why, night by night, as
    night|reason|limit."""

    code = "ROOM_UNAVAILABLE"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, room_type_id: uuid.UUID, reasons: Sequence[Reason], *, path: Sequence[str]) -> None:
        super().__init__(
            "The house does not sell this stay.",
            path=path,
            details={
                "room_type_id": str(room_type_id),
                "nights": ",".join(sorted({reason.night.isoformat() for reason in reasons})),
                "reasons": ";".join(_written(reason) for reason in reasons),
            },
        )


def _written(reason: Reason) -> str:
    name = rate_pb2.UnavailableReason.Name(reason.kind).removeprefix("UNAVAILABLE_REASON_")
    return f"{reason.night.isoformat()}|{name}|{reason.limit or ''}"
