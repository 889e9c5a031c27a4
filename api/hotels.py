"""Hotels in the public schema: a house, its rooms and rate plans, and its offers for a stay."""

from __future__ import annotations

import strawberry

from api.hotel_rates import HotelRates
from api.node_ids import encode_id
from api.rate_plans import rate_plan
from api.rooms import Amenity, room_type
from api.scalars import CountryCode, CurrencyCode
from contracts.hotel.v1 import hotel_pb2


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


@strawberry.type(description="A house.")
class Hotel(HotelRates):
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
