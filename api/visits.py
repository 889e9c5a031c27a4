"""Visits to salons in one basket with rooms: asked for in a quote, and booked and paid with the booking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Info
from api.moments import sent_moment
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.price_lines import PriceLine, PriceLineKind
from api.shown_amounts import ShownAmount, ShownIn
from api.slots import VisitedService, WantedServiceInput, visited_service, wanted_services
from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import basket_pb2
from runtime.clock import from_timestamp
from runtime.errors import ServiceError

if TYPE_CHECKING:
    from api.appointments import Appointment
    from api.salons import AppointmentCancellationTier, Salon

LazyAppointment = Annotated["Appointment", strawberry.lazy("api.appointments")]
LazySalon = Annotated["Salon", strawberry.lazy("api.salons")]
LazyTier = Annotated["AppointmentCancellationTier", strawberry.lazy("api.salons")]


@strawberry.type(description="A visit to a salon as it was quoted with rooms.")
class QuotedVisit:
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    salon_name: str = strawberry.field(description="What it was called when it was quoted.")
    time_zone: str = strawberry.field(description="IANA time zone of the salon.")
    starts_at: dt.datetime = strawberry.field(description="When the first service begins.")
    ends_at: dt.datetime = strawberry.field(description="When the last service ends.")
    services: list[VisitedService] = strawberry.field(description="In this order, and who does them.")
    total: Money = strawberry.field(description="All its services; part of the total of the basket.")
    cancellation_tiers: list[LazyTier] = strawberry.field(description="The salon's policy when it was quoted.")
    exchange_rates_day: strawberry.Private[str]

    @strawberry.field(
        description=(
            "The total in another currency, for information; null where no rate is known. "
            "The rate is that of the day when it was quoted, whatever it is today."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.of_day(self.exchange_rates_day)
        return rates.shown(self.total.minor_units, self.total.currency, currency)

    @strawberry.field(description="The salon; null if it is not yours to see any more.")
    async def salon(self, info: Info) -> LazySalon | None:
        from api.salons import salon  # which lists appointments, and so cannot be known here from the start

        found = await info.context.load.salon.load(decode_id("Salon", self.salon_id, path=("salonId",)))
        return salon(found) if found else None


@strawberry.type(description="A visit to a salon that was booked and is paid with rooms.")
class BookedVisit:
    position: int = strawberry.field(description="Its place in the quote's `visits`, from 0.")
    appointment_id: strawberry.ID = strawberry.field(description="Its appointment.")
    quoted: QuotedVisit = strawberry.field(description="As it was quoted.")
    starts_at: dt.datetime = strawberry.field(description="When it begins; it may have been moved.")
    cost: Money = strawberry.field(description="By now: its price, or what calling it off or not coming cost.")

    @strawberry.field(description="Where it stands; null if not yours to see any more.")
    async def appointment(self, info: Info) -> LazyAppointment | None:
        from api.appointments import appointment  # which know their bookings

        identifier = decode_id("Appointment", self.appointment_id, path=("appointmentId",))
        found = await info.context.load.appointment.load(identifier)
        return appointment(found) if found else None


@strawberry.type(description="What calling one visit off costs, as a part of cancelling its booking.")
class VisitCancellation:
    position: int = strawberry.field(description="The visit's place in `visits`.")
    penalty: Money = strawberry.field(description="By its salon's own policy.")


@strawberry.input(description="A visit to a salon that shall be booked and paid together with the rooms.")
class QuoteVisitInput:
    salon_id: strawberry.ID = strawberry.field(
        description="A published salon of the hotel's owner that charges in the same currency."
    )
    starts_at: dt.datetime = strawberry.field(description="A start that `freeSlots` or `visitSlots` offers.")
    services: list[WantedServiceInput] = strawberry.field(description="In this order, 1 to 6.")


def wanted_visits(visits: Sequence[QuoteVisitInput]) -> list[basket_pb2.WantedVisit]:
    wanted = []
    for number, one in enumerate(visits):
        try:
            visit = basket_pb2.WantedVisit(
                salon_id=decode_id("Salon", one.salon_id, path=("salonId",)),
                starts_at=sent_moment(one.starts_at, "startsAt"),
                services=wanted_services(one.services),
            )
        except ServiceError as refusal:
            refusal.path = ("visits", str(number), *refusal.path)
            raise
        wanted.append(visit)
    return wanted


def quoted_visit(message: basket_pb2.QuotedVisit) -> QuotedVisit:
    from api.salons import AppointmentCancellationTier

    return QuotedVisit(
        salon_id=strawberry.ID(encode_id("Salon", message.salon_id)),
        salon_name=message.salon_name,
        time_zone=message.time_zone,
        starts_at=from_timestamp(message.starts_at),
        ends_at=from_timestamp(message.ends_at),
        services=[visited_service(one.visited) for one in message.services],
        total=money(message.total),
        cancellation_tiers=[
            AppointmentCancellationTier(
                hours_before_start=tier.hours_before_check_in, penalty_percent=tier.penalty_percent
            )
            for tier in message.cancellation_policy.tiers
        ],
        exchange_rates_day=message.exchange_rates_day,
    )


def booked_visit(message: booking_pb2.BookedVisit) -> BookedVisit:
    return BookedVisit(
        position=message.position,
        appointment_id=strawberry.ID(encode_id("Appointment", message.appointment_id)),
        quoted=quoted_visit(message.quoted),
        starts_at=from_timestamp(message.starts_at),
        cost=money(message.cost),
    )


def visit_cancellation(message: booking_pb2.VisitCancellation) -> VisitCancellation:
    return VisitCancellation(position=message.position, penalty=money(message.penalty))


def visit_lines(visits: Iterable[QuotedVisit]) -> list[PriceLine]:
    """One a service."""
    return [
        PriceLine(
            kind=PriceLineKind.VISIT,
            night=None,
            description=f"{visit.salon_name}: {one.service_name}",
            amount=one.price,
            steps=[],
        )
        for visit in visits
        for one in visit.services
    ]
