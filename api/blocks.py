"""Blocks in the public schema: rooms kept under one name until a release date."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    RoomUnavailable,
)
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.booking.v1 import block_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.enum(description="Where a block stands.")
class BlockState(enum.Enum):
    OPEN = strawberry.enum_value("OPEN", description="Its rooms are kept.")
    RELEASED = strawberry.enum_value("RELEASED", description="What nobody took is free again.")


@strawberry.type(description="Rooms of one type in a block.")
class BlockedRooms:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rooms: int = strawberry.field(description="How many were kept at first.")
    taken: int = strawberry.field(description="How many of them bookings took.")


@strawberry.type(description="Rooms kept under one name.")
class RoomBlock:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="Of the group.")
    state: BlockState = strawberry.field(description="Where it stands.")
    check_in: dt.date = strawberry.field(description="The first night.")
    check_out: dt.date = strawberry.field(description="The day after the last night.")
    release_date: dt.date = strawberry.field(description="On this day at the hotel, what nobody took is free again.")
    rooms: list[BlockedRooms] = strawberry.field(description="How many of which type.")
    version: int = strawberry.field(description="Counts its changes from 1.")


@strawberry.type
class HotelBlocks(Node):
    """The part of Hotel that shows its hotelier the rooms kept for groups."""

    @strawberry.field(description="Rooms kept under one name, newest first; for its hotelier.")
    async def blocks(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[RoomBlock]:
        response = await call(
            info.context.services.blocks.ListBlocks,
            block_pb2.ListBlocksRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)), first=at_least_one(first), after=after or ""
            ),
        )
        return Connection(
            edges=edges([room_block(block) for block in response.blocks], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.input(description="How many rooms of one type to keep.")
class BlockedRoomsInput:
    room_type_id: strawberry.ID = strawberry.field(description="A room type of the house, named once.")
    rooms: int = strawberry.field(description="1 to 1,000.")


@strawberry.input(description="Rooms to keep under one name, all of them or none.")
class BlockCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="Your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every block.")
    name: str = strawberry.field(description="Of the group, 1 to 120 characters.")
    check_in: dt.date = strawberry.field(description="The first night.")
    check_out: dt.date = strawberry.field(description="The day after the last night; at most 62 nights.")
    release_date: dt.date = strawberry.field(description="After today at the hotel, and not after the first night.")
    rooms: list[BlockedRoomsInput] = strawberry.field(description="1 to 20 room types.")


@strawberry.input(description="A block whose rooms shall be free again.")
class BlockReleaseInput:
    id: strawberry.ID = strawberry.field(description="The block.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every release.")


@strawberry.type(description="The rooms are kept.")
class BlockCreated:
    block: RoomBlock = strawberry.field(description="The block.")


@strawberry.type(description="What nobody took is free again.")
class BlockReleased:
    block: RoomBlock = strawberry.field(description="The block.")


BlockCreateResult = Annotated[
    BlockCreated | RoomUnavailable | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BlockCreateResult", description="The block, or why there is none."),
]
BlockReleaseResult = Annotated[
    BlockReleased | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BlockReleaseResult", description="The block as it was released, or why it was not."),
]


@strawberry.type
class BlockMutations:
    @strawberry.mutation(
        description="Keeps rooms of your house under one name until a release date.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def block_create(
        self,
        info: Info,
        input: Annotated[BlockCreateInput, strawberry.argument(description="What to keep.")],  # noqa: A002
    ) -> BlockCreateResult:
        request = block_pb2.CreateBlockRequest(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)),
            idempotency_key=input.idempotency_key,
            name=input.name,
            check_in=input.check_in.isoformat(),
            check_out=input.check_out.isoformat(),
            release_date=input.release_date.isoformat(),
            rooms=[
                block_pb2.BlockedRooms(
                    room_type_id=decode_id("RoomType", one.room_type_id, path=("rooms", str(number), "roomTypeId")),
                    rooms=one.rooms,
                )
                for number, one in enumerate(input.rooms)
            ],
        )
        return BlockCreated(block=room_block(await call(info.context.services.blocks.CreateBlock, request)))

    @strawberry.mutation(
        description="Frees what nobody took of a block of your house. Releasing it again changes nothing.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def block_release(
        self,
        info: Info,
        input: Annotated[BlockReleaseInput, strawberry.argument(description="The block.")],  # noqa: A002
    ) -> BlockReleaseResult:
        request = block_pb2.ReleaseBlockRequest(
            id=decode_id("RoomBlock", input.id, path=("id",)), idempotency_key=input.idempotency_key
        )
        return BlockReleased(block=room_block(await call(info.context.services.blocks.ReleaseBlock, request)))


def room_block(message: block_pb2.Block) -> RoomBlock:
    return RoomBlock(
        id=strawberry.ID(encode_id("RoomBlock", message.id)),
        name=message.name,
        state=BlockState(block_pb2.BlockState.Name(message.state).removeprefix("BLOCK_STATE_")),
        check_in=dt.date.fromisoformat(message.check_in),
        check_out=dt.date.fromisoformat(message.check_out),
        release_date=dt.date.fromisoformat(message.release_date),
        rooms=[
            BlockedRooms(
                room_type_id=strawberry.ID(encode_id("RoomType", one.room_type_id)), rooms=one.rooms, taken=one.taken
            )
            for one in message.rooms
        ],
        version=message.version,
    )
