"""Making, editing, publishing and archiving houses."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.hotels import Hotel, hotel
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.photos import PhotoInput, photo_messages
from api.rooms import Amenity
from api.scalars import BigInt, CountryCode, CurrencyCode, EmailAddress
from api.search_filters import PointInput
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A postal address.")
class AddressInput:
    street: str = strawberry.field(default="", description="Street and number, up to 200 characters.")
    postal_code: str = strawberry.field(default="", description="Postal code, up to 20 characters.")
    city: str = strawberry.field(description="City, 1 to 120 characters.")
    country: CountryCode = strawberry.field(description="Country.")


@strawberry.input(description="How guests reach a house; everybody may read it.")
class HotelContactInput:
    phone: str = strawberry.field(default="", description="Digits with +, spaces, dots, dashes and brackets.")
    email: EmailAddress | None = strawberry.field(default=None, description="E-mail address.")


@strawberry.input(description="What a house adds to its prices, or has in them. Every part is written.")
class HotelTaxesInput:
    vat_basis_points: int = strawberry.field(
        default=0, description="Value added tax in hundredths of a percent, 0 to 5000."
    )
    vat_included: bool = strawberry.field(default=True, description="Whether prices contain it; else it is added.")
    city_tax_minor_units: BigInt = strawberry.field(
        default=BigInt(0), description="City tax of a person and night, in the smallest unit of the house's currency."
    )
    city_tax_exempt_below_age: int = strawberry.field(
        default=18, description="Children below this age do not pay city tax."
    )
    city_tax_max_nights: int = strawberry.field(
        default=0, description="City tax is due for so many nights of a stay at most; 0: for all."
    )


@strawberry.input(description="A new house.")
class HotelCreateInput:
    name: str = strawberry.field(description="1 to 120 characters.")
    address: AddressInput = strawberry.field(description="Where it stands.")
    position: PointInput = strawberry.field(description="Where it stands on a map.")
    time_zone: str = strawberry.field(description="IANA time zone, such as Europe/Paris.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of its prices; it stays once there are room types."
    )
    description: str | None = strawberry.field(default=None, description="Up to 5000 characters, several lines.")
    stars: int | None = strawberry.field(default=None, description="Official classification, 1 to 5.")
    amenities: list[Amenity] = strawberry.field(default_factory=list, description="What it offers.")
    languages: list[str] = strawberry.field(
        default_factory=list, description="Languages spoken there, as BCP 47: en, pt-BR. Up to 30."
    )
    website: str | None = strawberry.field(default=None, description="Its own website, http or https.")
    contact: HotelContactInput | None = strawberry.field(default=None, description="How guests reach it.")
    photos: list[PhotoInput] = strawberry.field(default_factory=list, description="Up to 30, in order.")
    house_rules: list[str] = strawberry.field(
        default_factory=list, description="Up to 30, each of 1 to 300 characters."
    )
    check_in_time: str = strawberry.field(default="15:00", description="Rooms are ready from this time on, HH:MM.")
    check_out_time: str = strawberry.field(default="11:00", description="Rooms are left by this time, HH:MM.")
    taxes: HotelTaxesInput | None = strawberry.field(default=None, description="None if left out.")


@strawberry.input(description="What to change of a house. What is left out stays; null clears what may be empty.")
class HotelUpdateInput:
    hotel_id: strawberry.ID = strawberry.field(description="Which house.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    address: strawberry.Maybe[AddressInput | None] = strawberry.field(description="Where it stands, whole.")
    position: strawberry.Maybe[PointInput | None] = strawberry.field(description="Where it stands on a map.")
    time_zone: strawberry.Maybe[str | None] = strawberry.field(description="IANA time zone, such as Europe/Paris.")
    currency: strawberry.Maybe[CurrencyCode | None] = strawberry.field(
        description="The currency of its prices; it stays once there are room types."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(description="Up to 5000 characters, several lines.")
    stars: strawberry.Maybe[int | None] = strawberry.field(description="Official classification, 1 to 5.")
    amenities: strawberry.Maybe[list[Amenity] | None] = strawberry.field(description="What it offers, all of it.")
    languages: strawberry.Maybe[list[str] | None] = strawberry.field(
        description="Languages spoken there, as BCP 47, all of them."
    )
    website: strawberry.Maybe[str | None] = strawberry.field(description="Its own website, http or https.")
    contact: strawberry.Maybe[HotelContactInput | None] = strawberry.field(description="How guests reach it, whole.")
    photos: strawberry.Maybe[list[PhotoInput] | None] = strawberry.field(description="Up to 30, all of them in order.")
    house_rules: strawberry.Maybe[list[str] | None] = strawberry.field(description="Up to 30, all of them.")
    check_in_time: strawberry.Maybe[str | None] = strawberry.field(
        description="Rooms are ready from this time on, HH:MM."
    )
    check_out_time: strawberry.Maybe[str | None] = strawberry.field(description="Rooms are left by this time, HH:MM.")
    taxes: strawberry.Maybe[HotelTaxesInput | None] = strawberry.field(description="All of them; null: none.")


@strawberry.input(description="Which house, as you saw it.")
class HotelMoveInput:
    hotel_id: strawberry.ID = strawberry.field(description="Which house.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The house exists, as a draft that only you see.")
class HotelCreated:
    hotel: Hotel = strawberry.field(description="The house.")


@strawberry.type(description="The house was changed.")
class HotelUpdated:
    hotel: Hotel = strawberry.field(description="As it is now.")


@strawberry.type(description="Everybody sees the house now.")
class HotelPublished:
    hotel: Hotel = strawberry.field(description="As it is now.")


@strawberry.type(description="The house is a draft again that only you see. Bookings stay.")
class HotelUnpublished:
    hotel: Hotel = strawberry.field(description="As it is now.")


@strawberry.type(description="The house is no longer sold, for good. Bookings stay.")
class HotelArchived:
    hotel: Hotel = strawberry.field(description="As it is now.")


HotelCreateResult = Annotated[
    HotelCreated | NotPermitted | InvalidInput,
    strawberry.union("HotelCreateResult", description="The house, or why there is none."),
]
HotelUpdateResult = Annotated[
    HotelUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("HotelUpdateResult", description="The house, or why nothing was changed."),
]
HotelPublishResult = Annotated[
    HotelPublished | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("HotelPublishResult", description="The house, or why it is not published."),
]
HotelUnpublishResult = Annotated[
    HotelUnpublished | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("HotelUnpublishResult", description="The house, or why it stays published."),
]
HotelArchiveResult = Annotated[
    HotelArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("HotelArchiveResult", description="The house, or why it is not archived."),
]


@strawberry.type
class HotelEditing:
    @strawberry.mutation(
        description="Makes a house of yours. Add room types and rate plans, then publish it.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotel_create(
        self,
        info: Info,
        input: Annotated[HotelCreateInput, strawberry.argument(description="The house.")],  # noqa: A002
    ) -> HotelCreateResult:
        request = hotel_pb2.CreateHotelRequest(hotel=hotel_pb2.Hotel(**all_fields(input, _READERS)))
        return HotelCreated(hotel=hotel(await call(info.context.services.hotels.CreateHotel, request)))

    @strawberry.mutation(
        description="Changes facts of a house; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotel_update(
        self,
        info: Info,
        input: Annotated[HotelUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> HotelUpdateResult:
        hotel_id = decode_id("Hotel", input.hotel_id, path=("hotelId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        request = hotel_pb2.UpdateHotelRequest(
            hotel=hotel_pb2.Hotel(id=hotel_id, **fields), fields=list(fields), expected_version=input.expected_version
        )
        updated = await call(info.context.services.hotels.UpdateHotel, request)
        info.context.load.hotel.clear_all()
        return HotelUpdated(hotel=hotel(updated))

    @strawberry.mutation(
        description="Shows a house to everybody, once it has a room type and a rate plan.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotel_publish(
        self,
        info: Info,
        input: Annotated[HotelMoveInput, strawberry.argument(description="Which house.")],  # noqa: A002
    ) -> HotelPublishResult:
        return HotelPublished(hotel=await _moved(info, input, hotel_pb2.HOTEL_STATE_PUBLISHED))

    @strawberry.mutation(
        description="Takes a house out of sight; it can be published again.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotel_unpublish(
        self,
        info: Info,
        input: Annotated[HotelMoveInput, strawberry.argument(description="Which house.")],  # noqa: A002
    ) -> HotelUnpublishResult:
        return HotelUnpublished(hotel=await _moved(info, input, hotel_pb2.HOTEL_STATE_DRAFT))

    @strawberry.mutation(
        description="Takes a house off sale for good; only its history stays.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_HOTELS), RefusalsAsResults()],
    )
    async def hotel_archive(
        self,
        info: Info,
        input: Annotated[HotelMoveInput, strawberry.argument(description="Which house.")],  # noqa: A002
    ) -> HotelArchiveResult:
        return HotelArchived(hotel=await _moved(info, input, hotel_pb2.HOTEL_STATE_ARCHIVED))


async def edited_hotel(info: Info, hotel_id: str) -> Hotel:
    """A house as it is after an edit of something that belongs to it."""
    info.context.load.hotel.clear_all()
    request = hotel_pb2.GetHotelsRequest(ids=[hotel_id])
    (found,) = (await call(info.context.services.hotels.GetHotels, request)).hotels
    return hotel(found)


async def _moved(info: Info, asked: HotelMoveInput, state: hotel_pb2.HotelState.ValueType) -> Hotel:
    hotel_id = decode_id("Hotel", asked.hotel_id, path=("hotelId",))
    request = hotel_pb2.MoveHotelRequest(id=hotel_id, state=state, expected_version=asked.expected_version)
    moved = await call(info.context.services.hotels.MoveHotel, request)
    info.context.load.hotel.clear_all()
    return hotel(moved)


def _address(given: AddressInput) -> dict[str, Any]:
    return {
        "address": hotel_pb2.Address(
            street=given.street, postal_code=given.postal_code, city=given.city, country=given.country
        )
    }


def _contact(given: HotelContactInput | None) -> dict[str, Any]:
    return {"contact": hotel_pb2.Contact(phone=given.phone, email=given.email or "") if given else hotel_pb2.Contact()}


def _taxes(given: HotelTaxesInput | None) -> dict[str, Any]:
    taxes = given or HotelTaxesInput()
    return {
        "vat_basis_points": taxes.vat_basis_points,
        "vat_included": taxes.vat_included,
        "city_tax_per_person_night": money_pb2.Money(minor_units=taxes.city_tax_minor_units),
        "city_tax_exempt_below_age": taxes.city_tax_exempt_below_age,
        "city_tax_max_nights": taxes.city_tax_max_nights,
    }


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "description": lambda value: {"description": value or ""},
    "stars": lambda value: {"stars": value or 0},
    "address": _address,
    "position": lambda value: {"latitude": value.latitude, "longitude": value.longitude},
    "time_zone": lambda value: {"time_zone": value},
    "currency": lambda value: {"currency": value},
    "amenities": lambda value: {"amenities": [amenity.value for amenity in value or ()]},
    "languages": lambda value: {"languages": value or []},
    "website": lambda value: {"website": value or ""},
    "contact": _contact,
    "photos": lambda value: {"photos": photo_messages(value or ())},
    "house_rules": lambda value: {"house_rules": value or []},
    "check_in_time": lambda value: {"check_in_time": value},
    "check_out_time": lambda value: {"check_out_time": value},
    "taxes": _taxes,
}
_REQUIRED = frozenset({"name", "address", "position", "time_zone", "currency", "check_in_time", "check_out_time"})
