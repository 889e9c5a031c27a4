"""Services of salons in the public schema: what is done, for how long and how much, by whom."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.scalars import BigInt, CurrencyCode
from api.shown_amounts import ShownAmount, ShownIn
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2

if TYPE_CHECKING:
    from api.masters import Master

LazyMaster = Annotated["Master", strawberry.lazy("api.masters")]


@strawberry.enum(description="What kind of service it is.")
class ServiceCategory(enum.Enum):
    HAIR = strawberry.enum_value("HAIR", description="Cutting, colouring and styling hair.")
    NAILS = strawberry.enum_value("NAILS", description="Manicure and pedicure.")
    FACE = strawberry.enum_value("FACE", description="Care of the face.")
    BODY = strawberry.enum_value("BODY", description="Care of the body, hair removal.")
    MASSAGE = strawberry.enum_value("MASSAGE", description="Massage.")
    SPA = strawberry.enum_value("SPA", description="Baths, sauna and the like.")
    MAKEUP = strawberry.enum_value("MAKEUP", description="Make-up.")
    OTHER = strawberry.enum_value("OTHER", description="Anything else.")


@strawberry.enum(description="When an appointment is paid.")
class AppointmentPaymentTiming(enum.Enum):
    PREPAID = strawberry.enum_value("PREPAID", description="When it is booked; the time is held for the payment.")
    AT_SALON = strawberry.enum_value("AT_SALON", description="At the salon.")


@strawberry.type(description="A master who does a service, at their own price and pace where they have one.")
class ServiceOffering:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    price: Money = strawberry.field(description="What it costs with this master.")
    duration_minutes: int = strawberry.field(description="How long this master takes.")
    own_price: Money | None = strawberry.field(description="The master's own price; null: that of the service.")
    own_duration_minutes: int | None = strawberry.field(description="Their own pace; null: that of the service.")

    @strawberry.field(description="The master; null if not yours to see.")
    async def master(self, info: Info) -> LazyMaster | None:
        from api.masters import master  # which knows salons, and so cannot be known to them from the start

        found = await info.context.load.master.load(decode_id("Master", self.master_id, path=("masterId",)))
        return master(found) if found else None


@strawberry.type(description="Something that is done to a client.")
class SalonService:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    name: str = strawberry.field(description="What the salon calls it.")
    category: ServiceCategory = strawberry.field(description="What kind of service it is.")
    description: str | None = strawberry.field(description="What is done; lines end with a line feed.")
    duration_minutes: int = strawberry.field(description="How long it takes, unless the master differs.")
    buffer_before_minutes: int = strawberry.field(description="The master's time that is kept free before it.")
    buffer_after_minutes: int = strawberry.field(description="The master's time that is kept free after it.")
    price: Money = strawberry.field(description="What it costs, unless the master differs.")
    payment_timing: AppointmentPaymentTiming = strawberry.field(description="When it is paid.")
    offerings: list[ServiceOffering] = strawberry.field(description="Who does it; nobody: it cannot be booked.")
    archived: bool = strawberry.field(description="Whether it is no longer done.")
    version: int = strawberry.field(description="Moves with every edit; name it as `expectedVersion` when you edit.")

    @strawberry.field(
        description=(
            "The price in another currency, for information, by the newest rate, "
            "which a quote or an appointment freezes; null where no rate is known."
        )
    )
    async def shown_price(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.newest()
        return rates.shown(self.price.minor_units, self.price.currency, currency)


def salon_service(message: salon_pb2.Service) -> SalonService:
    return SalonService(
        id=strawberry.ID(encode_id("SalonService", message.id)),
        salon_id=strawberry.ID(encode_id("Salon", message.salon_id)),
        name=message.name,
        category=ServiceCategory(salon_pb2.ServiceCategory.Name(message.category).removeprefix("SERVICE_CATEGORY_")),
        description=message.description or None,
        duration_minutes=message.duration_minutes,
        buffer_before_minutes=message.buffer_before_minutes,
        buffer_after_minutes=message.buffer_after_minutes,
        price=money(message.price),
        payment_timing=appointment_payment_timing(message.payment_timing),
        offerings=[_offering(offering, message) for offering in message.offerings],
        archived=message.archived,
        version=message.version,
    )


def category_value(category: ServiceCategory) -> salon_pb2.ServiceCategory.ValueType:
    return salon_pb2.ServiceCategory.Value(f"SERVICE_CATEGORY_{category.value}")


def appointment_payment_timing(value: hotel_pb2.PaymentTiming.ValueType) -> AppointmentPaymentTiming:
    prepaid = value == hotel_pb2.PAYMENT_TIMING_PREPAID
    return AppointmentPaymentTiming.PREPAID if prepaid else AppointmentPaymentTiming.AT_SALON


def _offering(message: salon_pb2.Offering, service: salon_pb2.Service) -> ServiceOffering:
    own_price, own_duration = None, None
    if message.HasField("price_minor_units"):
        own_price = Money(minor_units=BigInt(message.price_minor_units), currency=CurrencyCode(service.price.currency))
    if message.HasField("duration_minutes"):
        own_duration = message.duration_minutes
    return ServiceOffering(
        master_id=strawberry.ID(encode_id("Master", message.master_id)),
        price=own_price or money(service.price),
        duration_minutes=own_duration or service.duration_minutes,
        own_price=own_price,
        own_duration_minutes=own_duration,
    )
