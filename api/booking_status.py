"""Following bookings live: one of them, or all of a house."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

import strawberry

from api.booking_states import BookingState, booking_state
from api.bookings import Booking, booking
from api.context import Info
from api.node_ids import decode_id
from contracts.booking.v1 import booking_pb2, front_desk_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import NotFound
from runtime.live_channels import booking_channel, hotel_channel

IN_ORDER_SOON_SECONDS = 0.02  # until what is written is in the order of its commits
_CURRENT = "CURRENT"


@strawberry.type(description="A move of a booking.")
class BookingStatusChanged:
    booking: Booking = strawberry.field(description="The booking as it stands now, which may be later than this move.")
    kind: str = strawberry.field(description="What happened, such as BookingConfirmed; CURRENT for how it stands.")
    state: BookingState = strawberry.field(description="The state that this move led to.")
    version: int = strawberry.field(description="The version that this move led to.")
    at: dt.datetime = strawberry.field(description="When it moved.")
    cursor: str | None = strawberry.field(
        default=None, description="To go on after this move of a house; only in `hotelBookings`, null for CURRENT."
    )


@strawberry.type
class BookingSubscriptions:
    @strawberry.subscription(
        description=(
            "A booking's moves as they happen. First its current state, or with `afterVersion` every move after "
            "that version, so that a client that was away misses nothing; then every move in order."
        )
    )
    async def booking_status(
        self,
        info: Info,
        booking_id: Annotated[strawberry.ID, strawberry.argument(description="The booking.")],
        after_version: Annotated[
            int | None, strawberry.argument(description="The last version the client has seen; 0 for all.")
        ] = None,
    ) -> AsyncGenerator[BookingStatusChanged, None]:
        identifier = decode_id("Booking", booking_id, path=("bookingId",))
        with info.context.services.live.listen(booking_channel(identifier)) as listener:
            current = await _current(info, identifier)
            seen = after_version if after_version is not None else current.version
            if after_version is None:
                yield _as_it_stands(current)
            while True:
                async for entry, newest in _moves_after(info, identifier, seen):
                    seen = entry.version
                    yield _move(entry, newest)
                await listener.wait()

    @strawberry.subscription(
        description=(
            "The moves of all bookings of a house as they happen, for its front desk. First every booking that the "
            "desk has before it: holds, arrivals up to today, guests in house; or with `after` every move since "
            "that cursor, so that a desk that was away misses nothing; then every move in order."
        )
    )
    async def hotel_bookings(
        self,
        info: Info,
        hotel_id: Annotated[strawberry.ID, strawberry.argument(description="A house of yours.")],
        after: Annotated[
            str | None, strawberry.argument(description="The cursor of the last move that the client has seen.")
        ] = None,
    ) -> AsyncGenerator[BookingStatusChanged, None]:
        identifier = decode_id("Hotel", hotel_id, path=("hotelId",))
        if await info.context.load.hotel.load(identifier) is None:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        told: dict[str, int] = {}  # the versions that the beginning told, which moves may repeat
        position = after or ""
        with info.context.services.live.listen(hotel_channel(identifier)) as listener:
            if after is None:
                async for desk in _desk_as_it_is(info, identifier):
                    position = position or desk.position
                    for standing in desk.bookings:
                        told[standing.id] = standing.version
                        yield _as_it_stands(standing)
            while True:
                async for page in _moves_of_house_after(info, identifier, position):
                    standing_now = {standing.id: standing for standing in page.bookings}
                    for move in page.moves:
                        position = move.position
                        if move.entry.version > told.get(move.booking_id, 0):
                            yield _move(move.entry, standing_now[move.booking_id], cursor=move.position)
                await listener.wait()


async def _current(info: Info, identifier: str) -> booking_pb2.Booking:
    response = await call(info.context.services.bookings.GetBookings, booking_pb2.GetBookingsRequest(ids=[identifier]))
    if not response.bookings:
        raise NotFound("There is no such booking.", path=("bookingId",))
    return response.bookings[0]


async def _moves_after(
    info: Info, identifier: str, version: int
) -> AsyncIterator[tuple[booking_pb2.TimelineEntry, booking_pb2.Booking]]:
    """Every move after a version, in order, with the booking as it stands. Asked of booking in the name of the
    listener, so a session that ended or a booking that is no longer theirs ends the subscription."""
    request = booking_pb2.ListTimelineRequest(booking_id=identifier, state_changes_only=True, with_booking=True)
    more = True
    while more:
        request.after_version = version
        page = await call(info.context.services.bookings.ListTimeline, request)
        more = page.has_next_page
        for entry in page.entries:
            yield entry, page.booking
            version = entry.version


async def _desk_as_it_is(info: Info, identifier: str) -> AsyncIterator[front_desk_pb2.ListLiveBookingsResponse]:
    after = ""
    while True:
        page = await call(
            info.context.services.front_desk.ListLiveBookings,
            front_desk_pb2.ListLiveBookingsRequest(hotel_id=identifier, after=after),
        )
        yield page
        after = page.next
        if not after:
            return


async def _moves_of_house_after(
    info: Info, identifier: str, position: str
) -> AsyncIterator[front_desk_pb2.ListHotelMovesResponse]:
    """As `_moves_after`, of all bookings of a house."""
    while True:
        page = await call(
            info.context.services.front_desk.ListHotelMoves,
            front_desk_pb2.ListHotelMovesRequest(hotel_id=identifier, after=position),
        )
        yield page
        if not page.more_soon:
            return
        if page.moves:
            position = page.moves[-1].position
        else:
            await asyncio.sleep(IN_ORDER_SOON_SECONDS)


def _as_it_stands(message: booking_pb2.Booking) -> BookingStatusChanged:
    return BookingStatusChanged(
        booking=booking(message),
        kind=_CURRENT,
        state=booking_state(message.state),
        version=message.version,
        at=from_timestamp(message.updated_at),
    )


def _move(
    entry: booking_pb2.TimelineEntry, standing: booking_pb2.Booking, *, cursor: str | None = None
) -> BookingStatusChanged:
    return BookingStatusChanged(
        booking=booking(standing),
        kind=entry.kind,
        state=booking_state(entry.state),
        version=entry.version,
        at=from_timestamp(entry.at),
        cursor=cursor,
    )
