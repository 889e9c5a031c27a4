"""Room types in the public schema."""

from __future__ import annotations

import enum

import strawberry

from api.node_ids import encode_id
from api.nodes import Node
from contracts.hotel.v1 import hotel_pb2


@strawberry.enum(description="What a house or a room offers.")
class Amenity(enum.Enum):
    WIFI = "WIFI"
    BREAKFAST = "BREAKFAST"
    LIFT = "LIFT"
    AIR_CONDITIONING = "AIR_CONDITIONING"
    BAR = "BAR"
    RESTAURANT = "RESTAURANT"
    FITNESS = "FITNESS"
    SPA = "SPA"
    POOL = "POOL"
    PARKING = "PARKING"
    PETS_WELCOME = "PETS_WELCOME"
    ACCESSIBLE = "ACCESSIBLE"
    SAFE = "SAFE"
    MINIBAR = "MINIBAR"
    BATHTUB = "BATHTUB"
    DESK = "DESK"


@strawberry.enum(description="The kind of a bed.")
class BedKind(enum.Enum):
    SINGLE = "SINGLE"
    DOUBLE = "DOUBLE"
    QUEEN = "QUEEN"
    KING = "KING"
    SOFA = "SOFA"


@strawberry.type(description="Beds of one kind.")
class Bed:
    kind: BedKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="Rooms of one kind in a house.")
class RoomType(Node):
    name: str = strawberry.field(description="What the house calls it.")
    max_adults: int = strawberry.field(description="Adults that may sleep in it.")
    max_children: int = strawberry.field(description="Children that may sleep in it besides.")
    beds: list[Bed] = strawberry.field(description="Its beds.")
    amenities: list[Amenity] = strawberry.field(description="What it offers.")
    number_of_rooms: int = strawberry.field(description="How many there are in the house.")
    size_square_meters: int | None = strawberry.field(description="Its size.")


def room_type(message: hotel_pb2.RoomType) -> RoomType:
    return RoomType(
        id=strawberry.ID(encode_id("RoomType", message.id)),
        name=message.name,
        max_adults=message.max_adults,
        max_children=message.max_children,
        beds=[
            Bed(kind=BedKind(hotel_pb2.BedKind.Name(bed.kind).removeprefix("BED_KIND_")), count=bed.count)
            for bed in message.beds
        ],
        amenities=[Amenity(name) for name in message.amenities],
        number_of_rooms=message.number_of_rooms,
        size_square_meters=message.size_square_meters or None,
    )
