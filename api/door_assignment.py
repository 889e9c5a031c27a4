"""Doors and walk-in guests in the public schema, for the house's own hotelier."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.bookings import Booking, GuestDetailsInput, booking, guest_details
from api.context import Info
from api.errors import (
    DoorTaken,
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    QuoteExpired,
    RefusalsAsResults,
    RoomUnavailable,
)
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.booking.v1 import front_desk_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A door for a room of a booking.")
class RoomAssignInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every assignment.")
    position: int = strawberry.field(description="The room's place in the booking, from 0.")
    room_id: strawberry.ID = strawberry.field(description="The numbered room, of the booked room type.")
    from_night: dt.date | None = strawberry.field(
        default=None, description="From this night on; nights before keep the door they have. The first if not given."
    )


@strawberry.input(description="A room of a booking whose door is to be chosen again.")
class RoomUnassignInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every time.")
    position: int = strawberry.field(description="The room's place in the booking, from 0.")


@strawberry.input(description="A booking for a guest at the desk or on the phone.")
class WalkInCreateInput:
    quote_id: strawberry.ID = strawberry.field(description="A quote of your house, not yet expired.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every booking.")
    guest: GuestDetailsInput = strawberry.field(description="Who answers for it.")
    special_requests: str | None = strawberry.field(default=None, description="Up to 1,000 characters.")
    block_id: strawberry.ID | None = strawberry.field(
        default=None, description="Rooms come out of this block, as far as it has them."
    )


@strawberry.type(description="The room has this door.")
class RoomAssigned:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.type(description="The room has no door.")
class RoomUnassigned:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.type(description="The booking is confirmed; it is paid at the desk.")
class WalkInCreated:
    booking: Booking = strawberry.field(description="The booking.")


RoomAssignResult = Annotated[
    RoomAssigned | DoorTaken | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomAssignResult", description="The booking with its door, or why it has not got it."),
]
RoomUnassignResult = Annotated[
    RoomUnassigned | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomUnassignResult", description="The booking without the door, or why it keeps it."),
]
WalkInCreateResult = Annotated[
    WalkInCreated
    | RoomUnavailable
    | QuoteExpired
    | IllegalState
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("WalkInCreateResult", description="A booking, or why there is none."),
]


@strawberry.type
class DoorMutations:
    @strawberry.mutation(
        description="Gives a booked room of your house a door, or moves its guest to another one from a night on.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def room_assign(
        self,
        info: Info,
        input: Annotated[RoomAssignInput, strawberry.argument(description="The room and the door.")],  # noqa: A002
    ) -> RoomAssignResult:
        request = front_desk_pb2.AssignRoomRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            position=input.position,
            room_id=decode_id("Room", input.room_id, path=("roomId",)),
            from_night=input.from_night.isoformat() if input.from_night else "",
        )
        return RoomAssigned(booking=booking(await call(info.context.services.front_desk.AssignRoom, request)))

    @strawberry.mutation(
        description="Takes the door of a booked room of your house back. Doing it again changes nothing.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def room_unassign(
        self,
        info: Info,
        input: Annotated[RoomUnassignInput, strawberry.argument(description="The room.")],  # noqa: A002
    ) -> RoomUnassignResult:
        request = front_desk_pb2.UnassignRoomRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            position=input.position,
        )
        return RoomUnassigned(booking=booking(await call(info.context.services.front_desk.UnassignRoom, request)))

    @strawberry.mutation(
        description="Books what was quoted for a guest at the desk: confirmed at once, paid at the desk.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def walk_in_create(
        self,
        info: Info,
        input: Annotated[WalkInCreateInput, strawberry.argument(description="What to book, for whom.")],  # noqa: A002
    ) -> WalkInCreateResult:
        request = front_desk_pb2.CreateWalkInRequest(
            quote_id=decode_id("Quote", input.quote_id, path=("quoteId",)),
            idempotency_key=input.idempotency_key,
            guest=guest_details(input.guest),
            special_requests=input.special_requests or "",
            block_id=decode_id("RoomBlock", input.block_id, path=("blockId",)) if input.block_id else "",
        )
        return WalkInCreated(booking=booking(await call(info.context.services.front_desk.CreateWalkIn, request)))
