"""What the salon service tells of salons, each in the transaction of the change. Appointments tell of themselves
elsewhere."""

from __future__ import annotations

import uuid

from contracts.events.v1 import events_pb2
from grpc_services.salon import messages
from grpc_services.salon.models import outbox as outbox_rows
from runtime.database import Connection, Record
from runtime.event_bus import SALON_TOPIC
from runtime.outbox import Outbox

_outbox = Outbox(outbox_rows, SALON_TOPIC)


async def publish_salon_changed(connection: Connection, salon: Record, *master_ids: uuid.UUID) -> None:
    """`master_ids` are those whose profile, hours or rating changed, or who are shown or hidden with their salon."""
    event = events_pb2.SalonChanged(
        salon_id=str(salon["id"]),
        version=salon["version"],
        state=messages.salon_state(salon["state"]),
        master_ids=list(map(str, master_ids)),
    )
    await _outbox.publish(connection, event, aggregate_id=event.salon_id, aggregate_version=event.version)
