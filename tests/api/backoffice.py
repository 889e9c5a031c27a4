"""A house of the hotelier's that no guest finds, with one room type of three rooms and a door, known to booking."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from api.node_ids import encode_id
from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call, open_channel
from runtime.database import open_database
from tests.api.client import Client, today
from tests.api.house import ApiHouse
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.house import service_token

NIGHT = today() + dt.timedelta(days=60)


@dataclass
class Backoffice:
    built: House
    door: str

    @property
    def hotel_id(self) -> str:
        return encode_id("Hotel", str(self.built.id))

    @property
    def room_type_id(self) -> str:
        return encode_id("RoomType", self.built.room_types[0])

    @property
    def room_id(self) -> str:
        return encode_id("Room", self.door)

    async def of_hotel(self, client: Client, fields: str) -> Any:
        query = f"query ($id: ID!) {{ hotel(id: $id) {{ {fields} }} }}"
        return (await client.data(query, {"id": self.hotel_id}))["hotel"]


async def add_backoffice(house: ApiHouse) -> Backoffice:
    asked = HouseInput(house.hotelier.account_id, name="Quiet House", kinds=(Kind(rooms=3),), published=False)
    async with (
        open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as hotels,
        open_channel(house.settings.booking_address, inventory_pb2.DESCRIPTOR) as channel,
    ):
        built = await add_house(hotels, asked)
        inventory: inventory_pb2_grpc.InventoryServiceAsyncStub = inventory_pb2_grpc.InventoryServiceStub(channel)
        system = await service_token(house.auth_address)
        door = hotel_pb2.Room(
            id=str(uuid.uuid4()),
            hotel_id=str(built.id),
            room_type_id=built.room_types[0],
            number="101",
            floor="1",
            version=1,
        )
        await call(inventory.TakeInRoomTypes, built.announced(), token=system)
        await call(inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=[door]), token=system)
    return Backoffice(built, door.id)
