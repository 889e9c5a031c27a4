"""Telling and reading, as the tests of this folder do it."""

from __future__ import annotations

import uuid
from typing import TypeAlias

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from runtime.channels import call
from runtime.database import Database

Stub: TypeAlias = "notification_pb2_grpc.NotificationServiceAsyncStub"


async def tell(stub: Stub, system: str, event: events_pb2.Envelope) -> list[str]:
    """The ids of the e-mails to be sent."""
    request = notification_pb2.NotifyOfEventRequest(envelope=event.SerializeToString())
    return list((await call(stub.NotifyOfEvent, request, token=system)).delivery_ids)


async def inbox(stub: Stub, token: str, **asked: object) -> notification_pb2.ListNotificationsResponse:
    request = notification_pb2.ListNotificationsRequest()
    for field, value in asked.items():
        setattr(request, field, value)
    return await call(stub.ListNotifications, request, token=token)


async def unread(stub: Stub, token: str) -> int:
    return (await call(stub.CountUnread, notification_pb2.CountUnreadRequest(), token=token)).unread


async def claim(stub: Stub, system: str, delivery_id: str) -> notification_pb2.EmailMessage | None:
    request = notification_pb2.ClaimDeliveryRequest(delivery_id=delivery_id)
    answer = await call(stub.ClaimDelivery, request, token=system)
    return answer.email if answer.HasField("email") else None


async def delivery_row(database: Database, delivery_id: str) -> dict[str, object]:
    async with database.reading() as connection:
        row = await connection.fetchrow(
            "SELECT state, attempts, last_failure, next_attempt_at, next_attempt_at - now() AS pause FROM delivery"
            " WHERE id = $1",
            uuid.UUID(delivery_id),
        )
    assert row is not None
    return {name: row[name] for name in ("state", "attempts", "last_failure", "next_attempt_at", "pause")}
