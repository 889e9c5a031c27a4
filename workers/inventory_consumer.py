"""Tells booking of new room types, so that they become sellable: python -m workers.inventory_consumer"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.events.v1 import events_pb2
from runtime.channels import call, open_channel, open_service_identity
from runtime.event_bus import HOTEL_TOPIC, consume
from runtime.process import run_process
from runtime.settings import InventoryConsumerSettings

GROUP = "booking-inventory"


async def serve(settings: InventoryConsumerSettings, stop: asyncio.Event) -> None:
    async with (
        open_channel(settings.booking_address, booking_pb2.DESCRIPTOR) as channel,
        open_service_identity(settings.auth_address, settings) as identity,
    ):
        bookings: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(channel)

        async def take_in(envelopes: Sequence[events_pb2.Envelope]) -> None:
            announced = [
                _announced(events_pb2.RoomTypeCreated.FromString(envelope.payload))
                for envelope in envelopes
                if envelope.type == "RoomTypeCreated"
            ]
            if announced:
                request = booking_pb2.TakeInRoomTypesRequest(room_types=announced)
                await call(bookings.TakeInRoomTypes, request, token=await identity.token())

        await consume(settings, group=GROUP, topics=(HOTEL_TOPIC,), handle=take_in, stop=stop)


def _announced(event: events_pb2.RoomTypeCreated) -> booking_pb2.AnnouncedRoomType:
    return booking_pb2.AnnouncedRoomType(
        room_type_id=event.room_type.id,
        hotel_id=event.room_type.hotel_id,
        owner_id=event.owner_id,
        number_of_rooms=event.room_type.number_of_rooms,
    )


if __name__ == "__main__":
    run_process("inventory-consumer", InventoryConsumerSettings, serve)
