"""The front desk's lists in the public schema: who comes, who leaves, who is in the house, and finding bookings."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.booking_states import BookingState, state_number
from api.context import Info
from api.node_ids import decode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from contracts.booking.v1 import booking_pb2, front_desk_pb2
from runtime.channels import call

if TYPE_CHECKING:
    from api.bookings import Booking

LazyBooking = Annotated["Booking", strawberry.lazy("api.bookings")]
_Day = Annotated[dt.date, strawberry.argument(description="A day at the hotel.")]
_First = Annotated[int, strawberry.argument(description="1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]


@strawberry.input(description="Which bookings to find; all that is given must be so.")
class BookingSearchInput:
    text: str | None = strawberry.field(
        default=None, description="How the reference begins, or a part of a guest's name; accents and case are one."
    )
    from_day: dt.date | None = strawberry.field(
        name="from", default=None, description="Stays that reach beyond this day."
    )
    to_day: dt.date | None = strawberry.field(name="to", default=None, description="Stays that begin before this day.")
    states: list[BookingState] | None = strawberry.field(default=None, description="Only in one of these states.")


@strawberry.type
class HotelDesk(Node):
    """The part of Hotel that its hotelier reads at the front desk."""

    @strawberry.field(description="Confirmed guests whose first night is this day, by name; for its hotelier.")
    async def arrivals(
        self, info: Info, day: _Day, first: _First = 20, after: _After = None
    ) -> Connection[LazyBooking]:
        return await self._desk_list(info, front_desk_pb2.DESK_LIST_ARRIVALS, day, first, after)

    @strawberry.field(description="Guests in the house who leave on this day, by name; for its hotelier.")
    async def departures(
        self, info: Info, day: _Day, first: _First = 20, after: _After = None
    ) -> Connection[LazyBooking]:
        return await self._desk_list(info, front_desk_pb2.DESK_LIST_DEPARTURES, day, first, after)

    @strawberry.field(description="Guests in the house on the night of this day, by name; for its hotelier.")
    async def in_house(
        self, info: Info, day: _Day, first: _First = 20, after: _After = None
    ) -> Connection[LazyBooking]:
        return await self._desk_list(info, front_desk_pb2.DESK_LIST_IN_HOUSE, day, first, after)

    @strawberry.field(description="Its bookings, newest first; for its hotelier.")
    async def bookings(
        self,
        info: Info,
        search: Annotated[
            BookingSearchInput | None, strawberry.argument(description="Which ones; all if not given.")
        ] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Connection[LazyBooking]:
        wanted = search or BookingSearchInput()
        response = await call(
            info.context.services.front_desk.SearchBookings,
            front_desk_pb2.SearchBookingsRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                text=wanted.text or "",
                from_day=wanted.from_day.isoformat() if wanted.from_day else "",
                to_day=wanted.to_day.isoformat() if wanted.to_day else "",
                states=[state_number(state) for state in wanted.states or ()],
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return _page(response, after)

    async def _desk_list(
        self, info: Info, which: front_desk_pb2.DeskList.ValueType, day: dt.date, first: int, after: str | None
    ) -> Connection[Booking]:
        response = await call(
            info.context.services.front_desk.ListDeskBookings,
            front_desk_pb2.ListDeskBookingsRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                day=day.isoformat(),
                list=which,
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return _page(response, after)


def _page(response: booking_pb2.ListBookingsResponse, after: str | None) -> Connection[Booking]:
    from api.bookings import booking  # which knows hotels, and so cannot be known to them from the start

    return Connection(
        edges=edges([booking(found) for found in response.bookings], response.cursors),
        page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
    )
