"""A guest's moves in the public schema: cancelling and changing a booking, and what either would cost."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from api.bookings import Booking, booking
from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    QuoteExpired,
    RefundChanged,
    RefusalsAsResults,
    RoomUnavailable,
)
from api.money import Money, MoneyInput, money, money_message
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from api.visits import VisitCancellation, visit_cancellation
from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Scope


@strawberry.type(description="A time in which cancelling costs the same. Stages follow each other without gaps.")
class CancellationStage:
    begins: dt.datetime | None = strawberry.field(description="When it begins; null: it always was so.")
    ends: dt.datetime | None = strawberry.field(description="When it ends; null: it stays so.")
    hotel_local_begins: str | None = strawberry.field(description="`begins` in words of the hotel's clock, with zone.")
    hotel_local_ends: str | None = strawberry.field(description="`ends` in words of the hotel's clock, with zone.")
    penalty: Money = strawberry.field(description="What cancelling costs.")
    refund: Money = strawberry.field(description="What is sent back.")


@strawberry.type(description="What cancelling costs, now and later: a timeline ready to be drawn.")
class CancellationPreview:
    penalty: Money = strawberry.field(description="What cancelling costs you now.")
    refund: Money = strawberry.field(description="What would be sent back now; what `bookingCancel` expects.")
    by_hotel: bool = strawberry.field(description="Whether you cancel as the hotel, which gives all money back.")
    time_zone: str = strawberry.field(description="The hotel's, an IANA name.")
    version: int = strawberry.field(description="The booking's version that this was reckoned for.")
    rooms_penalty: Money = strawberry.field(description="Of the penalty, what the hotel's policy takes.")
    visits: list[VisitCancellation] = strawberry.field(
        description="Visits to salons that fall away with the last rooms; those that have begun stay."
    )
    stages: list[CancellationStage] = strawberry.field(description="For the guest, by rising moment.")


@strawberry.type(description="What a change would cost or give back.")
class ModificationPreview:
    old_total: Money = strawberry.field(description="What the booking costs now.")
    new_total: Money = strawberry.field(description="What it would cost, with what is kept of the old price.")
    due: Money = strawberry.field(description="What would be to pay.")
    refund: Money = strawberry.field(description="What would be sent back; never more than cancelling gives.")


@strawberry.input(description="What to cancel.")
class BookingCancelInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of yours or of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every cancellation.")
    expected_refund: MoneyInput = strawberry.field(description="What `cancellationPreview` said is sent back.")
    rooms: list[int] | None = strawberry.field(
        default=None, description="Positions of the rooms; null: all, and visits to salons with them."
    )
    reason: str | None = strawberry.field(default=None, description="Up to 500 characters.")


@strawberry.input(description="What to change a booking to.")
class BookingModifyInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of yours or of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every change.")
    quote_id: strawberry.ID = strawberry.field(description="A quote that was made for changing this booking.")
    expected_refund: MoneyInput = strawberry.field(description="What `modificationPreview` said is sent back.")


@strawberry.type(description="The booking, or some of its rooms, was called off.")
class BookingCancelled:
    booking: Booking = strawberry.field(description="As it stands now.")


@strawberry.type(description="The stay was changed. What is now due can be paid with `paymentCreate` or at the desk.")
class BookingModified:
    booking: Booking = strawberry.field(description="As it stands now.")


BookingCancelResult = Annotated[
    BookingCancelled | RefundChanged | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingCancelResult", description="The booking, or why nothing was cancelled."),
]
BookingModifyResult = Annotated[
    BookingModified
    | RoomUnavailable
    | QuoteExpired
    | RefundChanged
    | IllegalState
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("BookingModifyResult", description="The booking, or why nothing was changed."),
]


@strawberry.type
class BookingMoveQueries:
    @strawberry.field(description="What cancelling a booking, or some of its rooms, costs by moment.")
    async def cancellation_preview(
        self,
        info: Info,
        booking_id: Annotated[strawberry.ID, strawberry.argument(description="The booking.")],
        room_positions: Annotated[
            list[int] | None, strawberry.argument(description="Positions of the rooms; null: all.")
        ] = None,
    ) -> CancellationPreview:
        found = await call(
            info.context.services.bookings.PreviewCancellation,
            booking_pb2.PreviewCancellationRequest(
                booking_id=decode_id("Booking", booking_id, path=("bookingId",)), positions=room_positions or []
            ),
        )
        zone = ZoneInfo(found.time_zone)
        return CancellationPreview(
            penalty=money(found.penalty),
            refund=money(found.refund),
            by_hotel=found.by_hotel,
            time_zone=found.time_zone,
            version=found.version,
            rooms_penalty=money(found.rooms_penalty),
            visits=[visit_cancellation(one) for one in found.visits],
            stages=[_stage(stage, zone) for stage in found.stages],
        )

    @strawberry.field(description="What changing a booking to a quote's stay would cost or give back.")
    async def modification_preview(
        self,
        info: Info,
        booking_id: Annotated[strawberry.ID, strawberry.argument(description="The booking.")],
        quote_id: Annotated[strawberry.ID, strawberry.argument(description="The quote.")],
    ) -> ModificationPreview:
        found = await call(
            info.context.services.bookings.PreviewModification,
            booking_pb2.PreviewModificationRequest(
                booking_id=decode_id("Booking", booking_id, path=("bookingId",)),
                quote_id=decode_id("Quote", quote_id, path=("quoteId",)),
            ),
        )
        return ModificationPreview(
            old_total=money(found.old_total),
            new_total=money(found.new_total),
            due=money(found.due),
            refund=money(found.refund),
        )


@strawberry.type
class BookingMoveMutations:
    @strawberry.mutation(
        description=(
            "Cancels a booking or some of its rooms. With the last room its visits to salons go too, each by its own "
            "policy; `appointmentCancel` cancels one alone. Money goes back by itself."
        ),
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_cancel(
        self,
        info: Info,
        input: Annotated[BookingCancelInput, strawberry.argument(description="What to cancel.")],  # noqa: A002
    ) -> BookingCancelResult:
        request = booking_pb2.CancelBookingRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            expected_refund=money_message(input.expected_refund),
            positions=input.rooms or [],
            reason=input.reason or "",
        )
        return BookingCancelled(booking=booking(await call(info.context.services.bookings.CancelBooking, request)))

    @strawberry.mutation(
        description="Changes a booking to the stay of a quote: all of it or nothing.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_modify(
        self,
        info: Info,
        input: Annotated[BookingModifyInput, strawberry.argument(description="The change.")],  # noqa: A002
    ) -> BookingModifyResult:
        request = booking_pb2.ModifyBookingRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            quote_id=decode_id("Quote", input.quote_id, path=("quoteId",)),
            expected_refund=money_message(input.expected_refund),
        )
        return BookingModified(booking=booking(await call(info.context.services.bookings.ModifyBooking, request)))


def _stage(message: booking_pb2.CancellationStage, zone: ZoneInfo) -> CancellationStage:
    begins = from_timestamp(message.begins) if message.HasField("begins") else None
    ends = from_timestamp(message.ends) if message.HasField("ends") else None
    return CancellationStage(
        begins=begins,
        ends=ends,
        hotel_local_begins=_at_hotel(begins, zone),
        hotel_local_ends=_at_hotel(ends, zone),
        penalty=money(message.penalty),
        refund=money(message.refund),
    )


def _at_hotel(moment: dt.datetime | None, zone: ZoneInfo) -> str | None:
    """Such as 2026-12-24 15:00 CET (Europe/Paris)."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z} ({zone.key})" if moment else None
