"""Where a booking stands, in the public schema."""

from __future__ import annotations

import enum

import strawberry

from contracts.booking.v1 import booking_pb2


@strawberry.enum(description="Where a booking stands.")
class BookingState(enum.Enum):
    HELD = strawberry.enum_value("HELD", description="The rooms are kept until `holdExpiresAt`.")
    PAYMENT_PENDING = strawberry.enum_value("PAYMENT_PENDING", description="A payment has begun; still held.")
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="The rooms are the guest's.")
    CHECKED_IN = strawberry.enum_value("CHECKED_IN", description="The guest is in the house.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="The guest has left.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Called off.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="The hold ran out before it was paid.")
    NO_SHOW = strawberry.enum_value("NO_SHOW", description="The guest never came.")


def booking_state(value: booking_pb2.BookingState.ValueType) -> BookingState:
    return BookingState(booking_pb2.BookingState.Name(value).removeprefix("BOOKING_STATE_"))


def state_number(state: BookingState) -> booking_pb2.BookingState.ValueType:
    return booking_pb2.BookingState.Value(f"BOOKING_STATE_{state.value}")
