"""The moves at the front desk in the public schema, for the house's own hotelier."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.booking_bill import DeskPaymentMethod
from api.bookings import Booking, booking
from api.context import Info
from api.errors import (
    DoorTaken,
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    PaymentDue,
    RefusalsAsResults,
    RoomUnavailable,
)
from api.money import MoneyInput, money_message
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.booking.v1 import booking_pb2, front_desk_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A door for one room of a booking.")
class DoorChoiceInput:
    position: int = strawberry.field(description="The room's position in the booking, from 0.")
    room_id: strawberry.ID = strawberry.field(description="The numbered room; one of another type is an upgrade.")


@strawberry.input(description="Which booking.")
class BookingCheckInInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")
    doors: list[DoorChoiceInput] | None = strawberry.field(
        default=None, description="Doors for rooms that shall have these; others keep theirs or get a free one."
    )


@strawberry.type(description="The guest is in the house.")
class BookingCheckedIn:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.input(description="Which booking.")
class BookingCheckOutInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")


@strawberry.type(description="The guest has left.")
class BookingCheckedOut:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.input(description="Which booking.")
class BookingMarkNoShowInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")


@strawberry.type(description="The guest never came.")
class BookingMarkedNoShow:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.input(description="Which booking.")
class BookingReinstateInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")


@strawberry.type(description="The no-show was taken back.")
class BookingReinstated:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.input(description="An extra on the bill.")
class BookingChargeAddInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")
    description: str = strawberry.field(description="1 to 200 characters.")
    amount: MoneyInput = strawberry.field(description="Negative for an allowance.")


@strawberry.type(description="The bill has a new line.")
class BookingChargeAdded:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.input(description="Money at the desk.")
class BookingDeskPaymentRecordInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")
    method: DeskPaymentMethod = strawberry.field(description="How it was paid.")
    amount: MoneyInput = strawberry.field(description="At most what is due; negative when given back.")


@strawberry.type(description="The bill has a new payment.")
class BookingDeskPaymentRecorded:
    booking: Booking = strawberry.field(description="As it stands now.")


BookingCheckInResult = Annotated[
    BookingCheckedIn
    | DoorTaken
    | RoomUnavailable
    | IllegalState
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("BookingCheckInResult", description="The booking, or why nothing happened."),
]
BookingCheckOutResult = Annotated[
    BookingCheckedOut | PaymentDue | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingCheckOutResult", description="The booking, or why nothing happened."),
]
BookingMarkNoShowResult = Annotated[
    BookingMarkedNoShow | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingMarkNoShowResult", description="The booking, or why nothing happened."),
]
BookingReinstateResult = Annotated[
    BookingReinstated | RoomUnavailable | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingReinstateResult", description="The booking, or why nothing happened."),
]
BookingChargeAddResult = Annotated[
    BookingChargeAdded | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingChargeAddResult", description="The booking, or why nothing happened."),
]
BookingDeskPaymentRecordResult = Annotated[
    BookingDeskPaymentRecorded | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingDeskPaymentRecordResult", description="The booking, or why nothing happened."),
]


@strawberry.type
class DeskMoveMutations:
    @strawberry.mutation(
        description="Checks the guests of a booking in and gives every room a door.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_check_in(
        self,
        info: Info,
        input: Annotated[BookingCheckInInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingCheckInResult:
        request = front_desk_pb2.CheckInRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            doors=[
                front_desk_pb2.DoorChoice(
                    position=door.position,
                    room_id=decode_id("Room", door.room_id, path=("doors", str(number), "roomId")),
                )
                for number, door in enumerate(input.doors or [])
            ],
        )
        return BookingCheckedIn(booking=booking(await call(info.context.services.front_desk.CheckIn, request)))

    @strawberry.mutation(
        description="Checks out; after an early departure the nights from today on are free again.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_check_out(
        self,
        info: Info,
        input: Annotated[BookingCheckOutInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingCheckOutResult:
        request = front_desk_pb2.CheckOutRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
        )
        return BookingCheckedOut(booking=booking(await call(info.context.services.front_desk.CheckOut, request)))

    @strawberry.mutation(
        description="Marks that nobody came; not before the day of arrival is over at the hotel.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_mark_no_show(
        self,
        info: Info,
        input: Annotated[BookingMarkNoShowInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingMarkNoShowResult:
        request = front_desk_pb2.MarkNoShowRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
        )
        return BookingMarkedNoShow(booking=booking(await call(info.context.services.front_desk.MarkNoShow, request)))

    @strawberry.mutation(
        description="Takes a mistaken no-show back, if the nights that are left can still be had.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_reinstate(
        self,
        info: Info,
        input: Annotated[BookingReinstateInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingReinstateResult:
        request = front_desk_pb2.ReinstateBookingRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
        )
        return BookingReinstated(
            booking=booking(await call(info.context.services.front_desk.ReinstateBooking, request))
        )

    @strawberry.mutation(
        description="Adds an extra, or an allowance, to the bill.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_charge_add(
        self,
        info: Info,
        input: Annotated[BookingChargeAddInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingChargeAddResult:
        request = front_desk_pb2.AddChargeRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            description=input.description,
            amount=money_message(input.amount),
        )
        return BookingChargeAdded(booking=booking(await call(info.context.services.front_desk.AddCharge, request)))

    @strawberry.mutation(
        description="Writes down money that the desk took or gave back.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_desk_payment_record(
        self,
        info: Info,
        input: Annotated[BookingDeskPaymentRecordInput, strawberry.argument(description="The booking.")],  # noqa: A002
    ) -> BookingDeskPaymentRecordResult:
        request = front_desk_pb2.RecordDeskPaymentRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            method=booking_pb2.DeskPaymentMethod.Value(f"DESK_PAYMENT_METHOD_{input.method.value}"),
            amount=money_message(input.amount),
        )
        return BookingDeskPaymentRecorded(
            booking=booking(await call(info.context.services.front_desk.RecordDeskPayment, request))
        )
