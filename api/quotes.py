"""Quotes in the public schema: a price that holds for 15 minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    RoomUnavailable,
    SlotUnavailable,
)
from api.extras import ChosenExtraInput, RoomExtra, chosen_extras, room_extras
from api.hotels import Hotel, hotel
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.permissions import Demands, Permission
from api.price_lines import PriceLine, PriceLineKind, price_line
from api.rate_plans import CancellationPolicy, PaymentTiming, cancellation_policy, payment_timing
from api.shown_amounts import ShownAmount, ShownIn
from api.visits import QuotedVisit, QuoteVisitInput, quoted_visit, visit_lines, wanted_visits
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import NotFound as NothingThere


@strawberry.type(description="One room of a quote or booking, with its guests and its price.")
class PricedRoom:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rate_plan_id: strawberry.ID = strawberry.field(description="The rate plan.")
    room_type_name: str = strawberry.field(description="The room type's name when it was quoted.")
    rate_plan_name: str = strawberry.field(description="The rate plan's name when it was quoted.")
    payment_timing: PaymentTiming = strawberry.field(description="When the guest pays.")
    adults: int = strawberry.field(description="Adults in this room.")
    children_ages: list[int] = strawberry.field(description="One age a child in this room.")
    extras: list[RoomExtra] = strawberry.field(description="What was chosen for this room besides.")
    cancellation_policy: CancellationPolicy = strawberry.field(description="As it was when it was quoted.")
    lines: list[PriceLine] = strawberry.field(description="What the total is made of.")
    total: Money = strawberry.field(description="Taxes included.")


@strawberry.type(description="A price for a stay that holds until `expiresAt`. Never changed; ask for a new one.")
class Quote(Node):
    check_in: dt.date = strawberry.field(description="First night.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    rooms: list[PricedRoom] = strawberry.field(description="The rooms.")
    visits: list[QuotedVisit] = strawberry.field(description="Visits to salons that are booked and paid with them.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included, and all visits.")
    expires_at: dt.datetime = strawberry.field(description="Until when it can be booked.")
    hotel_id: strawberry.Private[str]
    exchange_rates_day: strawberry.Private[str]

    @strawberry.field(
        description=(
            "The total in another currency, for information; null where no rate is known. "
            "The rate is that of the quote, whatever it is today."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.of_day(self.exchange_rates_day)
        return rates.shown(self.total.minor_units, self.total.currency, currency)

    @strawberry.field(description="The house.")
    async def hotel(self, info: Info) -> Hotel:
        return await hotel_of(info, self.hotel_id)

    @strawberry.field(description="Every line of every room, and of every visit.")
    def lines(self) -> list[PriceLine]:
        return [*(line for room in self.rooms for line in room.lines), *visit_lines(self.visits)]

    @strawberry.field(description="The strictest policy among the rooms.")
    def cancellation_policy(self) -> CancellationPolicy:
        return strictest_policy(self.rooms)


@strawberry.input(description="One room to be quoted.")
class QuoteRoomInput:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rate_plan_id: strawberry.ID = strawberry.field(description="The rate plan.")
    adults: int = strawberry.field(description="1 to 20, as the room allows.")
    children_ages: list[int] = strawberry.field(default_factory=list, description="One age a child, 0 to 17.")
    extras: list[ChosenExtraInput] = strawberry.field(
        default_factory=list,
        description="What this room shall have besides. Whoever changes a booking names the extras that it keeps.",
    )


@strawberry.input(description="The stay to be quoted.")
class QuoteCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    check_in: dt.date = strawberry.field(description="First night, a day at the hotel.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    rooms: list[QuoteRoomInput] = strawberry.field(description="1 to 9 rooms.")
    booking_id: strawberry.ID | None = strawberry.field(
        default=None, description="A booking to be changed to this stay, whose own nights count as free."
    )
    block_id: strawberry.ID | None = strawberry.field(
        default=None, description="A block of your house for a walk-in, for whom its rooms count as free."
    )
    visits: list[QuoteVisitInput] = strawberry.field(
        default_factory=list,
        description=(
            "Up to 5 visits to salons, to be booked and paid with the rooms of a new booking: all or nothing. Such a "
            "basket is paid ahead as one."
        ),
    )


QuoteCreateResult = Annotated[
    Quote | RoomUnavailable | SlotUnavailable | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("QuoteCreateResult", description="A quote, or why there is none."),
]


@strawberry.type
class QuoteQueries:
    @strawberry.field(description="A quote by id; null if there is none.")
    async def quote(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Quote | None:
        found = await info.context.load.quote.load(decode_id("Quote", id, path=("id",)))
        return quote(found) if found else None


@strawberry.type
class QuoteMutations:
    @strawberry.mutation(
        description="Prices a stay, and visits to salons with it, for 15 minutes. Holds nothing; `bookingCreate` does.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def quote_create(
        self,
        info: Info,
        input: Annotated[QuoteCreateInput, strawberry.argument(description="The stay.")],  # noqa: A002
    ) -> QuoteCreateResult:
        request = booking_pb2.CreateQuoteRequest(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)),
            check_in=input.check_in.isoformat(),
            check_out=input.check_out.isoformat(),
            rooms=[room_request(room, ("rooms", str(number))) for number, room in enumerate(input.rooms)],
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)) if input.booking_id else "",
            block_id=decode_id("RoomBlock", input.block_id, path=("blockId",)) if input.block_id else "",
            visits=wanted_visits(input.visits),
        )
        return quote(await call(info.context.services.bookings.CreateQuote, request))


def room_request(room: QuoteRoomInput, path: Sequence[str]) -> rate_pb2.RoomRequest:
    """`path` is where the room stands in the input."""
    return rate_pb2.RoomRequest(
        room_type_id=decode_id("RoomType", room.room_type_id, path=(*path, "roomTypeId")),
        rate_plan_id=decode_id("RatePlan", room.rate_plan_id, path=(*path, "ratePlanId")),
        adults=room.adults,
        children_ages=room.children_ages,
        extras=chosen_extras(room.extras, path),
    )


def quote(message: booking_pb2.Quote) -> Quote:
    return Quote(
        id=strawberry.ID(encode_id("Quote", message.id)),
        check_in=dt.date.fromisoformat(message.check_in),
        check_out=dt.date.fromisoformat(message.check_out),
        rooms=[priced_room(room) for room in message.rooms],
        visits=[quoted_visit(one) for one in message.visits],
        total=money(message.total),
        expires_at=from_timestamp(message.expires_at),
        hotel_id=message.hotel_id,
        exchange_rates_day=message.exchange_rates_day,
    )


def priced_room(message: rate_pb2.PricedRoom) -> PricedRoom:
    return PricedRoom(
        room_type_id=strawberry.ID(encode_id("RoomType", message.request.room_type_id)),
        rate_plan_id=strawberry.ID(encode_id("RatePlan", message.request.rate_plan_id)),
        room_type_name=message.room_type_name,
        rate_plan_name=message.rate_plan_name,
        payment_timing=payment_timing(message.payment_timing),
        adults=message.request.adults,
        children_ages=list(message.request.children_ages),
        extras=room_extras(message),
        cancellation_policy=cancellation_policy(message.cancellation_policy),
        lines=[price_line(line) for line in message.lines],
        total=money(message.total),
    )


def strictest_policy(rooms: Iterable[PricedRoom]) -> CancellationPolicy:
    """The policy that lets a guest go free for the shortest time."""
    return max(rooms, key=_strictness).cancellation_policy


def _strictness(room: PricedRoom) -> list[tuple[float, int]]:
    """Penalties in percent, nights as their share of the stay's nights, with how long before check-in."""
    nights = max(1, sum(line.kind is PriceLineKind.NIGHT for line in room.lines))
    return [
        (tier.penalty_percent or min(100.0, 100 * tier.penalty_nights / nights), tier.hours_before_check_in)
        for tier in room.cancellation_policy.tiers
    ]


async def hotel_of(info: Info, hotel_id: str) -> Hotel:
    """The house of something that has one; raises NotFound if it was taken off since."""
    found = await info.context.load.hotel.load(hotel_id)
    if found is None:
        raise NothingThere("This house is no longer listed.", path=("hotel",))
    return hotel(found)
