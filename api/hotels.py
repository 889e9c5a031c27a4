"""Hotels in the public schema: a house with all its facts."""

from __future__ import annotations

import enum

import strawberry

from api.blocks import HotelBlocks
from api.calendar_feeds import HotelCalendarFeeds
from api.change_log import HotelChanges
from api.extras import extra
from api.figures import HotelFigures
from api.front_desk import HotelDesk
from api.hotel_rates import HotelRates
from api.hotel_salons import HotelSalons
from api.inventory import HotelInventory
from api.money import Money, money
from api.node_ids import encode_id
from api.payouts import HotelPayouts
from api.photos import Photo, photos
from api.rate_plans import rate_plan
from api.reviews import Reviewed
from api.room_plan import HotelRoomPlan
from api.rooms import Amenity, room_type
from api.scalars import CountryCode, CurrencyCode, EmailAddress
from contracts.hotel.v1 import hotel_pb2


@strawberry.enum(description="Who sees a house.")
class HotelState(enum.Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="Its hotelier only.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Everybody.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="Its hotelier only, for its books; for good.")


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


@strawberry.type(description="How guests reach a house.")
class HotelContact:
    phone: str | None = strawberry.field(description="Telephone number.")
    email: EmailAddress | None = strawberry.field(description="E-mail address.")


@strawberry.type(description="What a house adds to its prices, or has in them.")
class HotelTaxes:
    vat_basis_points: int = strawberry.field(description="Value added tax in hundredths of a percent: 1000 is 10 %.")
    vat_included: bool = strawberry.field(description="Whether prices contain it; else it is added.")
    city_tax: Money = strawberry.field(description="City tax of a person and night; nothing if there is none.")
    city_tax_exempt_below_age: int = strawberry.field(description="Children below this age do not pay city tax.")
    city_tax_max_nights: int | None = strawberry.field(
        description="City tax is due for so many nights of a stay at most; null: for all."
    )


@strawberry.type(description="What guests make of a house.")
class RatingSummary:
    count: int = strawberry.field(description="How many rated it.")
    mean: float | None = strawberry.field(description="1 to 5; null while nobody rated it.")


@strawberry.type(description="A house.")
class Hotel(
    HotelRates,
    HotelChanges,
    HotelInventory,
    HotelCalendarFeeds,
    HotelDesk,
    HotelRoomPlan,
    HotelBlocks,
    HotelSalons,
    HotelFigures,
    HotelPayouts,
    Reviewed,
):
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What its hotelier says of it; lines end with a line feed.")
    state: HotelState = strawberry.field(description="Who sees it.")
    stars: int | None = strawberry.field(description="Official classification, 1 to 5; null if it has none.")
    rating: RatingSummary = strawberry.field(description="What guests make of it.")
    address: Address = strawberry.field(description="Where it stands.")
    position: GeoPoint = strawberry.field(description="Where it stands on a map.")
    time_zone: str = strawberry.field(description="IANA time zone; dates of stays are days there.")
    currency: CurrencyCode = strawberry.field(description="The currency of its prices.")
    amenities: list[Amenity] = strawberry.field(description="What it offers.")
    languages: list[str] = strawberry.field(description="Languages spoken there, as BCP 47: en, pt-BR.")
    website: str | None = strawberry.field(description="Its own website.")
    contact: HotelContact = strawberry.field(description="How guests reach it.")
    photos: list[Photo] = strawberry.field(description="In the order of its hotelier.")
    house_rules: list[str] = strawberry.field(description="What guests agree to, one sentence or two each.")
    check_in_time: str = strawberry.field(description="Rooms are ready from this time on, HH:MM.")
    check_out_time: str = strawberry.field(description="Rooms are left by this time, HH:MM.")
    taxes: HotelTaxes = strawberry.field(description="What it adds to its prices, or has in them.")
    version: int = strawberry.field(
        description="Moves with every edit of the house itself; name it as `expectedVersion` when you edit."
    )
    rates_version: int = strawberry.field(description="Moves with every change of prices and restrictions.")


def hotel(message: hotel_pb2.Hotel) -> Hotel:
    return Hotel(
        id=strawberry.ID(encode_id("Hotel", message.id)),
        name=message.name,
        description=message.description or None,
        state=HotelState(hotel_pb2.HotelState.Name(message.state).removeprefix("HOTEL_STATE_")),
        stars=message.stars or None,
        rating=RatingSummary(
            count=message.rating.count,
            mean=message.rating.mean_hundredths / 100 if message.rating.count else None,
        ),
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
        languages=list(message.languages),
        website=message.website or None,
        contact=HotelContact(
            phone=message.contact.phone or None,
            email=EmailAddress(message.contact.email) if message.contact.email else None,
        ),
        photos=photos(message.photos),
        house_rules=list(message.house_rules),
        check_in_time=message.check_in_time,
        check_out_time=message.check_out_time,
        taxes=HotelTaxes(
            vat_basis_points=message.vat_basis_points,
            vat_included=message.vat_included,
            city_tax=money(message.city_tax_per_person_night),
            city_tax_exempt_below_age=message.city_tax_exempt_below_age,
            city_tax_max_nights=message.city_tax_max_nights or None,
        ),
        version=message.version,
        rates_version=message.rates_version,
        room_types=[room_type(kind) for kind in message.room_types],
        rate_plans=[rate_plan(plan, message.currency) for plan in message.rate_plans],
        extras=[extra(one) for one in message.extras],
    )
