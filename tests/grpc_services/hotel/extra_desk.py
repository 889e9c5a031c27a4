"""A hotelier who sells extras, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from contracts.hotel.v1 import extra_pb2, extra_pb2_grpc
from contracts.money.v1 import money_pb2
from runtime.channels import call

Stub: TypeAlias = "extra_pb2_grpc.ExtraServiceAsyncStub"
STAY, NIGHT = extra_pb2.EXTRA_CHARGE_UNIT_STAY, extra_pb2.EXTRA_CHARGE_UNIT_NIGHT
PERSON, PERSON_NIGHT = extra_pb2.EXTRA_CHARGE_UNIT_PERSON, extra_pb2.EXTRA_CHARGE_UNIT_PERSON_NIGHT


def extra_message(**changes: Any) -> extra_pb2.Extra:
    """Everything that a hotelier may say of an extra."""
    facts: dict[str, Any] = {
        "name": "Breakfast",
        "description": "From seven to ten.\n\nIn bed on request.",
        "charge_unit": PERSON_NIGHT,
        "price": money_pb2.Money(minor_units=1500, currency="EUR"),
        "max_quantity": 1,
    }
    return extra_pb2.Extra(**facts | changes)


@dataclass(frozen=True)
class ExtraDesk:
    stub: Stub
    token: str

    async def create(self, hotel_id: str, **changes: Any) -> extra_pb2.Extra:
        request = extra_pb2.CreateExtraRequest(extra=extra_message(hotel_id=hotel_id, **changes))
        return await call(self.stub.CreateExtra, request, token=self.token)

    async def edit(self, extra: extra_pb2.Extra, version: int = 1, **changes: Any) -> extra_pb2.Extra:
        request = extra_pb2.UpdateExtraRequest(
            extra=extra_pb2.Extra(id=extra.id, **changes), fields=list(changes), expected_version=version
        )
        return await call(self.stub.UpdateExtra, request, token=self.token)

    async def archive(self, extra: extra_pb2.Extra, version: int = 1) -> extra_pb2.Extra:
        request = extra_pb2.ArchiveExtraRequest(id=extra.id, expected_version=version)
        return await call(self.stub.ArchiveExtra, request, token=self.token)
