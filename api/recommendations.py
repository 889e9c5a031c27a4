"""Houses near a point or a house, without a stay in mind yet."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.hotels import Hotel, hotel
from api.money import Money, money
from api.node_ids import decode_id
from api.paging import Connection, Edge, at_least_one, page_info
from api.search_filters import PointInput
from contracts.search.v1 import search_pb2
from runtime.channels import call
from runtime.cursors import LARGEST_PAGE
from runtime.errors import InvalidInput, NotFound


@strawberry.enum(description="What houses are recommended by.")
class RecommendBy(enum.Enum):
    DISTANCE = strawberry.enum_value("DISTANCE", description="Nearest first.")
    PRICE = strawberry.enum_value(
        "PRICE", description="Cheapest bookable night of the next 30 first; houses without one come last."
    )
    RATING = strawberry.enum_value(
        "RATING", description="Best rated first: the mean rating as if ten guests had given 3.5 before anybody else."
    )


@strawberry.type(description="A house near a point.")
class NearbyHotel:
    hotel: Hotel = strawberry.field(description="The house.")
    distance_meters: int = strawberry.field(description="From the point, as the crow flies.")
    from_per_night: Money | None = strawberry.field(
        description=(
            "The cheapest bookable night of the next 30 for two (for one, where no room takes two), taxes included; "
            "null if there is none."
        )
    )
    from_night: dt.date | None = strawberry.field(description="That night.")


@strawberry.type(description="One page of houses near a point, nearest first.")
class NearbyHotelConnection(Connection[NearbyHotel]):
    pass


@strawberry.type
class RecommendationQueries:
    @strawberry.field(description="Houses within 10 km of a point, the most recommended first.")
    async def recommend_hotels(
        self,
        info: Info,
        near: Annotated[PointInput, strawberry.argument(description="Where.")],
        by: Annotated[RecommendBy, strawberry.argument(description="What counts.")],
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
    ) -> list[Hotel]:
        request = search_pb2.RecommendHotelsRequest(
            latitude=near.latitude,
            longitude=near.longitude,
            by=search_pb2.RecommendBy.Value(f"RECOMMEND_BY_{by.value}"),
            first=at_least_one(first),
        )
        response = await call(info.context.services.search.RecommendHotels, request)
        return [hotel(found.hotel) for found in response.hotels]

    @strawberry.field(description="Houses around a house (itself left out) or a point, nearest first.")
    async def hotels_nearby(
        self,
        info: Info,
        hotel_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The house; or else `point`.")
        ] = None,
        point: Annotated[PointInput | None, strawberry.argument(description="The point; or else `hotelId`.")] = None,
        radius_meters: Annotated[float, strawberry.argument(description="Up to 100,000.")] = 2000.0,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> NearbyHotelConnection:
        if (hotel_id is None) == (point is None):
            raise InvalidInput("Name either a house or a point.", path=("hotelId",))
        if radius_meters <= 0:
            raise InvalidInput("The radius is 1 to 100000 metres.", path=("radiusMeters",))
        itself = decode_id("Hotel", hotel_id, path=("hotelId",)) if hotel_id else ""
        latitude, longitude = (point.latitude, point.longitude) if point else await _position(info, itself)
        size = at_least_one(first)
        request = search_pb2.RecommendHotelsRequest(
            latitude=latitude,
            longitude=longitude,
            radius_meters=radius_meters,
            by=search_pb2.RECOMMEND_BY_DISTANCE,
            first=min(size + 1, LARGEST_PAGE) if itself and size <= LARGEST_PAGE else size,
            after=after or "",
        )
        response = await call(info.context.services.search.RecommendHotels, request)
        others = [found for found in response.hotels if found.hotel.id != itself]
        shown = others[:size]
        return NearbyHotelConnection(
            edges=[Edge(node=_nearby(found), cursor=found.cursor) for found in shown],
            page_info=page_info(
                [found.cursor for found in shown],
                has_next_page=response.has_next_page or len(others) > size,
                after=after,
            ),
        )


async def _position(info: Info, hotel_id: str) -> tuple[float, float]:
    house = await info.context.load.hotel.load(hotel_id)
    if house is None:
        raise NotFound("There is no such hotel.", path=("hotelId",))
    return house.latitude, house.longitude


def _nearby(found: search_pb2.RecommendedHotel) -> NearbyHotel:
    return NearbyHotel(
        hotel=hotel(found.hotel),
        distance_meters=found.distance_meters,
        from_per_night=money(found.from_per_night) if found.HasField("from_per_night") else None,
        from_night=dt.date.fromisoformat(found.from_night) if found.from_night else None,
    )
