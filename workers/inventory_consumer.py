"""Carries news between hotel, salon and booking: python -m workers.inventory_consumer

Booking hears of new room types, so that they become sellable, of their doors and of their end; hotel hears how
many rooms booking has of each. Booking hears when something became of a visit that was booked with rooms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from contracts.booking.v1 import basket_pb2, basket_pb2_grpc, inventory_pb2, inventory_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel, open_service_identity
from runtime.event_bus import APPOINTMENT_TOPIC, HOTEL_TOPIC, INVENTORY_TOPIC, consume
from runtime.process import run_process
from runtime.settings import InventoryConsumerSettings

GROUP = "booking-inventory"
MOST_BASKETS = 10
Envelopes = Sequence[events_pb2.Envelope]


async def serve(settings: InventoryConsumerSettings, stop: asyncio.Event) -> None:
    async with (
        open_channel(settings.booking_address, inventory_pb2.DESCRIPTOR, basket_pb2.DESCRIPTOR) as booking_channel,
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR) as hotel_channel,
        open_service_identity(settings.auth_address, settings) as identity,
    ):
        carrier = Carrier(
            inventory_pb2_grpc.InventoryServiceStub(booking_channel),
            hotel_pb2_grpc.HotelServiceStub(hotel_channel),
            basket_pb2_grpc.BasketServiceStub(booking_channel),
            identity,
        )
        topics = (HOTEL_TOPIC, INVENTORY_TOPIC, APPOINTMENT_TOPIC)
        await consume(settings, group=GROUP, topics=topics, handle=carrier.carry, stop=stop)


class Carrier:
    """Every call repeats safely: what is told twice, or late, changes nothing."""

    def __init__(
        self,
        inventory: inventory_pb2_grpc.InventoryServiceAsyncStub,
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub,
        baskets: basket_pb2_grpc.BasketServiceAsyncStub,
        identity: ServiceIdentity,
    ) -> None:
        self._inventory = inventory
        self._hotels = hotels
        self._baskets = baskets
        self._identity = identity

    async def carry(self, envelopes: Envelopes) -> None:
        """Events of one room type arrive in order, so its creation is told first and its end last."""
        await self._take_in_room_types(envelopes)
        await self._take_in_rooms(envelopes)
        await self._close_room_types(envelopes)
        await self._put_numbers_of_rooms(envelopes)
        await self._tend_baskets(envelopes)

    async def _take_in_room_types(self, envelopes: Envelopes) -> None:
        announced = [
            _announced(events_pb2.RoomTypeCreated.FromString(envelope.payload))
            for envelope in envelopes
            if envelope.type == "RoomTypeCreated"
        ]
        if announced:
            request = inventory_pb2.TakeInRoomTypesRequest(room_types=announced)
            await call(self._inventory.TakeInRoomTypes, request, token=await self._identity.token())

    async def _take_in_rooms(self, envelopes: Envelopes) -> None:
        newest: dict[str, hotel_pb2.Room] = {}
        for envelope in envelopes:
            if envelope.type == "RoomsChanged":
                for room in events_pb2.RoomsChanged.FromString(envelope.payload).rooms:
                    if room.id not in newest or room.version > newest[room.id].version:
                        newest[room.id] = room
        if newest:
            request = inventory_pb2.TakeInRoomsRequest(rooms=list(newest.values()))
            await call(self._inventory.TakeInRooms, request, token=await self._identity.token())

    async def _close_room_types(self, envelopes: Envelopes) -> None:
        for envelope in envelopes:
            if envelope.type == "RoomTypeArchived":
                event = events_pb2.RoomTypeArchived.FromString(envelope.payload)
                request = inventory_pb2.CloseRoomTypeRequest(room_type_id=event.room_type_id)
                await call(self._inventory.CloseRoomType, request, token=await self._identity.token())

    async def _put_numbers_of_rooms(self, envelopes: Envelopes) -> None:
        newest: dict[str, events_pb2.InventoryChanged] = {}
        for envelope in envelopes:
            if envelope.type == "InventoryChanged":
                event = events_pb2.InventoryChanged.FromString(envelope.payload)
                known = newest.get(event.room_type_id)
                if known is None or event.inventory_version > known.inventory_version:
                    newest[event.room_type_id] = event
        for event in newest.values():
            request = hotel_pb2.PutNumberOfRoomsRequest(
                room_type_id=event.room_type_id,
                number_of_rooms=event.number_of_rooms,
                inventory_version=event.inventory_version,
            )
            await call(self._hotels.PutNumberOfRooms, request, token=await self._identity.token())

    async def _tend_baskets(self, envelopes: Envelopes) -> None:
        """Booking looks for itself what became of the visits; what it cannot look at now it looks at later."""
        moved = [envelope for envelope in envelopes if envelope.type.startswith("Appointment")]
        appointments = [events_pb2.AppointmentHeld.FromString(envelope.payload).appointment for envelope in moved]
        booking_ids = sorted({one.booking_id for one in appointments if one.booking_id})
        for start in range(0, len(booking_ids), MOST_BASKETS):
            request = basket_pb2.TendBasketsRequest(booking_ids=booking_ids[start : start + MOST_BASKETS])
            await call(self._baskets.TendBaskets, request, token=await self._identity.token())


def _announced(event: events_pb2.RoomTypeCreated) -> inventory_pb2.AnnouncedRoomType:
    return inventory_pb2.AnnouncedRoomType(
        room_type_id=event.room_type.id,
        hotel_id=event.room_type.hotel_id,
        owner_id=event.owner_id,
        number_of_rooms=event.room_type.number_of_rooms,
    )


if __name__ == "__main__":
    run_process("inventory-consumer", InventoryConsumerSettings, serve)
