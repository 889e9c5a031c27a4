"""What hotel and booking tell each other: new room types and their end, doors, and how many rooms there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from contracts.booking.v1 import inventory_pb2
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from runtime.channels import call, open_channel
from runtime.envelopes import make_envelope
from runtime.event_bus import HOTEL_TOPIC, ensure_topics, open_producer
from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.grpc_services.hotel.hotelier import Hotelier
from tests.house import inventory_consumer_settings, register_account, relay_settings, unless_refused
from tests.parts import Parts
from workers import inventory_consumer, outbox_relay


def announcement(house: House, number: int = 0) -> events_pb2.Envelope:
    identifier = house.room_types[number]
    event = events_pb2.RoomTypeCreated(
        room_type=hotel_pb2.RoomType(
            id=identifier, hotel_id=str(house.id), number_of_rooms=house.asked.kinds[number].rooms
        ),
        owner_id=str(house.asked.owner_id),
    )
    return make_envelope(event, identifier=f"announced-{identifier}", aggregate_id=identifier, aggregate_version=1)


async def sellable(desk: Desk, house: House, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while await unless_refused(desk.quote(house), "ROOM_UNAVAILABLE") is None:
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def consumer(parts: Parts, auth_address: str, hotel_address: str, booking_address: str) -> AsyncIterator[None]:
    """One for all these tests, as joining its group takes seconds; the relay brings what the services publish."""
    settings = inventory_consumer_settings(
        parts, auth_address, hotel_address=hotel_address, booking_address=booking_address
    )
    stop = asyncio.Event()
    await ensure_topics(settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(outbox_relay.serve(relay_settings(parts), stop))
        tasks.create_task(inventory_consumer.serve(settings, stop))
        yield
        stop.set()


@pytest.mark.usefixtures("consumer")
async def test_announced_room_types_become_sellable_once(parts: Parts, auth_address: str, booking_address: str) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_producer(relay_settings(parts)) as producer,
    ):
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


@pytest.mark.usefixtures("consumer")
async def test_hotel_and_booking_hear_of_each_other(
    parts: Parts, auth_address: str, hotel_address: str, booking_address: str
) -> None:
    """From the hotelier's edits to what booking sells, and back to what hotel shows."""
    owner = await register_account(auth_address, Role.HOTELIER)
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_channel(hotel_address, hotel_pb2.DESCRIPTOR) as channel,
    ):
        hotelier = Hotelier(hotel_pb2_grpc.HotelServiceStub(channel), owner.token)
        hotel = await hotelier.hotel()
        kind = await hotelier.room_type(hotel)
        _, second = await hotelier.rooms(kind, "1", "2")

        async def capacity() -> int | None:
            night = "2030-01-01"
            request = inventory_pb2.GetAvailabilityRequest(
                room_type_ids=[kind.id], first_night=night, end_night="2030-01-02"
            )
            found = (await call(desk.inventory.GetAvailability, request, token=desk.system)).room_types
            return found[0].capacity if found else None

        async def doors() -> dict[str, bool]:
            query = "SELECT number, archived FROM booking.room WHERE room_type_id = $1"
            async with desk.database.reading() as connection:
                rows = await connection.fetch(query, kind.id)
            return {row["number"]: row["archived"] for row in rows}

        async def shown() -> int:
            request = hotel_pb2.GetHotelsRequest(ids=[hotel.id])
            (seen,) = (await call(hotelier.stub.GetHotels, request, token=owner.token)).hotels
            return seen.room_types[0].number_of_rooms if seen.room_types else 0

        await becomes(capacity, 4)
        await becomes(doors, {"1": False, "2": False})
        update = inventory_pb2.UpdateInventoryRequest(
            room_type_id=kind.id, idempotency_key="six rooms", expected_version=1, number_of_rooms=6
        )
        await call(desk.inventory.UpdateInventory, update, token=owner.token)
        await becomes(shown, 6)
        archive = hotel_pb2.ArchiveRoomRequest(id=second.id, expected_version=1)
        await call(hotelier.stub.ArchiveRoom, archive, token=owner.token)
        await becomes(doors, {"1": False, "2": True})
        gone = hotel_pb2.ArchiveRoomTypeRequest(id=kind.id, expected_version=1)
        await call(hotelier.stub.ArchiveRoomType, gone, token=owner.token)
        await becomes(capacity, 0)


async def becomes(read: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Asks again and again, for nothing announces that the news has arrived."""
    async with asyncio.timeout(60):
        while await read() != wanted:
            await asyncio.sleep(0.05)
