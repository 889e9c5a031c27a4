"""Making, editing and archiving what a salon does."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.salon_services import AppointmentPaymentTiming, SalonService, ServiceCategory, category_value, salon_service
from api.scalars import BigInt
from api.written_fields import Readers, all_fields, given_fields, merged
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from runtime.errors import NotFound as NotFoundError


@strawberry.input(description="A master who does a service.")
class ServiceOfferingInput:
    master_id: strawberry.ID = strawberry.field(description="A master of the salon, named once.")
    price_minor_units: BigInt | None = strawberry.field(
        default=None, description="Their own price in the smallest unit of the salon's currency."
    )
    duration_minutes: int | None = strawberry.field(default=None, description="Their own pace, a multiple of 5.")


@strawberry.input(description="Something new that a salon of yours does.")
class SalonServiceCreateInput:
    salon_id: strawberry.ID = strawberry.field(description="The salon, which has up to 300.")
    name: str = strawberry.field(description="1 to 120 characters.")
    category: ServiceCategory = strawberry.field(description="What kind of service it is.")
    description: str | None = strawberry.field(default=None, description="Up to 3000 characters, several lines.")
    duration_minutes: int = strawberry.field(description="5 to 720, a multiple of 5.")
    buffer_before_minutes: int = strawberry.field(
        default=0, description="The master's time to keep free before it, 0 to 120, a multiple of 5."
    )
    buffer_after_minutes: int = strawberry.field(
        default=0, description="The master's time to keep free after it, 0 to 120, a multiple of 5."
    )
    price_minor_units: BigInt = strawberry.field(
        description="What it costs, in the smallest unit of the salon's currency; up to 100,000,000."
    )
    payment_timing: AppointmentPaymentTiming = strawberry.field(
        default=AppointmentPaymentTiming.AT_SALON, description="When it is paid."
    )
    offerings: list[ServiceOfferingInput] = strawberry.field(default_factory=list, description="Who does it.")


@strawberry.input(description="What to change of a service. What is left out stays; null clears what may be empty.")
class SalonServiceUpdateInput:
    salon_service_id: strawberry.ID = strawberry.field(description="The service.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    category: strawberry.Maybe[ServiceCategory | None] = strawberry.field(description="What kind of service it is.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="Up to 3000 characters, several lines.")
    duration_minutes: strawberry.Maybe[int | None] = strawberry.field(description="5 to 720, a multiple of 5.")
    buffer_before_minutes: strawberry.Maybe[int | None] = strawberry.field(description="0 to 120, a multiple of 5.")
    buffer_after_minutes: strawberry.Maybe[int | None] = strawberry.field(description="0 to 120, a multiple of 5.")
    price_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="What it costs, in the smallest unit of the salon's currency; up to 100,000,000."
    )
    payment_timing: strawberry.Maybe[AppointmentPaymentTiming | None] = strawberry.field(description="When it is paid.")
    offerings: strawberry.Maybe[list[ServiceOfferingInput] | None] = strawberry.field(
        description="Who does it, all of them."
    )


@strawberry.input(description="A service that is no longer done.")
class SalonServiceArchiveInput:
    salon_service_id: strawberry.ID = strawberry.field(description="The service.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The salon does this now.")
class SalonServiceCreated:
    service: SalonService = strawberry.field(description="The service.")


@strawberry.type(description="The service was changed. Appointments keep what they booked.")
class SalonServiceUpdated:
    service: SalonService = strawberry.field(description="As it is now.")


@strawberry.type(description="The service is no longer done. Appointments keep what they booked.")
class SalonServiceArchived:
    service: SalonService = strawberry.field(description="As it is now.")


SalonServiceCreateResult = Annotated[
    SalonServiceCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonServiceCreateResult", description="The service, or why there is none."),
]
SalonServiceUpdateResult = Annotated[
    SalonServiceUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonServiceUpdateResult", description="The service, or why nothing was changed."),
]
SalonServiceArchiveResult = Annotated[
    SalonServiceArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SalonServiceArchiveResult", description="The service, or why it is not archived."),
]


@strawberry.type
class SalonServiceEditing:
    @strawberry.mutation(
        description="Adds a service to a salon of yours.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_service_create(
        self,
        info: Info,
        input: Annotated[SalonServiceCreateInput, strawberry.argument(description="The service.")],  # noqa: A002
    ) -> SalonServiceCreateResult:
        request = salon_pb2.CreateServiceRequest(
            salon_id=decode_id("Salon", input.salon_id, path=("salonId",)),
            fields=salon_pb2.ServiceFields(**all_fields(input, _READERS)),
        )
        created = await call(info.context.services.salons.CreateService, request)
        _forget(info)
        return SalonServiceCreated(service=salon_service(created))

    @strawberry.mutation(
        description="Changes a service; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_service_update(
        self,
        info: Info,
        input: Annotated[SalonServiceUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> SalonServiceUpdateResult:
        service_id = decode_id("SalonService", input.salon_service_id, path=("salonServiceId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        wanted = salon_pb2.GetServicesRequest(ids=[service_id])
        found = (await call(info.context.services.salons.GetServices, wanted)).services
        if not found:
            raise NotFoundError("There is no such service.", path=("salonServiceId",))
        request = salon_pb2.UpdateServiceRequest(
            id=service_id, expected_version=input.expected_version, fields=merged(_fields_of(found[0]), fields)
        )
        updated = await call(info.context.services.salons.UpdateService, request)
        _forget(info)
        return SalonServiceUpdated(service=salon_service(updated))

    @strawberry.mutation(
        description="Takes a service out of a salon of yours.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def salon_service_archive(
        self,
        info: Info,
        input: Annotated[SalonServiceArchiveInput, strawberry.argument(description="Which service.")],  # noqa: A002
    ) -> SalonServiceArchiveResult:
        request = salon_pb2.ArchiveServiceRequest(
            id=decode_id("SalonService", input.salon_service_id, path=("salonServiceId",)),
            expected_version=input.expected_version,
        )
        archived = await call(info.context.services.salons.ArchiveService, request)
        _forget(info)
        return SalonServiceArchived(service=salon_service(archived))


def _forget(info: Info) -> None:
    """What this request read of salons before it changed one of their services."""
    info.context.load.salon.clear_all()
    info.context.load.salons_of_hotel.clear_all()


def _fields_of(message: salon_pb2.Service) -> salon_pb2.ServiceFields:
    return salon_pb2.ServiceFields(
        name=message.name,
        category=message.category,
        description=message.description,
        duration_minutes=message.duration_minutes,
        buffer_before_minutes=message.buffer_before_minutes,
        buffer_after_minutes=message.buffer_after_minutes,
        price_minor_units=message.price.minor_units,
        payment_timing=message.payment_timing,
        offerings=message.offerings,
    )


def _timing(given: AppointmentPaymentTiming) -> dict[str, Any]:
    prepaid = given is AppointmentPaymentTiming.PREPAID
    return {
        "payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID if prepaid else hotel_pb2.PAYMENT_TIMING_AT_HOTEL,
    }


def _offerings(given: list[ServiceOfferingInput] | None) -> dict[str, Any]:
    return {
        "offerings": [
            salon_pb2.Offering(
                master_id=decode_id("Master", offering.master_id, path=("offerings", str(number), "masterId")),
                price_minor_units=offering.price_minor_units,
                duration_minutes=offering.duration_minutes,
            )
            for number, offering in enumerate(given or ())
        ]
    }


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "category": lambda value: {"category": category_value(value)},
    "description": lambda value: {"description": value or ""},
    "duration_minutes": lambda value: {"duration_minutes": value},
    "buffer_before_minutes": lambda value: {"buffer_before_minutes": value or 0},
    "buffer_after_minutes": lambda value: {"buffer_after_minutes": value or 0},
    "price_minor_units": lambda value: {"price_minor_units": value},
    "payment_timing": _timing,
    "offerings": _offerings,
}
_REQUIRED = frozenset({"name", "category", "duration_minutes", "price_minor_units", "payment_timing"})
