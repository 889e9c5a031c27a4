"""Waitlists in the public schema: waiting for a sold-out stay, and taking the room that is offered."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.bookings import Booking, GuestDetailsInput, booking, guest_details
from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    RoomUnavailable,
)
from api.hotels import Hotel
from api.node_ids import decode_id, encode_id
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.quotes import QuoteRoomInput, hotel_of, room_request
from api.scalars import IdempotencyKey
from contracts.booking.v1 import waitlist_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="Where somebody stands who waits for a room.")
class WaitlistState(enum.Enum):
    WAITING = strawberry.enum_value("WAITING", description="For a room to come free.")
    OFFERED = strawberry.enum_value("OFFERED", description="A room is held until `offeredUntil`: see `booking`.")
    BOOKED = strawberry.enum_value("BOOKED", description="The offer was taken.")
    LEFT = strawberry.enum_value("LEFT", description="Left the list, or did not take the offer.")
    OVER = strawberry.enum_value("OVER", description="The stay began without a room.")


@strawberry.type(description="Somebody who waits for a room on a sold-out stay.")
class WaitlistEntry:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    state: WaitlistState = strawberry.field(description="Where it stands.")
    check_in: dt.date = strawberry.field(description="First night.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rate_plan_id: strawberry.ID = strawberry.field(description="The rate plan.")
    adults: int = strawberry.field(description="Adults in the room.")
    children_ages: list[int] = strawberry.field(description="One age a child in the room.")
    place: int | None = strawberry.field(
        description="1 is the head of those who wait for these nights; null unless waiting."
    )
    offered_until: dt.datetime | None = strawberry.field(description="Until when the offered room is or was held.")
    created_at: dt.datetime = strawberry.field(description="Since when they wait.")
    hotel_id: strawberry.Private[str]
    offered_booking_id: strawberry.Private[str]

    @strawberry.field(description="The house.")
    async def hotel(self, info: Info) -> Hotel:
        return await hotel_of(info, self.hotel_id)

    @strawberry.field(description="What the offer made; follow it with `bookingStatus`. Null before there is one.")
    async def booking(self, info: Info) -> Booking | None:
        if not self.offered_booking_id:
            return None
        found = await info.context.load.booking.load(self.offered_booking_id)
        return booking(found) if found else None


@strawberry.type
class ViewerWaitlist:
    """A part of the type Viewer."""

    @strawberry.field(description="The stays you wait or waited for, newest first.")
    async def waitlist(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[WaitlistEntry]:
        response = await call(
            info.context.services.waitlists.ListWaitlist,
            waitlist_pb2.ListWaitlistRequest(first=at_least_one(first), after=after or ""),
        )
        return Connection(
            edges=edges([waitlist_entry(found) for found in response.entries], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.input(description="The stay to wait for.")
class WaitlistJoinInput:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    check_in: dt.date = strawberry.field(description="First night, a day at the hotel.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    room: QuoteRoomInput = strawberry.field(description="The room.")
    guest: GuestDetailsInput = strawberry.field(description="Who will answer for the booking.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every stay.")


@strawberry.input(description="What to wait for no longer.")
class WaitlistLeaveInput:
    id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.input(description="Which offer to take.")
class WaitlistOfferAcceptInput:
    booking_id: strawberry.ID = strawberry.field(description="The booking that the offer made.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every offer.")


@strawberry.type(description="You are on the list.")
class WaitlistJoined:
    entry: WaitlistEntry = strawberry.field(description="Where you stand; an earlier entry for the same stay.")


@strawberry.type(description="You are no longer on the list.")
class WaitlistLeft:
    entry: WaitlistEntry = strawberry.field(description="As it stands now.")


@strawberry.type(description="The room is yours; it is paid at the hotel.")
class WaitlistOfferAccepted:
    booking: Booking = strawberry.field(description="The booking.")


WaitlistJoinResult = Annotated[
    WaitlistJoined | RoomUnavailable | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WaitlistJoinResult", description="A place on the list, or why there is none."),
]
WaitlistLeaveResult = Annotated[
    WaitlistLeft | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WaitlistLeaveResult", description="Done, or why not."),
]
WaitlistOfferAcceptResult = Annotated[
    WaitlistOfferAccepted | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WaitlistOfferAcceptResult", description="The booking, or why it is not yours."),
]


@strawberry.type
class WaitlistMutations:
    @strawberry.mutation(
        description=(
            "Waits for a room of a stay that is sold out. When one comes free, it is held for the first in line for "
            "15 minutes, who is told by mail and notification. Refused as IllegalState while the stay can be booked."
        ),
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def waitlist_join(
        self,
        info: Info,
        input: Annotated[WaitlistJoinInput, strawberry.argument(description="The stay.")],  # noqa: A002
    ) -> WaitlistJoinResult:
        request = waitlist_pb2.JoinWaitlistRequest(
            idempotency_key=input.idempotency_key,
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)),
            check_in=input.check_in.isoformat(),
            check_out=input.check_out.isoformat(),
            room=room_request(input.room, ("room",)),
            guest=guest_details(input.guest),
        )
        return WaitlistJoined(entry=waitlist_entry(await call(info.context.services.waitlists.JoinWaitlist, request)))

    @strawberry.mutation(
        description="Waits no longer. Who has an offer takes it, or cancels its booking.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def waitlist_leave(
        self,
        info: Info,
        input: Annotated[WaitlistLeaveInput, strawberry.argument(description="What to leave.")],  # noqa: A002
    ) -> WaitlistLeaveResult:
        request = waitlist_pb2.LeaveWaitlistRequest(id=decode_id("WaitlistEntry", input.id, path=("id",)))
        return WaitlistLeft(entry=waitlist_entry(await call(info.context.services.waitlists.LeaveWaitlist, request)))

    @strawberry.mutation(
        description="Takes an offered room that is paid at the hotel. A prepaid one is taken by paying it.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def waitlist_offer_accept(
        self,
        info: Info,
        input: Annotated[WaitlistOfferAcceptInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> WaitlistOfferAcceptResult:
        request = waitlist_pb2.AcceptOfferRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
        )
        return WaitlistOfferAccepted(booking=booking(await call(info.context.services.waitlists.AcceptOffer, request)))


def waitlist_entry(message: waitlist_pb2.WaitlistEntry) -> WaitlistEntry:
    return WaitlistEntry(
        id=strawberry.ID(encode_id("WaitlistEntry", message.id)),
        state=WaitlistState(waitlist_pb2.WaitlistState.Name(message.state).removeprefix("WAITLIST_STATE_")),
        check_in=dt.date.fromisoformat(message.check_in),
        check_out=dt.date.fromisoformat(message.check_out),
        room_type_id=strawberry.ID(encode_id("RoomType", message.room.room_type_id)),
        rate_plan_id=strawberry.ID(encode_id("RatePlan", message.room.rate_plan_id)),
        adults=message.room.adults,
        children_ages=list(message.room.children_ages),
        place=message.place or None,
        offered_until=from_timestamp(message.offered_until) if message.HasField("offered_until") else None,
        created_at=from_timestamp(message.created_at),
        hotel_id=message.hotel_id,
        offered_booking_id=message.booking_id,
    )
