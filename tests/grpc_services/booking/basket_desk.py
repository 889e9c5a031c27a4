"""A desk where rooms and visits to a salon of the same house are quoted, booked and paid together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contracts.booking.v1 import basket_pb2 as booking_basket_pb2
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2, basket_pb2_grpc, salon_pb2
from runtime.channels import call, open_channel
from runtime.clock import to_timestamp
from tests.grpc_services.booking.desk import Desk, quote_request
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.grpc_services.salon.appointment_desk import AppointmentDesk, at, open_appointment_desk, wanted
from tests.grpc_services.salon.parlour import Shop, terms
from tests.house import SignedIn
from tests.parts import Parts

PRICE = 6000
TIERS = [
    hotel_pb2.CancellationTier(hours_before_check_in=48, penalty_percent=0),
    hotel_pb2.CancellationTier(hours_before_check_in=0, penalty_percent=50),
]


@dataclass
class BasketDesk:
    desk: Desk
    salon: AppointmentDesk
    baskets: basket_pb2_grpc.BasketServiceAsyncStub
    payments: Payments

    async def places(self, owner: SignedIn, *, rooms: int = 3, masters: int = 1) -> tuple[House, Shop]:
        """A house and a salon of the same owner. Who cancels a visit less than two days before pays half."""
        house = await self.desk.house(owner, Kind(rooms=rooms))
        policy = hotel_pb2.CancellationPolicy(tiers=TIERS)
        shop = await self.salon.parlour.shop(owner, masters=masters, terms=terms(cancellation_policy=policy))
        return house, shop

    def visit(
        self, shop: Shop, starts_at: dt.datetime | None = None, master: salon_pb2.Master | None = None
    ) -> basket_pb2.WantedVisit:
        return basket_pb2.WantedVisit(
            salon_id=shop.salon.id,
            starts_at=to_timestamp(starts_at or at("10:00")),
            services=[wanted(shop.services[0], master)],
        )

    async def quote(self, house: House, visits: Sequence[basket_pb2.WantedVisit], token: str = "") -> booking_pb2.Quote:
        request = quote_request(house)
        request.visits.extend(visits)
        return await self.desk.call(self.desk.bookings.CreateQuote, request, token=token)

    async def held(
        self, house: House, shop: Shop, guest: SignedIn, starts_at: dt.datetime | None = None
    ) -> booking_pb2.Booking:
        quote = await self.quote(house, [self.visit(shop, starts_at)])
        return await self.desk.book(quote, guest.token)

    async def paid(
        self, house: House, shop: Shop, guest: SignedIn, starts_at: dt.datetime | None = None
    ) -> booking_pb2.Booking:
        return await self.pay(await self.held(house, shop, guest, starts_at), guest)

    async def pay(self, booking: booking_pb2.Booking, guest: SignedIn) -> booking_pb2.Booking:
        booking = await self.desk.start_payment(booking, guest.token)
        await self.payments.pay(booking)
        await self.desk.hear_of(booking.payment.id)
        return await self.desk.get(booking)

    async def appointment(self, booking: booking_pb2.Booking, position: int = 0) -> appointment_pb2.Appointment:
        """As salon has it."""
        known = appointment_pb2.Appointment(id=booking.visits[position].appointment_id)
        return await self.salon.get(known)

    async def tend(self, *bookings: booking_pb2.Booking, limit: int = 0) -> int:
        request = booking_basket_pb2.TendBasketsRequest(booking_ids=[one.id for one in bookings], limit=limit)
        return (await self.desk.call(self.desk.baskets.TendBaskets, request, token=self.desk.system)).tended

    async def cancel(self, booking: booking_pb2.Booking, who: SignedIn, refund: int) -> booking_pb2.Booking:
        request = booking_pb2.CancelBookingRequest(booking_id=booking.id, idempotency_key=uuid.uuid4().hex)
        request.expected_refund.minor_units = refund
        request.expected_refund.currency = "EUR"
        return await self.desk.call(self.desk.bookings.CancelBooking, request, token=who.token)

    async def preview(self, booking: booking_pb2.Booking, who: SignedIn) -> booking_pb2.CancellationPreview:
        request = booking_pb2.PreviewCancellationRequest(booking_id=booking.id)
        return await self.desk.call(self.desk.bookings.PreviewCancellation, request, token=who.token)

    async def live_visits(self, shop: Shop) -> int:
        """How many appointments take time at a salon."""
        query = """
            SELECT count(*) FROM salon.master_time AS t JOIN salon.appointment AS a ON a.id = t.appointment_id
            WHERE a.salon_id = $1
        """
        async with self.salon.database.reading() as connection:
            return int(await connection.fetchval(query, uuid.UUID(shop.salon.id)))

    async def attempts_died(self) -> None:
        """As if every attempt to hold visits that is open had been left by a process that died."""
        async with self.desk.database.transaction() as connection:
            await connection.execute("UPDATE booking.basket SET opened_at = now() - interval '1 hour'")


@asynccontextmanager
async def open_basket_desk(
    parts: Parts, auth_address: str, salon_address: str, desk: Desk, payments: Payments
) -> AsyncIterator[BasketDesk]:
    async with (
        open_appointment_desk(parts, auth_address, salon_address) as salon,
        open_channel(salon_address, basket_pb2.DESCRIPTOR) as channel,
    ):
        yield BasketDesk(desk, salon, basket_pb2_grpc.BasketServiceStub(channel), payments)


async def free_starts(desk: BasketDesk, shop: Shop) -> list[dt.datetime]:
    return [slot.starts_at.ToDatetime(tzinfo=dt.UTC) for slot in await desk.salon.slots(shop)]


async def call_as(desk: BasketDesk, request: basket_pb2.HoldVisitsRequest, token: str) -> basket_pb2.BasketVisits:
    return await call(desk.baskets.HoldVisits, request, token=token)
