"""Moves of bookings in a line each, at a desk whose hotel days can be chosen."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contracts.booking.v1 import booking_pb2, front_desk_pb2, inventory_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking.service import booking_service
from runtime.clock import utc_now
from runtime.settings import BookingSettings
from tests.grpc_services.booking.desk import ARRIVAL, Desk, open_desk, quote_request
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn
from tests.parts import Parts

Tiers = Sequence[tuple[int, int]]
FREE_FOR_TWO_DAYS: Tiers = ((48, 0), (0, 50))


@dataclass
class HotelClock:
    """Noon of a day, in UTC; the real time while no day is chosen."""

    day: dt.date | None = None

    def __call__(self) -> dt.datetime:
        return dt.datetime.combine(self.day, dt.time(12), tzinfo=dt.UTC) if self.day else utc_now()


@dataclass
class MoveDesk:
    desk: Desk
    clock: HotelClock
    payments: Payments

    async def house(
        self, owner: SignedIn, *kinds: object, tiers: Tiers = FREE_FOR_TWO_DAYS, **changes: object
    ) -> House:
        """Cancelling costs so many percent (hours before check-in, percent)."""
        house = await self.desk.house(owner, *kinds, **changes)  # type: ignore[arg-type]
        policy = [{"hours_before_check_in": hours, "penalty_percent": percent} for hours, percent in tiers]
        async with self.desk.hotels.transaction() as connection:
            await connection.execute(
                "UPDATE hotel.rate_plan SET cancellation_tiers = $1 WHERE hotel_id = $2", policy, house.id
            )
        return house

    async def number(self, house: House, kind: int, *numbers: str) -> list[str]:
        """Doors of a room type; answers their ids."""
        ids = [str(uuid.uuid4()) for _ in numbers]
        rooms = [
            hotel_pb2.Room(
                id=identifier,
                hotel_id=str(house.id),
                room_type_id=house.room_types[kind],
                number=number,
                floor="1",
                version=1,
            )
            for identifier, number in zip(ids, numbers, strict=True)
        ]
        await self.desk.call(
            self.desk.inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=rooms), token=self.desk.system
        )
        return ids

    async def paid(self, booking: booking_pb2.Booking, token: str) -> booking_pb2.Booking:
        """Pays what is due, to its end."""
        started = await self.desk.start_payment(booking, token)
        await self.payments.pay(started)
        await self.desk.hear_of(started.payment.id)
        return await self.desk.get(booking)

    async def preview(
        self, booking: booking_pb2.Booking, token: str, positions: Sequence[int] = ()
    ) -> booking_pb2.CancellationPreview:
        request = booking_pb2.PreviewCancellationRequest(booking_id=booking.id, positions=positions)
        return await self.desk.call(self.desk.bookings.PreviewCancellation, request, token=token)

    async def cancel(
        self,
        booking: booking_pb2.Booking,
        token: str,
        refund: int,
        positions: Sequence[int] = (),
        key: str = "",
    ) -> booking_pb2.Booking:
        request = booking_pb2.CancelBookingRequest(
            booking_id=booking.id,
            idempotency_key=key or uuid.uuid4().hex,
            expected_refund=euros(refund),
            positions=positions,
        )
        return await self.desk.call(self.desk.bookings.CancelBooking, request, token=token)

    async def requote(
        self,
        house: House,
        booking: booking_pb2.Booking,
        token: str,
        *rooms: rate_pb2.RoomRequest,
        arrival: dt.date = ARRIVAL,
        nights: int = 2,
    ) -> booking_pb2.Quote:
        request = quote_request(house, *rooms, arrival=arrival, nights=nights)
        request.booking_id = booking.id
        return await self.desk.call(self.desk.bookings.CreateQuote, request, token=token)

    async def preview_change(
        self, booking: booking_pb2.Booking, quote: booking_pb2.Quote, token: str
    ) -> booking_pb2.ModificationPreview:
        request = booking_pb2.PreviewModificationRequest(booking_id=booking.id, quote_id=quote.id)
        return await self.desk.call(self.desk.bookings.PreviewModification, request, token=token)

    async def modify(
        self, booking: booking_pb2.Booking, quote: booking_pb2.Quote, token: str, refund: int, key: str = ""
    ) -> booking_pb2.Booking:
        request = booking_pb2.ModifyBookingRequest(
            booking_id=booking.id,
            idempotency_key=key or uuid.uuid4().hex,
            quote_id=quote.id,
            expected_refund=euros(refund),
        )
        return await self.desk.call(self.desk.bookings.ModifyBooking, request, token=token)

    async def check_in(
        self, booking: booking_pb2.Booking, token: str, doors: dict[int, str] | None = None, key: str = ""
    ) -> booking_pb2.Booking:
        request = front_desk_pb2.CheckInRequest(
            booking_id=booking.id,
            idempotency_key=key or uuid.uuid4().hex,
            doors=[
                front_desk_pb2.DoorChoice(position=position, room_id=room) for position, room in (doors or {}).items()
            ],
        )
        return await self.desk.call(self.desk.front_desk.CheckIn, request, token=token)

    async def check_out(self, booking: booking_pb2.Booking, token: str) -> booking_pb2.Booking:
        request = front_desk_pb2.CheckOutRequest(booking_id=booking.id, idempotency_key=uuid.uuid4().hex)
        return await self.desk.call(self.desk.front_desk.CheckOut, request, token=token)

    async def mark_no_show(self, booking: booking_pb2.Booking, token: str) -> booking_pb2.Booking:
        request = front_desk_pb2.MarkNoShowRequest(booking_id=booking.id, idempotency_key=uuid.uuid4().hex)
        return await self.desk.call(self.desk.front_desk.MarkNoShow, request, token=token)

    async def reinstate(self, booking: booking_pb2.Booking, token: str) -> booking_pb2.Booking:
        request = front_desk_pb2.ReinstateBookingRequest(booking_id=booking.id, idempotency_key=uuid.uuid4().hex)
        return await self.desk.call(self.desk.front_desk.ReinstateBooking, request, token=token)

    async def charge(self, booking: booking_pb2.Booking, token: str, amount: int) -> booking_pb2.Booking:
        request = front_desk_pb2.AddChargeRequest(
            booking_id=booking.id, idempotency_key=uuid.uuid4().hex, description="Minibar", amount=euros(amount)
        )
        return await self.desk.call(self.desk.front_desk.AddCharge, request, token=token)

    async def take_money(self, booking: booking_pb2.Booking, token: str, amount: int) -> booking_pb2.Booking:
        request = front_desk_pb2.RecordDeskPaymentRequest(
            booking_id=booking.id,
            idempotency_key=uuid.uuid4().hex,
            method=booking_pb2.DESK_PAYMENT_METHOD_CASH,
            amount=euros(amount),
        )
        return await self.desk.call(self.desk.front_desk.RecordDeskPayment, request, token=token)


def euros(minor_units: int) -> money_pb2.Money:
    return money_pb2.Money(minor_units=minor_units, currency="EUR")


@asynccontextmanager
async def open_move_desk(
    parts: Parts, auth_address: str, settings: BookingSettings, payments: Payments, *, patient: bool = False
) -> AsyncIterator[MoveDesk]:
    """A booking process of its own with a clock that tests turn."""
    clock = HotelClock()
    async with (
        booking_service(settings, now=clock) as server,
        open_desk(parts, auth_address, server.address, patient=patient) as desk,
    ):
        yield MoveDesk(desk, clock, payments)
