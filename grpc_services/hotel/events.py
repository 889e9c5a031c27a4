"""The events that the hotel service publishes, each in the transaction of what it tells.

Whatever concerns a room type goes out under its own id, so that its creation, its doors and its end arrive
in this order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import messages
from grpc_services.hotel.models import outbox as outbox_rows
from runtime.database import Connection, Record
from runtime.event_bus import HOTEL_TOPIC
from runtime.outbox import Outbox

_outbox = Outbox(outbox_rows, HOTEL_TOPIC)


async def publish_hotel_changed(connection: Connection, hotel: Record) -> None:
    event = events_pb2.HotelChanged(
        hotel_id=str(hotel["id"]), version=hotel["version"], state=messages.hotel_state(hotel["state"])
    )
    await _outbox.publish(connection, event, aggregate_id=event.hotel_id, aggregate_version=event.version)


async def publish_rates_changed(connection: Connection, hotel_id: uuid.UUID, rates_version: int) -> None:
    event = events_pb2.RatesChanged(hotel_id=str(hotel_id), rates_version=rates_version)
    await _outbox.publish(connection, event, aggregate_id=event.hotel_id, aggregate_version=rates_version)


async def publish_room_type_created(connection: Connection, room_type: Record, owner_id: uuid.UUID) -> None:
    event = events_pb2.RoomTypeCreated(room_type=messages.room_type_message(room_type, ""), owner_id=str(owner_id))
    event.room_type.ClearField("base_price")  # for the house to tell, which knows the currency
    await _outbox.publish(connection, event, aggregate_id=event.room_type.id, aggregate_version=room_type["version"])


async def publish_room_type_archived(connection: Connection, room_type: Record) -> None:
    event = events_pb2.RoomTypeArchived(room_type_id=str(room_type["id"]), hotel_id=str(room_type["hotel_id"]))
    await _outbox.publish(connection, event, aggregate_id=event.room_type_id, aggregate_version=room_type["version"])


async def publish_rooms_changed(connection: Connection, rooms: Sequence[Record]) -> None:
    """`rooms` are doors of one room type."""
    doors: list[hotel_pb2.Room] = [messages.room_message(room) for room in rooms]
    event = events_pb2.RoomsChanged(hotel_id=doors[0].hotel_id, rooms=doors)
    newest = max(door.version for door in doors)
    await _outbox.publish(connection, event, aggregate_id=doors[0].room_type_id, aggregate_version=newest)
