"""From an announced room type on the topic to one that booking sells."""

from __future__ import annotations

import asyncio

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.event_bus import HOTEL_TOPIC, ensure_topics, open_producer
from runtime.identity import Role
from runtime.outbox import make_envelope
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.house import inventory_consumer_settings, register_account, unless_refused
from tests.parts import Parts
from workers import inventory_consumer


def announcement(house: House, number: int = 0) -> events_pb2.Envelope:
    identifier = house.room_types[number]
    event = events_pb2.RoomTypeCreated(
        room_type=hotel_pb2.RoomType(
            id=identifier, hotel_id=str(house.id), number_of_rooms=house.asked.kinds[number].rooms
        ),
        owner_id=str(house.asked.owner_id),
    )
    return make_envelope(event, identifier=f"announced-{identifier}", aggregate_id=identifier, aggregate_version=1)


async def sellable(desk: Desk, house: House, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while await unless_refused(desk.quote(house), "ROOM_UNAVAILABLE") is None:
            await asyncio.sleep(0.05)


async def test_announced_room_types_become_sellable_once(parts: Parts, auth_address: str, booking_address: str) -> None:
    settings = inventory_consumer_settings(parts, auth_address, booking_address)
    owner = await register_account(auth_address, Role.HOTELIER)
    stop = asyncio.Event()
    await ensure_topics(settings)
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_producer(settings) as producer,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(inventory_consumer.serve(settings, stop))
        houses = [await add_house(desk.hotels, HouseInput(owner.account_id, kinds=(Kind(rooms=4),))) for _ in range(3)]
        unknown = announcement(houses[0])
        unknown.type = "SomethingElse"
        unreadable = announcement(houses[0])
        unreadable.payload = b"\xff\xff\xff"
        for event in (unknown, unreadable, *(announcement(house) for house in [*houses, *houses])):
            await producer.send_and_wait(
                HOTEL_TOPIC, value=event.SerializeToString(), key=event.aggregate_id.encode(), partition=0
            )
        for house in houses:
            await sellable(desk, house)
            assert await desk.free(house) == [4, 4]
        stop.set()
