"""Bookings in the public schema: making one, looking at it."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.booking_bill import BookingBill, bill
from api.booking_notes import BookingNotes
from api.booking_states import BookingState, booking_state
from api.context import Info
from api.documents import BookingDocuments
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    PriceChanged,
    QuoteExpired,
    RefusalsAsResults,
    RoomUnavailable,
    SlotUnavailable,
)
from api.hotels import Hotel
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.quotes import PricedRoom, hotel_of, priced_room, strictest_policy
from api.rate_plans import CancellationPolicy
from api.reviews import BookingReview
from api.scalars import EmailAddress, IdempotencyKey
from api.shown_amounts import ShownAmount, ShownIn
from api.visits import BookedVisit, booked_visit
from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="Where a payment stands.")
class PaymentState(enum.Enum):
    CREATED = strawberry.enum_value("CREATED", description="Nothing was entered yet.")
    ACTION_REQUIRED = strawberry.enum_value(
        "ACTION_REQUIRED", description="The payer has to confirm it with their bank."
    )
    AUTHORIZED = strawberry.enum_value("AUTHORIZED", description="The money is reserved.")
    CAPTURED = strawberry.enum_value("CAPTURED", description="The money was taken.")
    FAILED = strawberry.enum_value("FAILED", description="It was refused.")
    VOIDED = strawberry.enum_value("VOIDED", description="The reservation of the money was given up.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="The payer contests it at their bank.")


@strawberry.type(description="The guest who answers for a booking.")
class GuestDetails:
    name: str = strawberry.field(description="Full name.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number.")
    locale: str | None = strawberry.field(
        description="The language we write in to a guest without an account: en, fr or ru. Others choose their own."
    )


@strawberry.type(description="A payment of a booking or of an appointment.")
class Payment:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    state: PaymentState = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="How much.")
    checkout_url: str | None = strawberry.field(description="The page on which to pay, while it can be paid.")


@strawberry.enum(description="What an entry of a booking's timeline is about.")
class TimelineTopic(enum.Enum):
    BOOKING = strawberry.enum_value("BOOKING", description="The booking itself: its states, its rooms, its bill.")
    PAYMENT = strawberry.enum_value("PAYMENT", description="Money that came or goes back.")
    WEBHOOK = strawberry.enum_value("WEBHOOK", description="What the payment system told.")
    NOTIFICATION = strawberry.enum_value("NOTIFICATION", description="Who was told of it by e-mail.")


@strawberry.type(description="Something that happened to a booking.")
class TimelineEntry:
    topic: TimelineTopic = strawberry.field(description="What it is about.")
    kind: str = strawberry.field(description="What happened, such as BookingConfirmed.")
    state: BookingState = strawberry.field(description="The state after it.")
    version: int = strawberry.field(description="The booking's version after it.")
    at: dt.datetime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who did it: GUEST, HOTELIER, ADMIN or SYSTEM.")
    summary: str = strawberry.field(description="In words.")
    request_id: str = strawberry.field(description="The request that did it, as in the logs.")
    trace_id: str | None = strawberry.field(description="The trace that it belongs to.")


@strawberry.type(description="A booking of one or several rooms.")
class Booking(BookingDocuments, BookingBill, BookingNotes, BookingReview, Node):
    reference: str = strawberry.field(description="Short, for people; unambiguous when read out.")
    state: BookingState = strawberry.field(description="Where it stands.")
    version: int = strawberry.field(description="Counts its moves from 1.")
    guest: GuestDetails = strawberry.field(description="Who answers for it.")
    rooms: list[PricedRoom] = strawberry.field(description="The rooms, as they were quoted.")
    check_in: dt.date = strawberry.field(description="First night.")
    check_out: dt.date = strawberry.field(description="Day of departure; not slept.")
    visits: list[BookedVisit] = strawberry.field(description="Visits to salons that were booked with the rooms.")
    total: Money = strawberry.field(description="All rooms and nights, taxes included, and what visits cost by now.")
    paid: Money = strawberry.field(description="What has been paid.")
    refunded: Money = strawberry.field(description="What was sent back of it.")
    hold_expires_at: dt.datetime | None = strawberry.field(description="Until when the rooms are kept for payment.")
    payment: Payment | None = strawberry.field(description="The newest payment.")
    special_requests: str | None = strawberry.field(description="What the guest asked for.")
    arrival_time: str | None = strawberry.field(description="When the guest means to arrive, HH:MM at the hotel.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    hotel_id: strawberry.Private[str]
    exchange_rates_day: strawberry.Private[str]

    @strawberry.field(
        description=(
            "The total in another currency, for information; null where no rate is known. "
            "The rate is that of the quote, whatever it is today."
        )
    )
    async def shown_total(self, info: Info, currency: ShownIn) -> ShownAmount | None:
        rates = await info.context.services.exchange_rates.of_day(self.exchange_rates_day)
        return rates.shown(self.total.minor_units, self.total.currency, currency)

    @strawberry.field(description="The house.")
    async def hotel(self, info: Info) -> Hotel:
        return await hotel_of(info, self.hotel_id)

    @strawberry.field(description="The strictest policy among the rooms.")
    def cancellation_policy(self) -> CancellationPolicy:
        return strictest_policy(self.rooms)

    @strawberry.field(
        description=(
            "Everything that happened to it, oldest first: its states, payments, webhooks and e-mails. An e-mail "
            "stands where it was due, once it is sent."
        )
    )
    async def timeline(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
        topics: Annotated[
            list[TimelineTopic] | None, strawberry.argument(description="Only these; null or empty: all.")
        ] = None,
    ) -> Connection[TimelineEntry]:
        response = await call(
            info.context.services.bookings.ListTimeline,
            booking_pb2.ListTimelineRequest(
                booking_id=decode_id("Booking", self.id, path=("id",)),
                first=at_least_one(first),
                after=after or "",
                topics=[booking_pb2.TimelineTopic.Value(f"TIMELINE_TOPIC_{topic.value}") for topic in topics or ()],
            ),
        )
        return Connection(
            edges=edges([timeline_entry(entry) for entry in response.entries], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.input(description="The guest who answers for a booking.")
class GuestDetailsInput:
    name: str = strawberry.field(description="Full name, 1 to 120 characters.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(default=None, description="Telephone number.")
    locale: str | None = strawberry.field(
        default=None,
        description=(
            "The language we write in where the guest has no account: en, fr or ru. Left out: the one of these that is "
            "spoken where the house is, else English."
        ),
    )


@strawberry.input(description="Who sleeps in one room of a quote.")
class RoomGuestInput:
    position: int = strawberry.field(description="The room's place in the quote, from 0.")
    name: str = strawberry.field(description="Full name, 1 to 120 characters.")


@strawberry.input(description="What to book.")
class BookingCreateInput:
    quote_id: strawberry.ID = strawberry.field(description="The quote, not yet expired.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every booking.")
    guest: GuestDetailsInput = strawberry.field(description="Who answers for it.")
    special_requests: str | None = strawberry.field(default=None, description="Up to 1,000 characters.")
    arrival_time: str | None = strawberry.field(default=None, description="HH:MM at the hotel.")
    room_guests: list[RoomGuestInput] = strawberry.field(
        default_factory=list, description="Who sleeps in which room; left out, the guest who answers for it."
    )


@strawberry.enum(description="Where a stay lies, by today at the hotel. Cancelled ones are told by `states`.")
class StayTime(enum.Enum):
    UPCOMING = strawberry.enum_value("UPCOMING", description="Its last day is not over, and nobody checked out.")
    PAST = strawberry.enum_value("PAST", description="Its last day is over, or the guest checked out.")


@strawberry.input(description="Which bookings to list.")
class BookingFilterInput:
    states: list[BookingState] | None = strawberry.field(default=None, description="Only in one of these states.")
    time: StayTime | None = strawberry.field(default=None, description="Only upcoming or only past stays.")


@strawberry.type(description="The rooms are held, or confirmed if they are paid at the hotel.")
class BookingCreated:
    booking: Booking = strawberry.field(description="The booking.")


BookingCreateResult = Annotated[
    BookingCreated
    | RoomUnavailable
    | SlotUnavailable
    | PriceChanged
    | QuoteExpired
    | IllegalState
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("BookingCreateResult", description="A booking, or why there is none."),
]


@strawberry.type
class BookingQueries:
    @strawberry.field(description="A booking of yours or of your house; null for anything else.")
    async def booking(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Booking | None:
        found = await info.context.load.booking.load(decode_id("Booking", id, path=("id",)))
        return booking(found) if found else None


@strawberry.type
class BookingMutations:
    @strawberry.mutation(
        description=(
            "Books what was quoted: all rooms and visits or nothing. Prepaid rooms, and rooms with visits, are held "
            "for 15 minutes. A quote that has expired is refused with a new one of the same stay, if it can still be "
            "had."
        ),
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def booking_create(
        self,
        info: Info,
        input: Annotated[BookingCreateInput, strawberry.argument(description="What to book.")],  # noqa: A002
    ) -> BookingCreateResult:
        request = booking_pb2.CreateBookingRequest(
            quote_id=decode_id("Quote", input.quote_id, path=("quoteId",)),
            idempotency_key=input.idempotency_key,
            guest=guest_details(input.guest),
            special_requests=input.special_requests or "",
            arrival_time=input.arrival_time or "",
            room_guests=[booking_pb2.RoomGuest(position=one.position, name=one.name) for one in input.room_guests],
        )
        return BookingCreated(booking=booking(await call(info.context.services.bookings.CreateBooking, request)))


def guest_details(written: GuestDetailsInput) -> booking_pb2.GuestDetails:
    return booking_pb2.GuestDetails(
        name=written.name, email=written.email, phone=written.phone or "", locale=written.locale or ""
    )


def stay_time(value: StayTime | None) -> booking_pb2.StayTime.ValueType:
    return booking_pb2.StayTime.Value(f"STAY_TIME_{value.value if value else 'UNSPECIFIED'}")


def booking(message: booking_pb2.Booking) -> Booking:
    return Booking(
        id=strawberry.ID(encode_id("Booking", message.id)),
        reference=message.reference,
        state=booking_state(message.state),
        version=message.version,
        guest=GuestDetails(
            name=message.guest.name,
            email=EmailAddress(message.guest.email),
            phone=message.guest.phone or None,
            locale=message.guest.locale or None,
        ),
        rooms=[priced_room(room) for room in message.rooms],
        visits=[booked_visit(one) for one in message.visits],
        check_in=dt.date.fromisoformat(message.check_in),
        check_out=dt.date.fromisoformat(message.check_out),
        total=money(message.total),
        paid=money(message.paid),
        refunded=money(message.refunded),
        hold_expires_at=from_timestamp(message.hold_expires_at) if message.HasField("hold_expires_at") else None,
        payment=payment(message.payment) if message.HasField("payment") else None,
        special_requests=message.special_requests or None,
        arrival_time=message.arrival_time or None,
        created_at=from_timestamp(message.created_at),
        hotel_id=message.hotel_id,
        exchange_rates_day=message.exchange_rates_day,
        document_secret=message.document_secret,
        **bill(message),
    )


def payment(message: booking_pb2.BookingPayment) -> Payment:
    return Payment(
        id=strawberry.ID(encode_id("Payment", message.id)),
        state=PaymentState(message.state),
        amount=money(message.amount),
        checkout_url=message.checkout_url or None,
    )


def timeline_entry(message: booking_pb2.TimelineEntry) -> TimelineEntry:
    return TimelineEntry(
        topic=TimelineTopic(booking_pb2.TimelineTopic.Name(message.topic).removeprefix("TIMELINE_TOPIC_")),
        kind=message.kind,
        state=booking_state(message.state),
        version=message.version,
        at=from_timestamp(message.at),
        actor=message.actor,
        summary=message.summary,
        request_id=message.request_id,
        trace_id=message.trace_id or None,
    )
