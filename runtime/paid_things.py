"""What a service tells about the things that are paid with it, so that money that goes back or is contested can be
written down the same way everywhere."""

from __future__ import annotations

import uuid
from typing import Protocol

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from runtime.database import Connection, Record


class PaidThings(Protocol):
    """Bookings, appointments; a module of the service serves as one. Rows are those of the things."""

    NAME: str  # such as booking
    REFUNDED: str  # the kind of a timeline's entry
    PAYER: str  # such as guest

    async def lock(self, connection: Connection, owner_id: uuid.UUID, /) -> Record | None: ...

    async def add_refunded(self, connection: Connection, owner_id: uuid.UUID, amount: int, /) -> Record: ...

    async def tell(self, connection: Connection, row: Record, kind: str, summary: str, /) -> None:
        """In its timeline."""

    async def publish_refunded(
        self, connection: Connection, row: Record, amount: money_pb2.Money, reason: str, /
    ) -> None: ...

    async def publish_refund_failed(
        self,
        connection: Connection,
        row: Record,
        amount: money_pb2.Money,
        reason: str,
        /,
        *,
        reversed_: bool,
        given_up: bool,
    ) -> None: ...

    async def publish_disputed(
        self, connection: Connection, row: Record, dispute: payment_pb2.Dispute, state: str, /
    ) -> None: ...
