"""What the notification service tells of itself, in the transaction of what it tells."""

from __future__ import annotations

import uuid

from contracts.events.v1 import events_pb2
from grpc_services.notification.models import outbox as outbox_rows
from runtime.database import Connection, Record
from runtime.event_bus import NOTIFICATION_TOPIC
from runtime.outbox import Outbox

_outbox = Outbox(outbox_rows, NOTIFICATION_TOPIC)


async def publish_stored(connection: Connection, notification_id: uuid.UUID, account_id: uuid.UUID) -> None:
    event = events_pb2.NotificationStored(notification_id=str(notification_id), account_id=str(account_id))
    await _outbox.publish(connection, event, aggregate_id=event.account_id, aggregate_version=0)


async def publish_endpoint_changed(connection: Connection, endpoint: Record, action: str) -> None:
    event = events_pb2.WebhookEndpointChanged(
        endpoint_id=str(endpoint["id"]), account_id=str(endpoint["account_id"]), action=action
    )
    await _outbox.publish(connection, event, aggregate_id=event.endpoint_id, aggregate_version=endpoint["version"])
