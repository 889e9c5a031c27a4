"""What a booking costs and takes besides its quoted rooms: a part of the type `Booking`."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import strawberry

from api.money import Money, money
from api.node_ids import encode_id
from contracts.booking.v1 import booking_pb2
from runtime.clock import from_timestamp


@strawberry.enum(description="How money was taken at the desk.")
class DeskPaymentMethod(enum.Enum):
    CASH = strawberry.enum_value("CASH", description="Notes and coins.")
    CARD = strawberry.enum_value("CARD", description="A card, at the house's own terminal.")
    TRANSFER = strawberry.enum_value("TRANSFER", description="A bank transfer.")


@strawberry.enum(description="Who made a booking.")
class BookingSource(enum.Enum):
    GUEST = strawberry.enum_value("GUEST", description="The guest.")
    DESK = strawberry.enum_value("DESK", description="The hotelier, at the desk or on the phone.")
    WAITLIST = strawberry.enum_value("WAITLIST", description="An offer to a waiting guest.")


@strawberry.type(description="A door that a booked room has on some nights.")
class AssignedDoor:
    room_id: strawberry.ID = strawberry.field(description="The numbered room.")
    number: str = strawberry.field(description="What stands on the door.")
    first_night: dt.date = strawberry.field(description="From this night on.")
    end_night: dt.date = strawberry.field(description="Until the day before.")


@strawberry.type(description="One room of a booking as it stands.")
class BookedRoom:
    position: int = strawberry.field(description="Its place in `rooms`, from 0.")
    room_type_id: strawberry.ID = strawberry.field(description="What it takes; after an upgrade not the priced one.")
    guest_name: str | None = strawberry.field(description="Who sleeps in it, if not the booking's guest.")
    cancelled: bool = strawberry.field(description="Whether it was called off.")
    end_night: dt.date = strawberry.field(description="It is taken until the day before.")
    doors: list[AssignedDoor] = strawberry.field(description="Its doors, night after night.")


@strawberry.type(description="An extra on the bill.")
class Charge:
    description: str = strawberry.field(description="What for.")
    amount: Money = strawberry.field(description="How much; negative for an allowance.")
    at: dt.datetime = strawberry.field(description="When it was written.")


@strawberry.type(description="Money that the desk took or gave back.")
class DeskPayment:
    method: DeskPaymentMethod = strawberry.field(description="How.")
    amount: Money = strawberry.field(description="How much; negative when given back.")
    at: dt.datetime = strawberry.field(description="When.")


@strawberry.type
class BookingBill:
    due: Money = strawberry.field(description="What is still to be paid, charges included.")
    penalty: Money = strawberry.field(description="What cancelling, changing or not coming cost; part of the bill.")
    booked_rooms: list[BookedRoom] = strawberry.field(description="The rooms as they stand, in the order of `rooms`.")
    charges: list[Charge] = strawberry.field(description="What the hotel added at the desk, oldest first.")
    desk_payments: list[DeskPayment] = strawberry.field(description="What was paid at the desk, oldest first.")
    source: BookingSource = strawberry.field(description="Who made it.")


def bill(message: booking_pb2.Booking) -> dict[str, Any]:
    """The fields of BookingBill."""
    return {
        "due": money(message.due),
        "penalty": money(message.penalty),
        "booked_rooms": [_booked_room(room) for room in message.booked_rooms],
        "charges": [
            Charge(description=one.description, amount=money(one.amount), at=from_timestamp(one.at))
            for one in message.charges
        ],
        "desk_payments": [
            DeskPayment(
                method=DeskPaymentMethod(
                    booking_pb2.DeskPaymentMethod.Name(one.method).removeprefix("DESK_PAYMENT_METHOD_")
                ),
                amount=money(one.amount),
                at=from_timestamp(one.at),
            )
            for one in message.desk_payments
        ],
        "source": BookingSource(booking_pb2.BookingSource.Name(message.source).removeprefix("BOOKING_SOURCE_")),
    }


def _booked_room(message: booking_pb2.BookedRoom) -> BookedRoom:
    return BookedRoom(
        position=message.position,
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        guest_name=message.guest_name or None,
        cancelled=message.cancelled,
        end_night=dt.date.fromisoformat(message.end_night),
        doors=[
            AssignedDoor(
                room_id=strawberry.ID(encode_id("Room", door.room_id)),
                number=door.number,
                first_night=dt.date.fromisoformat(door.first_night),
                end_night=dt.date.fromisoformat(door.end_night),
            )
            for door in message.doors
        ],
    )
