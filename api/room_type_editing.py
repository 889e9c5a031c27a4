"""Making, editing and archiving room types."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.hotel_editing import edited_hotel
from api.hotels import Hotel
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.photos import PhotoInput, photo_messages
from api.rooms import Amenity, BedKind, RoomType, room_type
from api.scalars import BigInt
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="Beds of one kind.")
class BedInput:
    kind: BedKind = strawberry.field(description="The kind; each kind once.")
    count: int = strawberry.field(description="1 to 20.")


@strawberry.input(description="What a child up to an age pays a night.")
class ChildPriceInput:
    to_age: int = strawberry.field(description="Up to and including this age, 0 to 17.")
    minor_units: BigInt = strawberry.field(description="In the smallest unit of the house's currency.")


@strawberry.input(
    description=(
        "What more or fewer guests than the included ones change of a night's price. Amounts are in the smallest "
        "unit of the house's currency; a night never costs less than nothing."
    )
)
class OccupancyPricingInput:
    included_adults: int = strawberry.field(description="Adults in the price of a night; at most `maxAdults`.")
    extra_adult_minor_units: BigInt = strawberry.field(
        default=BigInt(0), description="For every adult beyond the included ones."
    )
    fewer_adult_discount_minor_units: BigInt = strawberry.field(
        default=BigInt(0), description="Taken off for every adult fewer than the included ones."
    )
    child_prices: list[ChildPriceInput] = strawberry.field(
        default_factory=list, description="By rising age; older children than the last pay nothing."
    )


@strawberry.input(description="A new room type.")
class RoomTypeCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="Of which house.")
    name: str = strawberry.field(description="1 to 120 characters.")
    max_adults: int = strawberry.field(description="Adults that may sleep in it, 1 to 20.")
    number_of_rooms: int = strawberry.field(
        description="How many there are, 0 to 10,000. Later it is changed with the inventory."
    )
    base_price_minor_units: BigInt = strawberry.field(
        description="A night's price before any rule, in the smallest unit of the house's currency."
    )
    max_children: int = strawberry.field(default=0, description="Children that may sleep in it besides, 0 to 10.")
    oldest_child_age: int = strawberry.field(default=17, description="Who is older counts as an adult; 0 to 17.")
    description: str | None = strawberry.field(default=None, description="Up to 5000 characters, several lines.")
    view: str | None = strawberry.field(default=None, description="What is seen from its windows; 120 characters.")
    beds: list[BedInput] = strawberry.field(default_factory=list, description="Its beds.")
    amenities: list[Amenity] = strawberry.field(default_factory=list, description="What it offers.")
    photos: list[PhotoInput] = strawberry.field(default_factory=list, description="Up to 30, in order.")
    size_square_meters: int | None = strawberry.field(default=None, description="Its size.")
    occupancy_pricing: OccupancyPricingInput | None = strawberry.field(
        default=None, description="If left out, everybody who fits is included."
    )


@strawberry.input(description="What to change of a room type. What is left out stays; null clears what may be empty.")
class RoomTypeUpdateInput:
    room_type_id: strawberry.ID = strawberry.field(description="Which room type.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    max_adults: strawberry.Maybe[int | None] = strawberry.field(description="Adults that may sleep in it, 1 to 20.")
    max_children: strawberry.Maybe[int | None] = strawberry.field(
        description="Children that may sleep in it besides, 0 to 10."
    )
    oldest_child_age: strawberry.Maybe[int | None] = strawberry.field(
        description="Who is older counts as an adult; 0 to 17."
    )
    base_price_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="A night's price before any rule, in the smallest unit of the house's currency."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(description="Up to 5000 characters, several lines.")
    view: strawberry.Maybe[str | None] = strawberry.field(
        description="What is seen from its windows; up to 120 characters."
    )
    beds: strawberry.Maybe[list[BedInput] | None] = strawberry.field(description="Its beds, all of them.")
    amenities: strawberry.Maybe[list[Amenity] | None] = strawberry.field(description="What it offers, all of it.")
    photos: strawberry.Maybe[list[PhotoInput] | None] = strawberry.field(description="Up to 30, all of them in order.")
    size_square_meters: strawberry.Maybe[int | None] = strawberry.field(description="Its size.")
    occupancy_pricing: strawberry.Maybe[OccupancyPricingInput | None] = strawberry.field(
        description="What the number of guests changes of the price, whole."
    )


@strawberry.input(description="Which room type, as you saw it.")
class RoomTypeArchiveInput:
    room_type_id: strawberry.ID = strawberry.field(description="Which room type.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The room type exists; it is sold once the inventory has taken it in, in a moment.")
class RoomTypeCreated:
    room_type: RoomType = strawberry.field(description="The room type.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


@strawberry.type(description="The room type was changed.")
class RoomTypeUpdated:
    room_type: RoomType = strawberry.field(description="As it is now.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


@strawberry.type(description="The room type is no longer sold. Bookings stay.")
class RoomTypeArchived:
    room_type: RoomType = strawberry.field(description="As it was last.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


RoomTypeCreateResult = Annotated[
    RoomTypeCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomTypeCreateResult", description="The room type, or why there is none."),
]
RoomTypeUpdateResult = Annotated[
    RoomTypeUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomTypeUpdateResult", description="The room type, or why nothing was changed."),
]
RoomTypeArchiveResult = Annotated[
    RoomTypeArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomTypeArchiveResult", description="The room type, or why it stays on sale."),
]


@strawberry.type
class RoomTypeEditing:
    @strawberry.mutation(
        description="Adds a room type to a house of yours.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def room_type_create(
        self,
        info: Info,
        input: Annotated[RoomTypeCreateInput, strawberry.argument(description="The room type.")],  # noqa: A002
    ) -> RoomTypeCreateResult:
        kind = hotel_pb2.RoomType(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)),
            number_of_rooms=input.number_of_rooms,
            **all_fields(input, _READERS),
        )
        request = hotel_pb2.CreateRoomTypeRequest(room_type=kind)
        made = await call(info.context.services.hotels.CreateRoomType, request)
        return RoomTypeCreated(room_type=room_type(made), hotel=await edited_hotel(info, made.hotel_id))

    @strawberry.mutation(
        description="Changes facts and prices of a room type; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def room_type_update(
        self,
        info: Info,
        input: Annotated[RoomTypeUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> RoomTypeUpdateResult:
        identifier = decode_id("RoomType", input.room_type_id, path=("roomTypeId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        request = hotel_pb2.UpdateRoomTypeRequest(
            room_type=hotel_pb2.RoomType(id=identifier, **fields),
            fields=list(fields),
            expected_version=input.expected_version,
        )
        updated = await call(info.context.services.hotels.UpdateRoomType, request)
        return RoomTypeUpdated(room_type=room_type(updated), hotel=await edited_hotel(info, updated.hotel_id))

    @strawberry.mutation(
        description="Takes a room type off sale for good. A published house keeps one at least.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def room_type_archive(
        self,
        info: Info,
        input: Annotated[RoomTypeArchiveInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> RoomTypeArchiveResult:
        request = hotel_pb2.ArchiveRoomTypeRequest(
            id=decode_id("RoomType", input.room_type_id, path=("roomTypeId",)), expected_version=input.expected_version
        )
        archived = await call(info.context.services.hotels.ArchiveRoomType, request)
        return RoomTypeArchived(room_type=room_type(archived), hotel=await edited_hotel(info, archived.hotel_id))


def _beds(given: list[BedInput] | None) -> dict[str, Any]:
    return {
        "beds": [
            hotel_pb2.Bed(kind=hotel_pb2.BedKind.Value(f"BED_KIND_{bed.kind.value}"), count=bed.count)
            for bed in given or ()
        ]
    }


def _occupancy_pricing(given: OccupancyPricingInput | None) -> dict[str, Any]:
    if given is None:
        return {}
    return {
        "occupancy_pricing": hotel_pb2.OccupancyPricing(
            included_adults=given.included_adults,
            extra_adult_minor_units=given.extra_adult_minor_units,
            fewer_adult_discount_minor_units=given.fewer_adult_discount_minor_units,
            child_prices=[
                hotel_pb2.ChildPrice(to_age=band.to_age, minor_units=band.minor_units) for band in given.child_prices
            ],
        )
    }


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "description": lambda value: {"description": value or ""},
    "view": lambda value: {"view": value or ""},
    "max_adults": lambda value: {"max_adults": value},
    "max_children": lambda value: {"max_children": value},
    "oldest_child_age": lambda value: {"oldest_child_age": value},
    "beds": _beds,
    "amenities": lambda value: {"amenities": [amenity.value for amenity in value or ()]},
    "photos": lambda value: {"photos": photo_messages(value or ())},
    "size_square_meters": lambda value: {"size_square_meters": value or 0},
    "base_price_minor_units": lambda value: {"base_price": money_pb2.Money(minor_units=value)},
    "occupancy_pricing": _occupancy_pricing,
}
_REQUIRED = frozenset(
    {"name", "max_adults", "max_children", "oldest_child_age", "base_price_minor_units", "occupancy_pricing"}
)
