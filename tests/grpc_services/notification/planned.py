"""Real bookings and appointments whose events are told, and a clock that comes to the moments planned for them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.database import Database
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.booking.moves import HotelClock
from tests.grpc_services.hotel.catalogue import House
from tests.grpc_services.notification.conftest import Clock
from tests.grpc_services.notification.inbox import Stub, inbox, tell
from tests.house import SignedIn

PARIS = ZoneInfo("Europe/Paris")


def at(day: dt.date, time: str) -> dt.datetime:
    """As the clocks of the houses show it."""
    return dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=PARIS)


@dataclass
class Foresight:
    """The notification service between a desk, whose days a test chooses, and its own clock."""

    notifications: Stub
    database: Database
    system: str
    clock: Clock
    desk: Desk
    hotel_clock: HotelClock
    told: int = 0

    async def stay(self, house: House, guest: SignedIn, arrival: dt.date, nights: int = 2) -> booking_pb2.Booking:
        """A confirmed booking, to be paid at the hotel, whose events were told."""
        booking = await self.desk.booked(house, guest, house.room(plan=1), arrival=arrival, nights=nights)
        await self.tell_of(booking.id)
        return booking

    async def tell_of(self, aggregate_id: str, database: Database | None = None, schema: str = "booking") -> None:
        """Every event of a booking or an appointment; those told before change nothing."""
        query = f"SELECT envelope FROM {schema}.outbox_event WHERE aggregate_id = $1 ORDER BY position"  # noqa: S608
        async with (database or self.desk.database).reading() as connection:
            rows = await connection.fetch(query, aggregate_id)
        assert rows
        for row in rows:
            await tell(self.notifications, self.system, events_pb2.Envelope.FromString(row["envelope"]))

    async def come_to(self, moment: dt.datetime) -> list[str]:
        """The clock shows the moment, and the worker wakes; answers the e-mails to be sent."""
        self.clock.now = moment
        deliveries: list[str] = []
        while True:
            request = notification_pb2.TellPlannedRequest(limit=50)
            told = await call(self.notifications.TellPlanned, request, token=self.system)
            deliveries += told.delivery_ids
            if told.looked_at < 50:
                return deliveries

    async def state(self, template: str, subject_id: str) -> tuple[str, str]:
        """Of what is planned, and why it was dropped."""
        async with self.database.reading() as connection:
            row = await connection.fetchrow(
                "SELECT state, outcome FROM planned_notice WHERE template = $1 AND subject_id = $2",
                template,
                uuid.UUID(subject_id),
            )
        assert row is not None
        return row["state"], row["outcome"]

    async def cancel(self, booking: booking_pb2.Booking, guest: SignedIn) -> None:
        request = booking_pb2.CancelBookingRequest(
            booking_id=booking.id,
            idempotency_key=uuid.uuid4().hex,
            expected_refund=money_pb2.Money(minor_units=0, currency="EUR"),
        )
        await call(self.desk.bookings.CancelBooking, request, token=guest.token)

    async def live_through(self, booking: booking_pb2.Booking, owner: SignedIn, day: dt.date) -> None:
        """The guest arrives on the day, pays, and leaves again."""
        self.hotel_clock.day = day
        key = uuid.uuid4().hex
        desk = self.desk.front_desk
        arriving = front_desk_pb2.CheckInRequest(booking_id=booking.id, idempotency_key=key)
        here = await call(desk.CheckIn, arriving, token=owner.token)
        paying = front_desk_pb2.RecordDeskPaymentRequest(
            booking_id=booking.id,
            idempotency_key=key,
            method=booking_pb2.DESK_PAYMENT_METHOD_CASH,
            amount=here.due,
        )
        await call(desk.RecordDeskPayment, paying, token=owner.token)
        self.hotel_clock.day = dt.date.fromisoformat(booking.check_out)
        leaving = front_desk_pb2.CheckOutRequest(booking_id=booking.id, idempotency_key=key)
        await call(desk.CheckOut, leaving, token=owner.token)


async def kinds(notifications: Stub, person: SignedIn) -> list[str]:
    """What somebody was told, the newest first."""
    return [told.kind for told in (await inbox(notifications, person.token)).notifications]
