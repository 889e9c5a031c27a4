"""Appointments in the public schema: making one, looking at it, and one's own."""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.bookings import Booking, Payment, PaymentState, booking
from api.context import Info
from api.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    SlotUnavailable,
)
from api.moments import sent_moment
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.reviews import AppointmentReviews
from api.salon_services import AppointmentPaymentTiming, appointment_payment_timing
from api.scalars import EmailAddress, IdempotencyKey
from api.shown_amounts import ShownAmount, ShownIn
from api.slots import VisitedService, WantedServiceInput, visited_service, wanted_services
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.clock import from_timestamp

if TYPE_CHECKING:
    from api.salons import AppointmentCancellationTier, Salon

LazySalon = Annotated["Salon", strawberry.lazy("api.salons")]
LazyTier = Annotated["AppointmentCancellationTier", strawberry.lazy("api.salons")]
First = Annotated[int, strawberry.argument(description="1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]

_TOPIC_PREFIX = "APPOINTMENT_TIMELINE_TOPIC_"


@strawberry.enum(description="Where an appointment stands.")
class AppointmentState(enum.Enum):
    HELD = strawberry.enum_value("HELD", description="The time is kept for the payment.")
    PAYMENT_PENDING = strawberry.enum_value("PAYMENT_PENDING", description="A payment is under way.")
    REQUESTED = strawberry.enum_value("REQUESTED", description="It waits for the salon's word; the time is kept.")
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="It takes place.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="The client was there.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Called off.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="It was not paid in time.")
    NO_SHOW = strawberry.enum_value("NO_SHOW", description="The client did not come.")


States = Annotated[
    list[AppointmentState] | None, strawberry.argument(description="Only in one of these states; null: in any.")
]


@strawberry.type(description="Who comes to an appointment.")
class ClientDetails:
    name: str = strawberry.field(description="Full name.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number.")


@strawberry.enum(description="What an entry of an appointment's timeline is about.")
class AppointmentTimelineTopic(enum.Enum):
    APPOINTMENT = strawberry.enum_value("APPOINTMENT", description="The appointment itself: its states, its time.")
    PAYMENT = strawberry.enum_value("PAYMENT", description="Money that came or goes back.")
    WEBHOOK = strawberry.enum_value("WEBHOOK", description="What the payment system told.")
    NOTIFICATION = strawberry.enum_value("NOTIFICATION", description="Who was told of it by e-mail.")


@strawberry.type(description="Something that happened to an appointment.")
class AppointmentTimelineEntry:
    topic: AppointmentTimelineTopic = strawberry.field(description="What it is about.")
    kind: str = strawberry.field(description="What happened, such as AppointmentConfirmed.")
    state: AppointmentState = strawberry.field(description="The state after it.")
    version: int = strawberry.field(description="The appointment's version after it.")
    at: dt.datetime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who did it: GUEST, HOTELIER, MASTER, ADMIN or SYSTEM.")
    summary: str = strawberry.field(description="In words.")
    trace_id: str | None = strawberry.field(description="The trace that it belongs to.")


@strawberry.type(description="One visit of a client to a salon, with one or several services in a row.")
class Appointment(AppointmentReviews, Node):
    reference: str = strawberry.field(description="Short, for people; unambiguous when read out.")
    state: AppointmentState = strawberry.field(description="Where it stands.")
    version: int = strawberry.field(description="Counts its moves from 1.")
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    salon_name: str = strawberry.field(description="What the salon was called when it was booked.")
    client: ClientDetails = strawberry.field(description="Who comes.")
    note: str | None = strawberry.field(description="What the client wrote; lines end with a line feed.")
    starts_at: dt.datetime = strawberry.field(description="When the first service begins.")
    ends_at: dt.datetime = strawberry.field(description="When the last service ends.")
    time_zone: str = strawberry.field(description="IANA time zone of the salon.")
    services: list[VisitedService] = strawberry.field(description="In this order, as they were booked.")
    total: Money = strawberry.field(description="All services.")
    paid: Money = strawberry.field(description="What has been paid ahead.")
    refunded: Money = strawberry.field(description="What was sent back of it.")
    penalty: Money = strawberry.field(description="What cancelling it, or not coming, cost.")
    payment_timing: AppointmentPaymentTiming = strawberry.field(description="When it is paid.")
    cancellation_tiers: list[LazyTier] = strawberry.field(description="The salon's policy when it was booked.")
    hold_expires_at: dt.datetime | None = strawberry.field(description="Until when the time is kept for payment.")
    payment: Payment | None = strawberry.field(description="The newest payment.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    booking_id: strawberry.ID | None = strawberry.field(
        description="The booking of rooms that it was booked and is paid with; null: it stands on its own."
    )
    exchange_rates_day: strawberry.Private[str]

    @strawberry.field(
        description=(
            "The total in another currency, for information; null where no rate is known. "
            "The rate is that of the day when it was booked, whatever it is today."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.of_day(self.exchange_rates_day)
        return rates.shown(self.total.minor_units, self.total.currency, currency)

    @strawberry.field(description="The salon; null if it is not yours to see any more.")
    async def salon(self, info: Info) -> LazySalon | None:
        from api.salons import salon  # which lists appointments, and so cannot be known to them from the start

        found = await info.context.load.salon.load(decode_id("Salon", self.salon_id, path=("salonId",)))
        return salon(found) if found else None

    @strawberry.field(description="That booking; null if there is none, or it is not yours to see.")
    async def booking(self, info: Info) -> Booking | None:
        if self.booking_id is None:
            return None
        found = await info.context.load.booking.load(decode_id("Booking", self.booking_id, path=("bookingId",)))
        return booking(found) if found else None

    @strawberry.field(description="Everything that happened to it, oldest first.")
    async def timeline(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        topics: Annotated[
            list[AppointmentTimelineTopic] | None, strawberry.argument(description="Only these; null or empty: all.")
        ] = None,
    ) -> Connection[AppointmentTimelineEntry]:
        response = await call(
            info.context.services.appointments.ListAppointmentTimeline,
            appointment_pb2.ListAppointmentTimelineRequest(
                appointment_id=decode_id("Appointment", self.id, path=("id",)),
                first=at_least_one(first),
                after=after or "",
                topics=[
                    appointment_pb2.AppointmentTimelineTopic.Value(f"{_TOPIC_PREFIX}{topic.value}")
                    for topic in topics or ()
                ],
            ),
        )
        return Connection(
            edges=edges([_timeline_entry(entry) for entry in response.entries], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.input(description="Who comes to an appointment.")
class ClientDetailsInput:
    name: str = strawberry.field(description="Full name, 1 to 120 characters.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")


@strawberry.input(description="What to book at a salon.")
class AppointmentCreateInput:
    salon_id: strawberry.ID = strawberry.field(description="A published salon.")
    services: list[WantedServiceInput] = strawberry.field(description="In this order, 1 to 6.")
    starts_at: dt.datetime = strawberry.field(description="A start that `freeSlots` or `visitSlots` offers.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every appointment.")
    client: ClientDetailsInput = strawberry.field(description="Who comes.")
    note: str | None = strawberry.field(default=None, description="For the salon, up to 1,000 characters.")


@strawberry.type(description="The masters' time is yours: held, requested or confirmed.")
class AppointmentCreated:
    appointment: Appointment = strawberry.field(description="The appointment.")


AppointmentCreateResult = Annotated[
    AppointmentCreated | SlotUnavailable | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentCreateResult", description="An appointment, or why there is none."),
]


@strawberry.type
class AppointmentQueries:
    @strawberry.field(description="An appointment of yours, of your salon, or that you do; null for anything else.")
    async def appointment(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Appointment | None:
        found = await info.context.load.appointment.load(decode_id("Appointment", id, path=("id",)))
        return appointment(found) if found else None


@strawberry.type
class ViewerAppointments:
    """A part of the type Viewer."""

    @strawberry.field(description="Your appointments as a client, the latest start first.")
    async def appointments(
        self, info: Info, first: First = 20, after: After = None, states: States = None
    ) -> Connection[Appointment]:
        request = appointment_pb2.ListAppointmentsRequest(
            first=at_least_one(first), after=after or "", states=state_values(states)
        )
        return appointment_page(await call(info.context.services.appointments.ListAppointments, request), after)


@strawberry.type
class AppointmentMutations:
    @strawberry.mutation(
        description=(
            "Books a visit: all its services or none. What is prepaid is held for 15 minutes; the rest is confirmed, "
            "or requested where the salon confirms by hand."
        ),
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def appointment_create(
        self,
        info: Info,
        input: Annotated[AppointmentCreateInput, strawberry.argument(description="What to book.")],  # noqa: A002
    ) -> AppointmentCreateResult:
        request = appointment_pb2.CreateAppointmentRequest(
            idempotency_key=input.idempotency_key,
            salon_id=decode_id("Salon", input.salon_id, path=("salonId",)),
            services=wanted_services(input.services),
            starts_at=sent_moment(input.starts_at, "startsAt"),
            client=appointment_pb2.ClientDetails(
                name=input.client.name, email=input.client.email, phone=input.client.phone or ""
            ),
            note=input.note or "",
        )
        made = await call(info.context.services.appointments.CreateAppointment, request)
        return AppointmentCreated(appointment=appointment(made))


def appointment(message: appointment_pb2.Appointment) -> Appointment:
    from api.salons import AppointmentCancellationTier

    return Appointment(
        id=strawberry.ID(encode_id("Appointment", message.id)),
        reference=message.reference,
        state=appointment_state(message.state),
        version=message.version,
        salon_id=strawberry.ID(encode_id("Salon", message.salon_id)),
        salon_name=message.salon_name,
        client=ClientDetails(
            name=message.client.name, email=EmailAddress(message.client.email), phone=message.client.phone or None
        ),
        note=message.note or None,
        starts_at=from_timestamp(message.starts_at),
        ends_at=from_timestamp(message.ends_at),
        time_zone=message.time_zone,
        services=[visited_service(one) for one in message.services],
        total=money(message.total),
        paid=money(message.paid),
        refunded=money(message.refunded),
        penalty=money(message.penalty),
        payment_timing=appointment_payment_timing(message.payment_timing),
        cancellation_tiers=[
            AppointmentCancellationTier(
                hours_before_start=tier.hours_before_check_in, penalty_percent=tier.penalty_percent
            )
            for tier in message.cancellation_policy.tiers
        ],
        hold_expires_at=from_timestamp(message.hold_expires_at) if message.HasField("hold_expires_at") else None,
        payment=_payment(message),
        created_at=from_timestamp(message.created_at),
        booking_id=strawberry.ID(encode_id("Booking", message.booking_id)) if message.booking_id else None,
        exchange_rates_day=message.exchange_rates_day,
    )


def appointment_page(response: appointment_pb2.ListAppointmentsResponse, after: str | None) -> Connection[Appointment]:
    return Connection(
        edges=edges([appointment(found) for found in response.appointments], response.cursors),
        page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
    )


def appointment_state(value: appointment_pb2.AppointmentState.ValueType) -> AppointmentState:
    return AppointmentState(appointment_pb2.AppointmentState.Name(value).removeprefix("APPOINTMENT_STATE_"))


def state_values(states: list[AppointmentState] | None) -> list[appointment_pb2.AppointmentState.ValueType]:
    return [appointment_pb2.AppointmentState.Value(f"APPOINTMENT_STATE_{state.value}") for state in states or []]


def _payment(message: appointment_pb2.Appointment) -> Payment | None:
    if not message.payment_id:
        return None
    return Payment(
        id=strawberry.ID(encode_id("Payment", message.payment_id)),
        state=PaymentState(message.payment_state),
        amount=money(message.total),
        checkout_url=message.checkout_url or None,
    )


def _timeline_entry(message: appointment_pb2.AppointmentTimelineEntry) -> AppointmentTimelineEntry:
    topic = appointment_pb2.AppointmentTimelineTopic.Name(message.topic).removeprefix(_TOPIC_PREFIX)
    return AppointmentTimelineEntry(
        topic=AppointmentTimelineTopic(topic),
        kind=message.kind,
        state=appointment_state(message.state),
        version=message.version,
        at=from_timestamp(message.at),
        actor=message.actor,
        summary=message.summary,
        trace_id=message.trace_id or None,
    )
