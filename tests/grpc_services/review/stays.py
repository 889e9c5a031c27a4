"""Stays that have been, at the real desk of booking: booked, checked in, paid and checked out on the same day."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from contracts.booking.v1 import booking_pb2, front_desk_pb2, inventory_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.clock import utc_now
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn

PAID_AT_HOTEL = 1


async def completed_stay(desk: Desk, house: House, owner: SignedIn, guest: SignedIn) -> booking_pb2.Booking:
    """The house has the usual plans; each stay gets a door of its own."""
    today = utc_now().astimezone(ZoneInfo(house.asked.time_zone)).date()
    door = hotel_pb2.Room(
        id=str(uuid.uuid4()),
        hotel_id=str(house.id),
        room_type_id=house.room_types[0],
        number=uuid.uuid4().hex[:8],
        floor="1",
        version=1,
    )
    await call(desk.inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=[door]), token=desk.system)
    booking = await desk.booked(house, guest, house.room(plan=PAID_AT_HOTEL), arrival=today)
    return await complete(desk, booking, owner, door.id)


async def complete(desk: Desk, booking: booking_pb2.Booking, owner: SignedIn, room_id: str) -> booking_pb2.Booking:
    """Checks a guest in, takes their money and lets them go."""
    by_owner = {"booking_id": booking.id, "idempotency_key": uuid.uuid4().hex}
    doors = [front_desk_pb2.DoorChoice(position=0, room_id=room_id)]
    await call(desk.front_desk.CheckIn, front_desk_pb2.CheckInRequest(**by_owner, doors=doors), token=owner.token)
    paid = front_desk_pb2.RecordDeskPaymentRequest(
        **by_owner, method=booking_pb2.DESK_PAYMENT_METHOD_CASH, amount=booking.total
    )
    await call(desk.front_desk.RecordDeskPayment, paid, token=owner.token)
    return await call(desk.front_desk.CheckOut, front_desk_pb2.CheckOutRequest(**by_owner), token=owner.token)
