"""Free starts in the public schema: of one service, or of a visit with several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.shown_amounts import ShownAmount, ShownIn
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.clock import from_timestamp

if TYPE_CHECKING:
    from api.masters import Master

LazyMaster = Annotated["Master", strawberry.lazy("api.masters")]
_From = Annotated[dt.date, strawberry.argument(name="from", description="The first day, local to the salon.")]
_To = Annotated[dt.date, strawberry.argument(description="The last day, included; at most 31 days.")]
_SalonId = Annotated[strawberry.ID, strawberry.argument(description="A published salon.")]
_Moving = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="An appointment of yours or of your salon that shall be moved: its time is free."),
]


@strawberry.type(description="One service of a visit, by one master.")
class VisitedService:
    service_id: strawberry.ID = strawberry.field(description="The service.")
    service_name: str = strawberry.field(description="What it is called.")
    master_id: strawberry.ID = strawberry.field(description="Who does it.")
    master_name: str = strawberry.field(description="Their name.")
    starts_at: dt.datetime = strawberry.field(description="When it begins, without buffers.")
    ends_at: dt.datetime = strawberry.field(description="When it ends.")
    price: Money = strawberry.field(description="What it costs.")

    @strawberry.field(description="Who does it; null if not yours to see any more.")
    async def master(self, info: Info) -> LazyMaster | None:
        from api.masters import master  # which know their salons, and so cannot be known here from the start

        found = await info.context.load.master.load(decode_id("Master", self.master_id, path=("masterId",)))
        return master(found) if found else None


@strawberry.type(description="A start at which a whole visit can be done.")
class Slot:
    starts_at: dt.datetime = strawberry.field(description="When the first service begins.")
    ends_at: dt.datetime = strawberry.field(description="When the last service ends.")
    services: list[VisitedService] = strawberry.field(
        description="Who would do what and when. Name these masters when you book, and it costs just this."
    )
    total: Money = strawberry.field(description="What all of it costs.")

    @strawberry.field(
        description=(
            "What all of it costs in another currency, for information, by the newest rate, "
            "which a quote or an appointment freezes; null where no rate is known."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.newest()
        return rates.shown(self.total.minor_units, self.total.currency, currency)


@strawberry.input(description="A service that is wanted.")
class WantedServiceInput:
    service_id: strawberry.ID = strawberry.field(description="A service of the salon.")
    master_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who shall do it; null: whoever is free and has least to do that day."
    )


@strawberry.type
class SlotQueries:
    @strawberry.field(description="Starts at which a service can be done, in order.")
    async def free_slots(
        self,
        info: Info,
        salon_id: _SalonId,
        service_id: Annotated[strawberry.ID, strawberry.argument(description="A service of it.")],
        from_: _From,
        to: _To,
        master_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Who shall do it; null: whoever is free.")
        ] = None,
        moving_appointment_id: _Moving = None,
    ) -> list[Slot]:
        wanted = appointment_pb2.WantedService(
            service_id=decode_id("SalonService", service_id, path=("serviceId",)),
            master_id=decode_id("Master", master_id, path=("masterId",)) if master_id else "",
        )
        return await _find(info, salon_id, [wanted], from_, to, moving_appointment_id)

    @strawberry.field(description="Starts at which several services can be done in a row, in order.")
    async def visit_slots(
        self,
        info: Info,
        salon_id: _SalonId,
        services: Annotated[list[WantedServiceInput], strawberry.argument(description="In this order, 1 to 6.")],
        from_: _From,
        to: _To,
        moving_appointment_id: _Moving = None,
    ) -> list[Slot]:
        return await _find(info, salon_id, wanted_services(services), from_, to, moving_appointment_id)


async def _find(
    info: Info,
    salon_id: str,
    services: Sequence[appointment_pb2.WantedService],
    first: dt.date,
    last: dt.date,
    moving: str | None,
) -> list[Slot]:
    request = appointment_pb2.FindSlotsRequest(
        salon_id=decode_id("Salon", salon_id, path=("salonId",)),
        services=services,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        moving_appointment_id=decode_id("Appointment", moving, path=("movingAppointmentId",)) if moving else "",
    )
    found = await call(info.context.services.appointments.FindSlots, request)
    return [
        Slot(
            starts_at=from_timestamp(slot.starts_at),
            ends_at=from_timestamp(slot.ends_at),
            services=[visited_service(one) for one in slot.services],
            total=money(slot.total),
        )
        for slot in found.slots
    ]


def wanted_services(wanted: Sequence[WantedServiceInput]) -> list[appointment_pb2.WantedService]:
    return [
        appointment_pb2.WantedService(
            service_id=decode_id("SalonService", one.service_id, path=("services", str(number), "serviceId")),
            master_id=(
                decode_id("Master", one.master_id, path=("services", str(number), "masterId")) if one.master_id else ""
            ),
        )
        for number, one in enumerate(wanted)
    ]


def visited_service(message: appointment_pb2.VisitedService) -> VisitedService:
    return VisitedService(
        service_id=strawberry.ID(encode_id("SalonService", message.service_id)),
        service_name=message.service_name,
        master_id=strawberry.ID(encode_id("Master", message.master_id)),
        master_name=message.master_name,
        starts_at=from_timestamp(message.starts_at),
        ends_at=from_timestamp(message.ends_at),
        price=money(message.price),
    )
