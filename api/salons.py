"""Salons in the public schema: a house with its masters and services."""

from __future__ import annotations

import enum

import strawberry

from api.context import Info
from api.hotels import Address, GeoPoint, Hotel, HotelContact, RatingSummary, hotel
from api.masters import Master, master
from api.node_ids import decode_id, encode_id
from api.opening_hours import DayHours, day_hours
from api.payouts import SalonPayouts
from api.photos import Photo, photos
from api.reviews import Reviewed
from api.salon_changes import SalonHistory
from api.salon_day import SalonAppointments
from api.salon_schedules import SalonDays
from api.salon_services import SalonService, salon_service
from api.scalars import CountryCode, CurrencyCode, EmailAddress
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2


@strawberry.enum(description="Who sees a salon.")
class SalonState(enum.Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="Its hotelier and its masters only.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Everybody.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="Its hotelier and its masters only; for good.")


@strawberry.type(description="What cancelling an appointment costs from a moment on.")
class AppointmentCancellationTier:
    hours_before_start: int = strawberry.field(description="Holds until this many hours before the start.")
    penalty_percent: int = strawberry.field(description="Of the price, 0 to 100.")


@strawberry.type(description="How appointments of a salon are made and called off.")
class AppointmentTerms:
    slot_minutes: int = strawberry.field(description="Starts are offered this far apart, counted from midnight.")
    min_notice_minutes: int = strawberry.field(description="Booked so long before the start at least.")
    max_days_ahead: int = strawberry.field(description="Booked so many days ahead at most.")
    confirms_by_hand: bool = strawberry.field(
        description="An appointment that is paid at the salon waits until the salon confirms it."
    )
    cancellation_tiers: list[AppointmentCancellationTier] = strawberry.field(
        description="From the most generous to the strictest, in the order in which they run out."
    )


@strawberry.type(description="A salon or spa.")
class Salon(SalonHistory, SalonDays, SalonAppointments, SalonPayouts, Reviewed):
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What its hotelier says of it; lines end with a line feed.")
    state: SalonState = strawberry.field(description="Who sees it.")
    hotel_id: strawberry.ID | None = strawberry.field(description="The house it stands in; null: on its own.")
    rating: RatingSummary = strawberry.field(description="What clients make of it.")
    address: Address = strawberry.field(description="Where it stands.")
    position: GeoPoint = strawberry.field(description="Where it stands on a map.")
    time_zone: str = strawberry.field(description="IANA time zone; its hours are local to it.")
    currency: CurrencyCode = strawberry.field(description="The currency of its prices.")
    contact: HotelContact = strawberry.field(description="How clients reach it.")
    photos: list[Photo] = strawberry.field(description="In the order of its hotelier.")
    opening_hours: list[DayHours] = strawberry.field(description="The week that repeats, by weekday and time.")
    terms: AppointmentTerms = strawberry.field(description="How appointments are made and called off.")
    masters: list[Master] = strawberry.field(description="Who works there, in order; archived ones to its hotelier.")
    services: list[SalonService] = strawberry.field(
        description="What they do, by category and in order; archived ones to its hotelier."
    )
    version: int = strawberry.field(
        description="Moves with every edit of the salon itself; name it as `expectedVersion` when you edit."
    )

    @strawberry.field(description="The house it stands in; null: on its own, or not yours to see.")
    async def hotel(self, info: Info) -> Hotel | None:
        if self.hotel_id is None:
            return None
        found = await info.context.load.hotel.load(decode_id("Hotel", self.hotel_id, path=("hotelId",)))
        return hotel(found) if found else None


def salon(message: salon_pb2.Salon) -> Salon:
    return Salon(
        id=strawberry.ID(encode_id("Salon", message.id)),
        name=message.name,
        description=message.description or None,
        state=SalonState(hotel_pb2.HotelState.Name(message.state).removeprefix("HOTEL_STATE_")),
        hotel_id=strawberry.ID(encode_id("Hotel", message.hotel_id)) if message.hotel_id else None,
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
        contact=HotelContact(
            phone=message.contact.phone or None,
            email=EmailAddress(message.contact.email) if message.contact.email else None,
        ),
        photos=photos(message.photos),
        opening_hours=day_hours(message.opening_hours),
        terms=_terms(message.terms),
        masters=[master(one) for one in message.masters],
        services=[salon_service(one) for one in message.services],
        version=message.version,
    )


def _terms(message: salon_pb2.BookingTerms) -> AppointmentTerms:
    return AppointmentTerms(
        slot_minutes=message.slot_minutes,
        min_notice_minutes=message.min_notice_minutes,
        max_days_ahead=message.max_days_ahead,
        confirms_by_hand=message.confirms_by_hand,
        cancellation_tiers=[
            AppointmentCancellationTier(
                hours_before_start=tier.hours_before_check_in, penalty_percent=tier.penalty_percent
            )
            for tier in message.cancellation_policy.tiers
        ],
    )
