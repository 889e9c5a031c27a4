"""What a house sells, as fields of Hotel: its offers for a stay, why it cannot be booked, and its calendar."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.context import Info
from api.extras import Extra
from api.money import Money, money
from api.node_ids import decode_id
from api.price_rules import HotelPriceRules
from api.rate_calendar import CalendarNight, calendar_nights
from api.rate_plans import RatePlan
from api.rooms import RoomType
from api.unavailable_nights import NightUnavailable, full_nights, restricted_nights
from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.errors import InvalidInput, NotFound

MOST_ROOMS = 9


@strawberry.type(description="A room type under a rate plan that can be booked for the stay asked for.")
class RoomOffer:
    room_type: RoomType = strawberry.field(description="The room type.")
    rate_plan: RatePlan = strawberry.field(description="The rate plan.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included.")
    per_night: Money = strawberry.field(description="The average night of all rooms, taxes included.")
    rooms_left: int = strawberry.field(description="Rooms of this type free on every night.")


@strawberry.input(description="Who sleeps in one room.")
class RoomOccupancyInput:
    adults: int = strawberry.field(description="1 to 20.")
    children_ages: list[int] = strawberry.field(
        default_factory=list, description="One age a child, 0 to 17 at check-in."
    )


@strawberry.type
class HotelRates(HotelPriceRules):
    """The part of Hotel that says what it sells, when, and for how much."""

    room_types: list[RoomType] = strawberry.field(description="Its kinds of rooms.")
    rate_plans: list[RatePlan] = strawberry.field(description="What it sells with them.")
    extras: list[Extra] = strawberry.field(description="What guests may choose for a room besides.")

    @strawberry.field(
        description="Every room type and rate plan that can be booked for a stay, all rooms of one type, cheapest "
        "first."
    )
    async def offers(
        self,
        info: Info,
        check_in: Annotated[dt.date, strawberry.argument(description="First night.")],
        check_out: Annotated[dt.date, strawberry.argument(description="Day of departure; not slept.")],
        rooms: Annotated[list[RoomOccupancyInput], strawberry.argument(description="One entry a room.")],
    ) -> list[RoomOffer]:
        return await _offers(info, self, check_in, check_out, rooms)

    @strawberry.field(
        description="Why a stay cannot be booked, or not in every room type and rate plan: what is full, held, closed "
        "or otherwise restricted. Empty when everything can be booked."
    )
    async def unavailable_reasons(
        self,
        info: Info,
        check_in: Annotated[dt.date, strawberry.argument(description="First night.")],
        check_out: Annotated[dt.date, strawberry.argument(description="Day of departure; not slept.")],
        number_of_rooms: Annotated[
            int, strawberry.argument(description="1 to 9: so many rooms of one type are needed.")
        ] = 1,
    ) -> list[NightUnavailable]:
        return await _unavailable_reasons(info, self, check_in, check_out, number_of_rooms)

    @strawberry.field(
        description="Price, restrictions and rooms of every night, by room type and night; 62 nights at most."
    )
    async def calendar(
        self,
        info: Info,
        from_night: Annotated[dt.date, strawberry.argument(name="from", description="The first night.")],
        to_night: Annotated[dt.date, strawberry.argument(name="to", description="The day after the last night.")],
        room_type_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this room type; of all if there is none.")
        ] = None,
    ) -> list[CalendarNight]:
        own = [decode_id("RoomType", kind.id, path=("id",)) for kind in self.room_types]
        asked = [decode_id("RoomType", room_type_id, path=("roomTypeId",))] if room_type_id is not None else own
        if not set(asked) <= set(own):
            raise NotFound("This hotel has no such room type.", path=("roomTypeId",))
        hotel_id = decode_id("Hotel", self.id, path=("id",))
        return await calendar_nights(info, hotel_id, asked, from_night, to_night) if asked else []


async def _unavailable_reasons(
    info: Info, hotel: HotelRates, check_in: dt.date, check_out: dt.date, number_of_rooms: int
) -> list[NightUnavailable]:
    if not 1 <= number_of_rooms <= MOST_ROOMS:
        raise InvalidInput(f"Ask for 1 to {MOST_ROOMS} rooms.", path=("numberOfRooms",))
    services = info.context.services
    room_types = [decode_id("RoomType", kind.id, path=("id",)) for kind in hotel.room_types]
    restricted, available = await asyncio.gather(
        call(
            services.rates.ListStayRestrictions,
            rate_pb2.ListStayRestrictionsRequest(
                hotel_id=decode_id("Hotel", hotel.id, path=("id",)),
                check_in=check_in.isoformat(),
                check_out=check_out.isoformat(),
            ),
        ),
        call(
            services.inventory.GetAvailability,
            inventory_pb2.GetAvailabilityRequest(
                room_type_ids=room_types,
                first_night=check_in.isoformat(),
                end_night=check_out.isoformat(),
                with_holds=True,
            ),
        ),
    )
    known = {kind.room_type_id: kind for kind in available.room_types}
    nights = [check_in + dt.timedelta(days=offset) for offset in range((check_out - check_in).days)]
    full = [
        reason
        for room_type_id in room_types
        for reason in full_nights(
            known.get(room_type_id, inventory_pb2.RoomTypeAvailability(room_type_id=room_type_id)),
            nights,
            number_of_rooms,
        )
    ]
    return sorted([*full, *restricted_nights(restricted)], key=lambda reason: (reason.night, reason.room_type_id))


async def _offers(
    info: Info, hotel: HotelRates, check_in: dt.date, check_out: dt.date, rooms: Sequence[RoomOccupancyInput]
) -> list[RoomOffer]:
    services = info.context.services
    hotel_id = decode_id("Hotel", hotel.id, path=("id",))
    room_types = {decode_id("RoomType", kind.id, path=("id",)): kind for kind in hotel.room_types}
    rate_plans = {decode_id("RatePlan", plan.id, path=("id",)): plan for plan in hotel.rate_plans}
    priced, available = await asyncio.gather(
        call(
            services.rates.PriceOffers,
            rate_pb2.PriceOffersRequest(
                hotel_id=hotel_id,
                check_in=check_in.isoformat(),
                check_out=check_out.isoformat(),
                rooms=occupancy_messages(rooms),
            ),
        ),
        call(
            services.inventory.GetAvailability,
            inventory_pb2.GetAvailabilityRequest(
                room_type_ids=list(room_types), first_night=check_in.isoformat(), end_night=check_out.isoformat()
            ),
        ),
    )
    nights = (check_out - check_in).days
    left = {kind.room_type_id: _rooms_left(kind, nights) for kind in available.room_types}
    return [
        RoomOffer(
            room_type=room_types[offer.room_type_id],
            rate_plan=rate_plans[offer.rate_plan_id],
            total=money(offer.total),
            per_night=money(offer.per_night),
            rooms_left=left[offer.room_type_id],
        )
        for offer in priced.offers
        if left.get(offer.room_type_id, 0) >= len(rooms) and offer.rate_plan_id in rate_plans
    ]


def _rooms_left(kind: inventory_pb2.RoomTypeAvailability, nights: int) -> int:
    fewest = min((night.free for night in kind.nights), default=kind.capacity)
    return fewest if len(kind.nights) == nights else min(fewest, kind.capacity)


def occupancy_messages(rooms: Sequence[RoomOccupancyInput]) -> list[rate_pb2.Occupancy]:
    return [rate_pb2.Occupancy(adults=room.adults, children_ages=room.children_ages) for room in rooms]
