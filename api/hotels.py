"""Hotels in the public schema: a house, its rooms and rate plans, and its offers for a stay."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.scalars import CountryCode, CurrencyCode
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call


@strawberry.enum(description="What a house or a room offers.")
class Amenity(enum.Enum):
    WIFI = "WIFI"
    BREAKFAST = "BREAKFAST"
    LIFT = "LIFT"
    AIR_CONDITIONING = "AIR_CONDITIONING"
    BAR = "BAR"
    RESTAURANT = "RESTAURANT"
    FITNESS = "FITNESS"
    SPA = "SPA"
    POOL = "POOL"
    PARKING = "PARKING"
    PETS_WELCOME = "PETS_WELCOME"
    ACCESSIBLE = "ACCESSIBLE"
    SAFE = "SAFE"
    MINIBAR = "MINIBAR"
    BATHTUB = "BATHTUB"
    DESK = "DESK"


@strawberry.enum(description="The kind of a bed.")
class BedKind(enum.Enum):
    SINGLE = "SINGLE"
    DOUBLE = "DOUBLE"
    QUEEN = "QUEEN"
    KING = "KING"
    SOFA = "SOFA"


@strawberry.enum(description="Which meals a rate plan includes.")
class MealPlan(enum.Enum):
    ROOM_ONLY = strawberry.enum_value("ROOM_ONLY", description="RO: no meals.")
    BED_AND_BREAKFAST = strawberry.enum_value("BED_AND_BREAKFAST", description="BB.")
    HALF_BOARD = strawberry.enum_value("HALF_BOARD", description="HB: breakfast and dinner.")
    FULL_BOARD = strawberry.enum_value("FULL_BOARD", description="FB: all meals.")


@strawberry.enum(description="When the guest pays.")
class PaymentTiming(enum.Enum):
    PREPAID = strawberry.enum_value("PREPAID", description="Before arrival; the rooms are held for the payment.")
    AT_HOTEL = strawberry.enum_value("AT_HOTEL", description="At the hotel; confirmed at once.")


@strawberry.type(description="A postal address.")
class Address:
    street: str = strawberry.field(description="Street and number.")
    postal_code: str = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    country: CountryCode = strawberry.field(description="Country.")


@strawberry.type(description="A point on the globe (WGS 84).")
class GeoPoint:
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")


@strawberry.type(description="Beds of one kind.")
class Bed:
    kind: BedKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What cancelling costs from a moment on.")
class CancellationTier:
    hours_before_check_in: int = strawberry.field(
        description="Holds until this many hours before check-in time in the hotel's zone."
    )
    penalty_percent: int = strawberry.field(description="Of the stay's price, 0 to 100.")


@strawberry.type(description="What cancelling costs, from the most generous tier to the strictest.")
class CancellationPolicy:
    tiers: list[CancellationTier] = strawberry.field(description="In the order in which they run out.")
    summary: str = strawberry.field(description="The policy in words, in English.")


@strawberry.type(description="Rooms of one kind in a house.")
class RoomType(Node):
    name: str = strawberry.field(description="What the house calls it.")
    max_adults: int = strawberry.field(description="Adults that may sleep in it.")
    max_children: int = strawberry.field(description="Children that may sleep in it besides.")
    beds: list[Bed] = strawberry.field(description="Its beds.")
    amenities: list[Amenity] = strawberry.field(description="What it offers.")
    number_of_rooms: int = strawberry.field(description="How many there are in the house.")
    size_square_meters: int | None = strawberry.field(description="Its size.")


@strawberry.type(description="What a guest buys with the room: meals, when they pay, how they may cancel.")
class RatePlan:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="What the house calls it.")
    meal_plan: MealPlan = strawberry.field(description="Meals included.")
    payment_timing: PaymentTiming = strawberry.field(description="When the guest pays.")
    cancellation_policy: CancellationPolicy = strawberry.field(description="What cancelling costs.")


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


@strawberry.type(description="A house.")
class Hotel(Node):
    name: str = strawberry.field(description="Its name.")
    stars: int | None = strawberry.field(description="Official classification, 1 to 5; null if it has none.")
    address: Address = strawberry.field(description="Where it stands.")
    position: GeoPoint = strawberry.field(description="Where it stands on a map.")
    time_zone: str = strawberry.field(description="IANA time zone; dates of stays are days there.")
    currency: CurrencyCode = strawberry.field(description="The currency of its prices.")
    amenities: list[Amenity] = strawberry.field(description="What it offers.")
    website: str | None = strawberry.field(description="Its own website.")
    check_in_time: str = strawberry.field(description="Rooms are ready from this time on, HH:MM.")
    check_out_time: str = strawberry.field(description="Rooms are left by this time, HH:MM.")
    room_types: list[RoomType] = strawberry.field(description="Its kinds of rooms.")
    rate_plans: list[RatePlan] = strawberry.field(description="What it sells with them.")

    @strawberry.field(description="Every room type and rate plan that can be booked for a stay, cheapest first.")
    async def offers(
        self,
        info: Info,
        check_in: Annotated[dt.date, strawberry.argument(description="First night.")],
        check_out: Annotated[dt.date, strawberry.argument(description="Day of departure; not slept.")],
        rooms: Annotated[list[RoomOccupancyInput], strawberry.argument(description="One entry a room.")],
    ) -> list[RoomOffer]:
        return await _offers(info, self, check_in, check_out, rooms)


async def _offers(
    info: Info, hotel: Hotel, check_in: dt.date, check_out: dt.date, rooms: Sequence[RoomOccupancyInput]
) -> list[RoomOffer]:
    services = info.context.services
    hotel_id = decode_id("Hotel", hotel.id, path=("id",))
    room_types = {decode_id("RoomType", kind.id, path=("id",)): kind for kind in hotel.room_types}
    rate_plans = {decode_id("RatePlan", plan.id, path=("id",)): plan for plan in hotel.rate_plans}
    priced, available = await asyncio.gather(
        call(
            services.hotels.PriceOffers,
            hotel_pb2.PriceOffersRequest(
                hotel_id=hotel_id,
                check_in=check_in.isoformat(),
                check_out=check_out.isoformat(),
                rooms=occupancy_messages(rooms),
            ),
        ),
        call(
            services.bookings.GetAvailability,
            booking_pb2.GetAvailabilityRequest(
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
        if left.get(offer.room_type_id, 0) >= len(rooms)
    ]


def _rooms_left(kind: booking_pb2.RoomTypeAvailability, nights: int) -> int:
    fewest = min((night.free for night in kind.nights), default=kind.capacity)
    return fewest if len(kind.nights) == nights else min(fewest, kind.capacity)


def occupancy_messages(rooms: Sequence[RoomOccupancyInput]) -> list[hotel_pb2.Occupancy]:
    return [hotel_pb2.Occupancy(adults=room.adults, children_ages=room.children_ages) for room in rooms]


def hotel(message: hotel_pb2.Hotel) -> Hotel:
    return Hotel(
        id=strawberry.ID(encode_id("Hotel", message.id)),
        name=message.name,
        stars=message.stars or None,
        address=Address(
            street=message.address.street,
            postal_code=message.address.postal_code,
            city=message.address.city,
            country=CountryCode(message.address.country),
        ),
        position=GeoPoint(latitude=message.latitude, longitude=message.longitude),
        time_zone=message.time_zone,
        currency=CurrencyCode(message.currency),
        amenities=[Amenity(name) for name in message.amenities],
        website=message.website or None,
        check_in_time=message.check_in_time,
        check_out_time=message.check_out_time,
        room_types=[room_type(kind) for kind in message.room_types],
        rate_plans=[rate_plan(plan) for plan in message.rate_plans],
    )


def room_type(message: hotel_pb2.RoomType) -> RoomType:
    return RoomType(
        id=strawberry.ID(encode_id("RoomType", message.id)),
        name=message.name,
        max_adults=message.max_adults,
        max_children=message.max_children,
        beds=[
            Bed(kind=BedKind(hotel_pb2.BedKind.Name(bed.kind).removeprefix("BED_KIND_")), count=bed.count)
            for bed in message.beds
        ],
        amenities=[Amenity(name) for name in message.amenities],
        number_of_rooms=message.number_of_rooms,
        size_square_meters=message.size_square_meters or None,
    )


def rate_plan(message: hotel_pb2.RatePlan) -> RatePlan:
    return RatePlan(
        id=strawberry.ID(encode_id("RatePlan", message.id)),
        name=message.name,
        meal_plan=MealPlan(hotel_pb2.MealPlan.Name(message.meal_plan).removeprefix("MEAL_PLAN_")),
        payment_timing=payment_timing(message.payment_timing),
        cancellation_policy=cancellation_policy(message.cancellation_policy),
    )


def payment_timing(value: hotel_pb2.PaymentTiming.ValueType) -> PaymentTiming:
    return PaymentTiming(hotel_pb2.PaymentTiming.Name(value).removeprefix("PAYMENT_TIMING_"))


def cancellation_policy(message: hotel_pb2.CancellationPolicy) -> CancellationPolicy:
    return CancellationPolicy(
        tiers=[
            CancellationTier(hours_before_check_in=tier.hours_before_check_in, penalty_percent=tier.penalty_percent)
            for tier in message.tiers
        ],
        summary=_in_words(message),
    )


def _in_words(policy: hotel_pb2.CancellationPolicy) -> str:
    sentences = []
    for tier in policy.tiers:
        cost = "Free cancellation" if tier.penalty_percent == 0 else f"Cancelling costs {tier.penalty_percent} %"
        if tier.hours_before_check_in:
            days, hours = divmod(tier.hours_before_check_in, 24)
            until = f"{days} day{'s' * (days > 1)}" if days and not hours else f"{tier.hours_before_check_in} hours"
            sentences.append(f"{cost} until {until} before check-in.")
        else:
            sentences.append(f"{cost} after that." if sentences else f"{cost} of the price at any time.")
    return " ".join(sentences)
