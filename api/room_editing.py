"""Adding, editing and archiving rooms, the numbered doors."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.rooms import Room, RoomState, room
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A new door.")
class NewRoomInput:
    number: str = strawberry.field(description="What stands on the door, 1 to 20 characters; once in a house.")
    floor: str | None = strawberry.field(default=None, description="The floor, up to 20 characters.")
    state: RoomState = strawberry.field(default=RoomState.CLEAN, description="How it was left.")


@strawberry.input(description="New doors of a room type.")
class RoomsCreateInput:
    room_type_id: strawberry.ID = strawberry.field(description="Of which room type.")
    rooms: list[NewRoomInput] = strawberry.field(description="1 to 200; all of them or none are added.")


@strawberry.input(description="What to change of a door. What is left out stays; null clears the floor.")
class RoomUpdateInput:
    room_id: strawberry.ID = strawberry.field(description="Which door.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    number: strawberry.Maybe[str | None] = strawberry.field(description="What stands on the door.")
    floor: strawberry.Maybe[str | None] = strawberry.field(description="The floor.")
    state: strawberry.Maybe[RoomState | None] = strawberry.field(description="How it was left.")


@strawberry.input(description="Which door, as you saw it.")
class RoomArchiveInput:
    room_id: strawberry.ID = strawberry.field(description="Which door.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The doors were added.")
class RoomsCreated:
    rooms: list[Room] = strawberry.field(description="In the order in which they were sent.")


@strawberry.type(description="The door was changed.")
class RoomUpdated:
    room: Room = strawberry.field(description="As it is now.")


@strawberry.type(description="The door is no longer in use; its number is free again.")
class RoomArchived:
    room: Room = strawberry.field(description="As it was last.")


RoomsCreateResult = Annotated[
    RoomsCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomsCreateResult", description="The doors, or why none was added."),
]
RoomUpdateResult = Annotated[
    RoomUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomUpdateResult", description="The door, or why nothing was changed."),
]
RoomArchiveResult = Annotated[
    RoomArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomArchiveResult", description="The door, or why it stays in use."),
]


@strawberry.type
class RoomEditing:
    @strawberry.mutation(
        description="Adds numbered doors to a room type. The inventory says how many rooms are sold, not they.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def rooms_create(
        self,
        info: Info,
        input: Annotated[RoomsCreateInput, strawberry.argument(description="The doors.")],  # noqa: A002
    ) -> RoomsCreateResult:
        request = hotel_pb2.CreateRoomsRequest(
            room_type_id=decode_id("RoomType", input.room_type_id, path=("roomTypeId",)),
            rooms=[hotel_pb2.Room(**all_fields(new, _READERS)) for new in input.rooms],
        )
        made = await call(info.context.services.hotels.CreateRooms, request)
        return RoomsCreated(rooms=[room(message) for message in made.rooms])

    @strawberry.mutation(
        description="Changes a door; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def room_update(
        self,
        info: Info,
        input: Annotated[RoomUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> RoomUpdateResult:
        identifier = decode_id("Room", input.room_id, path=("roomId",))
        fields = given_fields(input, _READERS, required={"number", "state"})
        request = hotel_pb2.UpdateRoomRequest(
            room=hotel_pb2.Room(id=identifier, **fields), fields=list(fields), expected_version=input.expected_version
        )
        return RoomUpdated(room=room(await call(info.context.services.hotels.UpdateRoom, request)))

    @strawberry.mutation(
        description="Takes a door out of use for good.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def room_archive(
        self,
        info: Info,
        input: Annotated[RoomArchiveInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> RoomArchiveResult:
        request = hotel_pb2.ArchiveRoomRequest(
            id=decode_id("Room", input.room_id, path=("roomId",)), expected_version=input.expected_version
        )
        return RoomArchived(room=room(await call(info.context.services.hotels.ArchiveRoom, request)))


_READERS: Readers = {
    "number": lambda value: {"number": value},
    "floor": lambda value: {"floor": value or ""},
    "state": lambda value: {"state": hotel_pb2.RoomState.Value(f"ROOM_STATE_{value.value}")},
}
