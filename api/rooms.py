"""Room types and rooms in the public schema."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from api.context import Info
from api.inventory import OutOfOrderPeriod, out_of_order_period
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.photos import Photo, photos
from api.scalars import BigInt, CurrencyCode
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call


@strawberry.enum(description="What a house or a room offers.")
class Amenity(enum.Enum):
    WIFI = strawberry.enum_value("WIFI", description="Wireless internet.")
    BREAKFAST = strawberry.enum_value("BREAKFAST", description="Breakfast can be had in the house.")
    LIFT = strawberry.enum_value("LIFT", description="A lift to the floors.")
    AIR_CONDITIONING = strawberry.enum_value("AIR_CONDITIONING", description="Cooled air.")
    BAR = strawberry.enum_value("BAR", description="Drinks are served.")
    RESTAURANT = strawberry.enum_value("RESTAURANT", description="Meals are served.")
    FITNESS = strawberry.enum_value("FITNESS", description="A room for exercise.")
    SPA = strawberry.enum_value("SPA", description="Sauna, steam bath or treatments.")
    POOL = strawberry.enum_value("POOL", description="Water to swim in.")
    PARKING = strawberry.enum_value("PARKING", description="A place for a car.")
    PETS_WELCOME = strawberry.enum_value("PETS_WELCOME", description="Animals may come along.")
    ACCESSIBLE = strawberry.enum_value("ACCESSIBLE", description="Can be used in a wheelchair.")
    SAFE = strawberry.enum_value("SAFE", description="A place to lock valuables.")
    MINIBAR = strawberry.enum_value("MINIBAR", description="Drinks in the room's refrigerator.")
    BATHTUB = strawberry.enum_value("BATHTUB", description="A bath, not only a shower.")
    DESK = strawberry.enum_value("DESK", description="A table to work at.")


@strawberry.enum(description="The kind of a bed.")
class BedKind(enum.Enum):
    SINGLE = strawberry.enum_value("SINGLE", description="For one, about 90 cm wide.")
    DOUBLE = strawberry.enum_value("DOUBLE", description="For two, about 140 cm wide.")
    QUEEN = strawberry.enum_value("QUEEN", description="For two, about 160 cm wide.")
    KING = strawberry.enum_value("KING", description="For two, 180 cm wide or more.")
    SOFA = strawberry.enum_value("SOFA", description="A sofa that unfolds.")


@strawberry.enum(description="How a room was left.")
class RoomState(enum.Enum):
    CLEAN = strawberry.enum_value("CLEAN", description="Ready for guests.")
    DIRTY = strawberry.enum_value("DIRTY", description="To be cleaned.")


@strawberry.type(description="Beds of one kind.")
class Bed:
    kind: BedKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What a child up to an age pays a night.")
class ChildPrice:
    to_age: int = strawberry.field(description="Up to and including this age.")
    price: Money = strawberry.field(description="A night.")


@strawberry.type(description="What more or fewer guests than the included ones change of a night's price.")
class OccupancyPricing:
    included_adults: int = strawberry.field(description="Adults in the price of a night.")
    extra_adult: Money = strawberry.field(description="For every adult beyond them.")
    fewer_adult_discount: Money = strawberry.field(description="Taken off for every adult fewer.")
    child_prices: list[ChildPrice] = strawberry.field(
        description="By rising age; the first that a child's age fits. Older children pay nothing."
    )


@strawberry.type(description="A room with a number on its door.")
class Room(Node):
    hotel_id: strawberry.Private[str]
    number: str = strawberry.field(description="What stands on the door.")
    floor: str | None = strawberry.field(description="The floor, as the house calls it.")
    state: RoomState = strawberry.field(description="How it was left.")
    room_type_id: strawberry.ID = strawberry.field(description="Its room type.")
    archived: bool = strawberry.field(description="Whether it is no longer in use.")
    version: int = strawberry.field(description="Moves with every edit; name it as `expectedVersion` when you edit.")

    @strawberry.field(description="The period that takes it off sale tonight; null while it is in order.")
    async def out_of_order(self, info: Info) -> OutOfOrderPeriod | None:
        room_id = decode_id("Room", self.id, path=("id",))
        house = await info.context.load.hotel.load(self.hotel_id)
        tonight = dt.datetime.now(ZoneInfo(house.time_zone if house else "UTC")).date().isoformat()
        for period in await info.context.load.out_of_order.load((self.hotel_id, room_id)):
            if period.first_night <= tonight <= period.last_night and not period.HasField("ended_at"):
                return out_of_order_period(period)
        return None


@strawberry.type(description="Rooms of one kind in a house.")
class RoomType(Node):
    hotel_id: strawberry.Private[str]
    name: str = strawberry.field(description="What the house calls it.")
    description: str | None = strawberry.field(description="What its hotelier says of it; lines end with a line feed.")
    view: str | None = strawberry.field(description="What is seen from its windows.")
    max_adults: int = strawberry.field(description="Adults that may sleep in it.")
    max_children: int = strawberry.field(description="Children that may sleep in it besides.")
    oldest_child_age: int = strawberry.field(description="Who is older counts as an adult.")
    beds: list[Bed] = strawberry.field(description="Its beds.")
    amenities: list[Amenity] = strawberry.field(description="What it offers.")
    photos: list[Photo] = strawberry.field(description="In the order of its hotelier.")
    number_of_rooms: int = strawberry.field(description="How many there are in the house.")
    size_square_meters: int | None = strawberry.field(description="Its size.")
    base_price: Money = strawberry.field(description="Of a night, before any rule and rate plan.")
    occupancy_pricing: OccupancyPricing = strawberry.field(description="What the number of guests changes of it.")
    archived: bool = strawberry.field(description="Whether it is no longer sold.")
    version: int = strawberry.field(description="Moves with every edit; name it as `expectedVersion` when you edit.")

    @strawberry.field(description="Its doors by number; for its hotelier only.")
    async def rooms(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[Room] | None:
        request = hotel_pb2.ListRoomsRequest(
            hotel_id=self.hotel_id,
            room_type_id=decode_id("RoomType", self.id, path=("id",)),
            first=at_least_one(first),
            after=after or "",
        )
        response = await call(info.context.services.hotels.ListRooms, request)
        return Connection(
            edges=edges([room(found) for found in response.rooms], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def room(message: hotel_pb2.Room) -> Room:
    return Room(
        id=strawberry.ID(encode_id("Room", message.id)),
        hotel_id=message.hotel_id,
        number=message.number,
        floor=message.floor or None,
        state=RoomState(hotel_pb2.RoomState.Name(message.state).removeprefix("ROOM_STATE_")),
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        archived=message.archived,
        version=message.version,
    )


def room_type(message: hotel_pb2.RoomType) -> RoomType:
    return RoomType(
        id=strawberry.ID(encode_id("RoomType", message.id)),
        hotel_id=message.hotel_id,
        name=message.name,
        description=message.description or None,
        view=message.view or None,
        max_adults=message.max_adults,
        max_children=message.max_children,
        oldest_child_age=message.oldest_child_age,
        beds=[
            Bed(kind=BedKind(hotel_pb2.BedKind.Name(bed.kind).removeprefix("BED_KIND_")), count=bed.count)
            for bed in message.beds
        ],
        amenities=[Amenity(name) for name in message.amenities],
        photos=photos(message.photos),
        number_of_rooms=message.number_of_rooms,
        size_square_meters=message.size_square_meters or None,
        base_price=money(message.base_price),
        occupancy_pricing=_occupancy_pricing(message.occupancy_pricing, message.base_price.currency),
        archived=message.archived,
        version=message.version,
    )


def _occupancy_pricing(message: hotel_pb2.OccupancyPricing, currency: str) -> OccupancyPricing:
    def of(minor_units: int) -> Money:
        return Money(minor_units=BigInt(minor_units), currency=CurrencyCode(currency))

    return OccupancyPricing(
        included_adults=message.included_adults,
        extra_adult=of(message.extra_adult_minor_units),
        fewer_adult_discount=of(message.fewer_adult_discount_minor_units),
        child_prices=[ChildPrice(to_age=band.to_age, price=of(band.minor_units)) for band in message.child_prices],
    )
