"""The public schema, put together from its domains: python -m api.schema prints it."""

from __future__ import annotations

import sys
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.blocks import BlockMutations
from api.booking_moves import BookingMoveMutations, BookingMoveQueries
from api.booking_notes import BookingNoteMutations
from api.bookings import BookingMutations, BookingQueries, BookingSubscriptions, booking
from api.calendar_feeds import CalendarMutations
from api.context import Info
from api.desk_moves import DeskMoveMutations
from api.door_assignment import DoorMutations
from api.hotel_editing import HotelEditing
from api.hotel_import import HotelImportMutations
from api.hotel_search import HotelQueries
from api.hotels import hotel
from api.inventory import InventoryMutations
from api.node_ids import decode_node_id
from api.nodes import Node
from api.notifications import NotificationMutations
from api.payments import PaymentMutations
from api.price_explaining import PriceQueries
from api.price_rule_editing import PriceRuleMutations
from api.quotes import QuoteMutations, QuoteQueries, quote
from api.rate_plan_editing import RatePlanEditing
from api.rates import RateMutations
from api.recommendations import RecommendationQueries
from api.room_editing import RoomEditing
from api.room_type_editing import RoomTypeEditing
from api.scalars import SCALARS
from api.viewer import ViewerMutations, ViewerQueries
from api.waitlist import WaitlistMutations


@strawberry.type(description="What can be read.")
class Query(
    ViewerQueries, HotelQueries, RecommendationQueries, QuoteQueries, PriceQueries, BookingQueries, BookingMoveQueries
):
    @strawberry.field(description="Anything with a global id; null if it does not exist or is not yours to see.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Node | None:
        kind, identifier = decode_node_id(id)
        load = info.context.load
        if kind == "Hotel" and (found_hotel := await load.hotel.load(identifier)):
            return hotel(found_hotel)
        if kind == "Quote" and (found_quote := await load.quote.load(identifier)):
            return quote(found_quote)
        if kind == "Booking" and (found_booking := await load.booking.load(identifier)):
            return booking(found_booking)
        return None


@strawberry.type(description="What can be done. Every mutation answers a union: success first, then refusals.")
class Mutation(
    ViewerMutations,
    QuoteMutations,
    BookingMutations,
    BookingMoveMutations,
    DeskMoveMutations,
    PaymentMutations,
    NotificationMutations,
    InventoryMutations,
    CalendarMutations,
    HotelImportMutations,
    HotelEditing,
    RoomTypeEditing,
    RoomEditing,
    RatePlanEditing,
    RateMutations,
    PriceRuleMutations,
    DoorMutations,
    BookingNoteMutations,
    BlockMutations,
    WaitlistMutations,
):
    pass


@strawberry.type(description="What can be followed live.")
class Subscription(BookingSubscriptions):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)


def sdl() -> str:
    return schema.as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(sdl())
