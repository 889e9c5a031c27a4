"""The room plan in the public schema: doors by nights."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.booking_states import BookingState, booking_state
from api.context import Info
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from contracts.booking.v1 import front_desk_pb2
from runtime.channels import call


@strawberry.type(description="A guest's nights in a row.")
class PlannedStay:
    booking_id: strawberry.ID = strawberry.field(description="The booking.")
    reference: str = strawberry.field(description="Its reference.")
    guest_name: str = strawberry.field(description="Who sleeps there.")
    state: BookingState = strawberry.field(description="Where the booking stands.")
    position: int = strawberry.field(description="The room's place in the booking, from 0.")
    room_type_id: strawberry.ID = strawberry.field(description="The room type that is booked.")
    first_night: dt.date = strawberry.field(description="The first of these nights.")
    end_night: dt.date = strawberry.field(description="Until the day before.")


@strawberry.type(description="Nights in a row on which a door is out of order.")
class PlannedRepair:
    period_id: strawberry.ID = strawberry.field(description="The period out of order.")
    reason: str | None = strawberry.field(description="Why.")
    first_night: dt.date = strawberry.field(description="The first of these nights.")
    end_night: dt.date = strawberry.field(description="Until the day before.")


@strawberry.type(description="A door with all that is behind it.")
class PlannedDoor:
    room_id: strawberry.ID = strawberry.field(description="The numbered room.")
    number: str = strawberry.field(description="What stands on the door.")
    floor: str | None = strawberry.field(description="Where it is.")
    room_type_id: strawberry.ID = strawberry.field(description="Its room type.")
    stays: list[PlannedStay] = strawberry.field(description="Who sleeps there, by night.")
    repairs: list[PlannedRepair] = strawberry.field(description="When it is out of order, by night.")


@strawberry.type(description="Doors by nights.")
class RoomPlan:
    doors: list[PlannedDoor] = strawberry.field(description="By number.")
    without_door: list[PlannedStay] = strawberry.field(description="Nights of confirmed guests that have no door yet.")


@strawberry.type
class HotelRoomPlan(Node):
    """The part of Hotel that shows its hotelier who sleeps where."""

    @strawberry.field(
        description="Who sleeps where, from the night of `from` to the one before `to`; for its hotelier."
    )
    async def room_plan(
        self,
        info: Info,
        from_day: Annotated[dt.date, strawberry.argument(name="from", description="The first night.")],
        to_day: Annotated[
            dt.date, strawberry.argument(name="to", description="The day after the last night; at most 62 nights.")
        ],
    ) -> RoomPlan:
        plan = await call(
            info.context.services.front_desk.GetRoomPlan,
            front_desk_pb2.GetRoomPlanRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                first_night=from_day.isoformat(),
                end_night=to_day.isoformat(),
            ),
        )
        return RoomPlan(
            doors=[_door(door) for door in plan.doors], without_door=[_stay(stay) for stay in plan.without_door]
        )


def _door(message: front_desk_pb2.PlannedDoor) -> PlannedDoor:
    return PlannedDoor(
        room_id=strawberry.ID(encode_id("Room", message.room_id)),
        number=message.number,
        floor=message.floor or None,
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        stays=[_stay(stay) for stay in message.stays if stay.booking_id],
        repairs=[_repair(stay) for stay in message.stays if stay.out_of_order_id],
    )


def _stay(message: front_desk_pb2.PlannedStay) -> PlannedStay:
    return PlannedStay(
        booking_id=strawberry.ID(encode_id("Booking", message.booking_id)),
        reference=message.reference,
        guest_name=message.guest_name,
        state=booking_state(message.state),
        position=message.position,
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        first_night=dt.date.fromisoformat(message.first_night),
        end_night=dt.date.fromisoformat(message.end_night),
    )


def _repair(message: front_desk_pb2.PlannedStay) -> PlannedRepair:
    return PlannedRepair(
        period_id=strawberry.ID(encode_id("OutOfOrderPeriod", message.out_of_order_id)),
        reason=message.reason or None,
        first_night=dt.date.fromisoformat(message.first_night),
        end_night=dt.date.fromisoformat(message.end_night),
    )
