"""Making, editing, publishing and archiving salons."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    VersionConflict,
)
from api.hotel_editing import AddressInput, HotelContactInput
from api.node_ids import decode_id
from api.opening_hours import DayHoursInput, day_hours_messages
from api.permissions import Demands, Permission
from api.photos import PhotoInput, photo_messages
from api.salons import Salon, salon
from api.scalars import CurrencyCode, IdempotencyKey
from api.search_filters import PointInput
from api.written_fields import Readers, all_fields, given_fields, merged
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from runtime.errors import NotFound as NotFoundError


@strawberry.input(description="What cancelling an appointment costs from a moment on.")
class AppointmentCancellationTierInput:
    hours_before_start: int = strawberry.field(description="Holds until this many hours before the start.")
    penalty_percent: int = strawberry.field(description="Of the price, 0 to 100.")


@strawberry.input(description="How appointments are made and called off. Every part is written.")
class AppointmentTermsInput:
    slot_minutes: int = strawberry.field(
        default=15, description="Starts are offered this far apart: 5, 10, 15, 20, 30 or 60."
    )
    min_notice_minutes: int = strawberry.field(
        default=60, description="Booked so long before the start at least, up to 43,200."
    )
    max_days_ahead: int = strawberry.field(default=90, description="Booked so many days ahead at most, 1 to 365.")
    confirms_by_hand: bool = strawberry.field(
        default=False, description="An appointment that is paid at the salon waits until the salon confirms it."
    )
    cancellation_tiers: list[AppointmentCancellationTierInput] | None = strawberry.field(
        default=None,
        description="1 to 10, from the most generous to the strictest, which holds until the start: 0 hours. "
        "Cancelling is free if left out.",
    )


@strawberry.input(description="A new salon.")
class SalonCreateInput:
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every salon.")
    hotel_id: strawberry.ID | None = strawberry.field(
        default=None, description="The house of yours it stands in, which has up to 20; on its own if left out."
    )
    name: str = strawberry.field(description="1 to 120 characters.")
    address: AddressInput = strawberry.field(description="Where it stands.")
    position: PointInput = strawberry.field(description="Where it stands on a map.")
    time_zone: str = strawberry.field(description="IANA time zone, such as Europe/Paris.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of its prices; it stays once the salon was published."
    )
    description: str | None = strawberry.field(default=None, description="Up to 5000 characters, several lines.")
    contact: HotelContactInput | None = strawberry.field(default=None, description="How clients reach it.")
    photos: list[PhotoInput] = strawberry.field(default_factory=list, description="Up to 30, in order.")
    opening_hours: list[DayHoursInput] = strawberry.field(
        default_factory=list, description="The week that repeats, up to 28 entries."
    )
    terms: AppointmentTermsInput | None = strawberry.field(
        default=None, description="How appointments are made; the defaults if left out."
    )


@strawberry.input(description="What to change of a salon. What is left out stays; null clears what may be empty.")
class SalonUpdateInput:
    salon_id: strawberry.ID = strawberry.field(description="Which salon.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    address: strawberry.Maybe[AddressInput | None] = strawberry.field(description="Where it stands, whole.")
    position: strawberry.Maybe[PointInput | None] = strawberry.field(description="Where it stands on a map.")
    time_zone: strawberry.Maybe[str | None] = strawberry.field(description="IANA time zone, such as Europe/Paris.")
    currency: strawberry.Maybe[CurrencyCode | None] = strawberry.field(
        description="The currency of its prices; it stays once the salon was published."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(description="Up to 5000 characters, several lines.")
    contact: strawberry.Maybe[HotelContactInput | None] = strawberry.field(description="How clients reach it, whole.")
    photos: strawberry.Maybe[list[PhotoInput] | None] = strawberry.field(description="Up to 30, all of them in order.")
    opening_hours: strawberry.Maybe[list[DayHoursInput] | None] = strawberry.field(
        description="The week that repeats, all of it."
    )
    terms: strawberry.Maybe[AppointmentTermsInput | None] = strawberry.field(
        description="All of them; null: the defaults."
    )


@strawberry.input(description="Which salon, as you saw it.")
class SalonMoveInput:
    salon_id: strawberry.ID = strawberry.field(description="Which salon.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The salon exists, as a draft that only you see.")
class SalonCreated:
    salon: Salon = strawberry.field(description="The salon.")


@strawberry.type(description="The salon was changed.")
class SalonUpdated:
    salon: Salon = strawberry.field(description="As it is now.")


@strawberry.type(description="Everybody sees the salon now.")
class SalonPublished:
    salon: Salon = strawberry.field(description="As it is now.")


@strawberry.type(description="The salon is a draft again. Appointments stay.")
class SalonUnpublished:
    salon: Salon = strawberry.field(description="As it is now.")


@strawberry.type(description="The salon is closed for good.")
class SalonArchived:
    salon: Salon = strawberry.field(description="As it is now.")


SalonCreateResult = Annotated[
    SalonCreated | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonCreateResult", description="The salon, or why there is none."),
]
SalonUpdateResult = Annotated[
    SalonUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonUpdateResult", description="The salon, or why nothing was changed."),
]
SalonPublishResult = Annotated[
    SalonPublished | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonPublishResult", description="The salon, or why it is not published."),
]
SalonUnpublishResult = Annotated[
    SalonUnpublished | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonUnpublishResult", description="The salon, or why it stays published."),
]
SalonArchiveResult = Annotated[
    SalonArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonArchiveResult", description="The salon, or why it is not archived."),
]


@strawberry.type
class SalonEditing:
    @strawberry.mutation(
        description="Makes a salon of yours. Add masters and services, then publish it.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_create(
        self,
        info: Info,
        input: Annotated[SalonCreateInput, strawberry.argument(description="The salon.")],  # noqa: A002
    ) -> SalonCreateResult:
        request = salon_pb2.CreateSalonRequest(
            idempotency_key=input.idempotency_key,
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)) if input.hotel_id else "",
            fields=salon_pb2.SalonFields(**all_fields(input, _READERS)),
        )
        created = await call(info.context.services.salons.CreateSalon, request)
        _forget(info)
        return SalonCreated(salon=salon(created))

    @strawberry.mutation(
        description="Changes facts of a salon; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_update(
        self,
        info: Info,
        input: Annotated[SalonUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> SalonUpdateResult:
        salon_id = decode_id("Salon", input.salon_id, path=("salonId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        known = await info.context.load.salon.load(salon_id)
        if known is None:
            raise NotFoundError("There is no such salon.", path=("salonId",))
        request = salon_pb2.UpdateSalonRequest(
            id=salon_id, expected_version=input.expected_version, fields=merged(_fields_of(known), fields)
        )
        updated = await call(info.context.services.salons.UpdateSalon, request)
        _forget(info)
        return SalonUpdated(salon=salon(updated))

    @strawberry.mutation(
        description="Shows a salon to everybody, once it has an address with a street, opening hours, and a master "
        "who offers a service.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_publish(
        self,
        info: Info,
        input: Annotated[SalonMoveInput, strawberry.argument(description="Which salon.")],  # noqa: A002
    ) -> SalonPublishResult:
        return SalonPublished(salon=await _moved(info, input, hotel_pb2.HOTEL_STATE_PUBLISHED))

    @strawberry.mutation(
        description="Takes a salon out of sight; it can be published again.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_unpublish(
        self,
        info: Info,
        input: Annotated[SalonMoveInput, strawberry.argument(description="Which salon.")],  # noqa: A002
    ) -> SalonUnpublishResult:
        return SalonUnpublished(salon=await _moved(info, input, hotel_pb2.HOTEL_STATE_DRAFT))

    @strawberry.mutation(
        description="Closes a salon for good; only once no appointments are to come.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_archive(
        self,
        info: Info,
        input: Annotated[SalonMoveInput, strawberry.argument(description="Which salon.")],  # noqa: A002
    ) -> SalonArchiveResult:
        return SalonArchived(salon=await _moved(info, input, hotel_pb2.HOTEL_STATE_ARCHIVED))


async def _moved(info: Info, asked: SalonMoveInput, state: hotel_pb2.HotelState.ValueType) -> Salon:
    request = salon_pb2.MoveSalonRequest(
        id=decode_id("Salon", asked.salon_id, path=("salonId",)), state=state, expected_version=asked.expected_version
    )
    moved = await call(info.context.services.salons.MoveSalon, request)
    _forget(info)
    return salon(moved)


def _forget(info: Info) -> None:
    """What this request read of salons before it changed one."""
    info.context.load.salon.clear_all()
    info.context.load.salons_of_hotel.clear_all()


def _fields_of(message: salon_pb2.Salon) -> salon_pb2.SalonFields:
    return salon_pb2.SalonFields(
        **{field.name: getattr(message, field.name) for field in salon_pb2.SalonFields.DESCRIPTOR.fields}
    )


def _contact(given: HotelContactInput | None) -> dict[str, Any]:
    return {"contact": hotel_pb2.Contact(phone=given.phone, email=given.email or "") if given else None}


def _terms(given: AppointmentTermsInput | None) -> dict[str, Any]:
    terms = given or AppointmentTermsInput()
    tiers = terms.cancellation_tiers
    if tiers is None:
        tiers = [AppointmentCancellationTierInput(hours_before_start=0, penalty_percent=0)]
    return {
        "terms": salon_pb2.BookingTerms(
            slot_minutes=terms.slot_minutes,
            min_notice_minutes=terms.min_notice_minutes,
            max_days_ahead=terms.max_days_ahead,
            confirms_by_hand=terms.confirms_by_hand,
            cancellation_policy=hotel_pb2.CancellationPolicy(
                tiers=[
                    hotel_pb2.CancellationTier(
                        hours_before_check_in=tier.hours_before_start, penalty_percent=tier.penalty_percent
                    )
                    for tier in tiers
                ]
            ),
        )
    }


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "description": lambda value: {"description": value or ""},
    "address": lambda value: {
        "address": hotel_pb2.Address(
            street=value.street, postal_code=value.postal_code, city=value.city, country=value.country
        )
    },
    "position": lambda value: {"latitude": value.latitude, "longitude": value.longitude},
    "time_zone": lambda value: {"time_zone": value},
    "currency": lambda value: {"currency": value},
    "contact": _contact,
    "photos": lambda value: {"photos": photo_messages(value or ())},
    "opening_hours": lambda value: {"opening_hours": day_hours_messages(value or ())},
    "terms": _terms,
}
_REQUIRED = frozenset({"name", "address", "position", "time_zone", "currency"})
