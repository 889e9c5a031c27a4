"""What a search finds: offers, facets and alternatives, as types and from the search service's messages."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable

import strawberry

from api.context import Info
from api.hotels import Hotel, hotel
from api.money import Money, money
from api.node_ids import encode_id
from api.paging import Connection
from api.rate_plans import MealPlan, RatePlan
from api.rooms import Amenity, RoomType
from api.shown_amounts import ShownAmount, ShownIn
from contracts.search.v1 import search_pb2


@strawberry.type(description="The room of one party.")
class OfferedRoom:
    room_type: RoomType = strawberry.field(description="Its room type.")
    rate_plan: RatePlan = strawberry.field(description="Its rate plan.")
    total: Money = strawberry.field(description="All nights of this room, taxes included.")


@strawberry.type(description="A house with its cheapest offer for the stay.")
class HotelOffer:
    hotel: Hotel = strawberry.field(description="The house.")
    room_type: RoomType = strawberry.field(description="The room type of the first room.")
    rate_plan: RatePlan = strawberry.field(description="The rate plan of the first room.")
    rooms: list[OfferedRoom] = strawberry.field(description="One room a party, in the order asked for.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included.")
    per_night: Money = strawberry.field(description="The average night of all rooms, taxes included.")
    rooms_left: int = strawberry.field(description="Rooms of the first room's type free on every night.")
    distance_meters: int | None = strawberry.field(description="From the point asked for.")

    @strawberry.field(
        description=(
            "The total in another currency, for information, by the newest rate, which a quote freezes; null where no "
            "rate is known."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.newest()
        return rates.shown(self.total.minor_units, self.total.currency, currency)


@strawberry.type(description="How many houses there would be with so many stars.")
class StarsFacet:
    stars: int | None = strawberry.field(description="1 to 5; null: not classified.")
    count: int = strawberry.field(description="Houses.")


@strawberry.type(description="How many houses there would be with an amenity, besides those filtered by already.")
class AmenityFacet:
    amenity: Amenity = strawberry.field(description="The amenity.")
    count: int = strawberry.field(description="Houses.")


@strawberry.type(description="How many houses there would be with an offer with these meals.")
class MealPlanFacet:
    meal_plan: MealPlan = strawberry.field(description="The meals.")
    count: int = strawberry.field(description="Houses.")


@strawberry.type(description="How many houses there would be with such a mean rating.")
class RatingFacet:
    at_least: float = strawberry.field(description="The least mean rating.")
    count: int = strawberry.field(description="Houses.")


@strawberry.type(description="How many houses there would be with an average night within a price band.")
class PriceBand:
    from_: Money = strawberry.field(name="from", description="From this amount on.")
    to: Money | None = strawberry.field(description="Below this amount; null: no limit.")
    count: int = strawberry.field(description="Houses.")


@strawberry.type(description="How many houses there would be under each value, all other filters as they are.")
class HotelFacets:
    stars: list[StarsFacet] = strawberry.field(description="By stars.")
    amenities: list[AmenityFacet] = strawberry.field(description="By amenity, the most frequent first.")
    meal_plans: list[MealPlanFacet] = strawberry.field(description="By meals.")
    ratings: list[RatingFacet] = strawberry.field(description="By least mean rating.")
    free_cancellation: int = strawberry.field(description="With an offer that can be cancelled free of charge now.")
    price_per_night: list[PriceBand] = strawberry.field(
        description="By rising price, in the currency that most of the houses charge in."
    )


@strawberry.enum(description="How an alternative differs from what was asked for.")
class AlternativeKind(enum.Enum):
    OTHER_DATES = strawberry.enum_value("OTHER_DATES", description="As many nights, up to three days earlier or later.")
    SPLIT_STAY = strawberry.enum_value("SPLIT_STAY", description="One house; the room types change once.")
    NEARBY = strawberry.enum_value("NEARBY", description="The same stay within 30 km of the place's middle.")


@strawberry.type(description="A part of a stay, booked on its own.")
class StayPart:
    check_in: dt.date = strawberry.field(description="First night.")
    check_out: dt.date = strawberry.field(description="Day of departure.")
    rooms: list[OfferedRoom] = strawberry.field(description="One room a party, in the order asked for.")


@strawberry.type(description="A stay that is not what was asked for but can be had.")
class StayAlternative:
    kind: AlternativeKind = strawberry.field(description="How it differs.")
    hotel: Hotel = strawberry.field(description="The house.")
    check_in: dt.date = strawberry.field(description="First night.")
    check_out: dt.date = strawberry.field(description="Day of departure.")
    parts: list[StayPart] = strawberry.field(description="One, or two for split stays.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included.")
    distance_meters: int | None = strawberry.field(
        description="Of houses near by: from the middle of the place asked for."
    )


@strawberry.type(description="One page of found houses.")
class HotelOfferConnection(Connection[HotelOffer]):
    total_count: int = strawberry.field(description="Houses found, on all pages.")
    as_of: dt.datetime = strawberry.field(
        description="The newest fact the search index knows of. A quote decides; search only finds."
    )
    facets: HotelFacets = strawberry.field(description="Counts for filters; reckoned only when asked for.")
    alternatives: list[StayAlternative] = strawberry.field(
        description=(
            "At most twelve, cheapest first, of each kind the cheapest ones; looked for only when asked for and "
            "nothing fits."
        )
    )


def hotel_offer(hit: search_pb2.HotelHit) -> HotelOffer:
    house = hotel(hit.hotel)
    rooms = _rooms(house, hit.rooms)
    return HotelOffer(
        hotel=house,
        room_type=rooms[0].room_type,
        rate_plan=rooms[0].rate_plan,
        rooms=rooms,
        total=money(hit.total),
        per_night=money(hit.per_night),
        rooms_left=hit.rooms_left,
        distance_meters=hit.distance_meters if hit.HasField("distance_meters") else None,
    )


def hotel_facets(message: search_pb2.HotelFacets) -> HotelFacets:
    return HotelFacets(
        stars=[StarsFacet(stars=int(facet.value) or None, count=facet.count) for facet in message.stars],
        amenities=[AmenityFacet(amenity=Amenity(facet.value), count=facet.count) for facet in message.amenities],
        meal_plans=[MealPlanFacet(meal_plan=MealPlan(facet.value), count=facet.count) for facet in message.meal_plans],
        ratings=[RatingFacet(at_least=int(facet.value) / 100, count=facet.count) for facet in message.ratings],
        free_cancellation=message.free_cancellation,
        price_per_night=[
            PriceBand(
                from_=money(getattr(band, "from")),
                to=money(band.to) if band.HasField("to") else None,
                count=band.count,
            )
            for band in message.price_per_night
        ],
    )


def stay_alternative(message: search_pb2.StayAlternative) -> StayAlternative:
    house = hotel(message.hotel)
    kind = AlternativeKind(search_pb2.AlternativeKind.Name(message.kind).removeprefix("ALTERNATIVE_KIND_"))
    return StayAlternative(
        kind=kind,
        hotel=house,
        check_in=dt.date.fromisoformat(message.check_in),
        check_out=dt.date.fromisoformat(message.check_out),
        parts=[
            StayPart(
                check_in=dt.date.fromisoformat(part.check_in),
                check_out=dt.date.fromisoformat(part.check_out),
                rooms=_rooms(house, part.rooms),
            )
            for part in message.parts
        ],
        total=money(message.total),
        distance_meters=message.distance_meters if kind is AlternativeKind.NEARBY else None,
    )


def _rooms(house: Hotel, rooms: Iterable[search_pb2.OfferedRoom]) -> list[OfferedRoom]:
    kinds = {kind.id: kind for kind in house.room_types}
    plans = {plan.id: plan for plan in house.rate_plans}
    return [
        OfferedRoom(
            room_type=kinds[strawberry.ID(encode_id("RoomType", room.room_type_id))],
            rate_plan=plans[strawberry.ID(encode_id("RatePlan", room.rate_plan_id))],
            total=money(room.total),
        )
        for room in rooms
    ]
