"""A booking service with people around it: quotes, bookings, payments and webhooks in a line each."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import orjson

from contracts.booking.v1 import (
    basket_pb2,
    basket_pb2_grpc,
    block_pb2,
    block_pb2_grpc,
    booking_pb2,
    booking_pb2_grpc,
    calendar_pb2,
    calendar_pb2_grpc,
    figures_pb2,
    figures_pb2_grpc,
    front_desk_pb2,
    front_desk_pb2_grpc,
    inventory_pb2,
    inventory_pb2_grpc,
    waitlist_pb2,
    waitlist_pb2_grpc,
)
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from grpc_services.booking.audit import find_discrepancies
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.database import Database, Record, open_database
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.house import Request, Response, SignedIn, call_patiently, service_token
from tests.parts import Parts

PROVIDER = "innkeeper-payments"
ARRIVAL = utc_now().date() + dt.timedelta(days=40)
HELD = booking_pb2.BOOKING_STATE_HELD
PENDING = booking_pb2.BOOKING_STATE_PAYMENT_PENDING
CONFIRMED = booking_pb2.BOOKING_STATE_CONFIRMED
EXPIRED = booking_pb2.BOOKING_STATE_EXPIRED
APPLIED = settlement_pb2.SETTLEMENT_OUTCOME_APPLIED
NOTHING_TO_DO = settlement_pb2.SETTLEMENT_OUTCOME_NOTHING_TO_DO
PARKED = settlement_pb2.SETTLEMENT_OUTCOME_PARKED
_TABLES = (
    "quote",
    "booking",
    "booking_room",
    "room_type",
    "room_type_night",
    "timeline_entry",
    "refund",
    "captured_payment",
    "booking_charge",
    "desk_payment",
    "inbox_event",
    "open_payment",
    "dispute",
    "idempotency_record",
    "room",
    "out_of_order_period",
    "room_night",
    "booking_note",
    "block",
    "block_room",
    "inventory_change",
    "calendar_export",
    "calendar_feed",
    "calendar_feed_night",
    "waitlist_entry",
    "basket",
    "booking_visit",
)


BOOKING_CONTRACTS = (
    booking_pb2.DESCRIPTOR,
    front_desk_pb2.DESCRIPTOR,
    block_pb2.DESCRIPTOR,
    figures_pb2.DESCRIPTOR,
    inventory_pb2.DESCRIPTOR,
    calendar_pb2.DESCRIPTOR,
    waitlist_pb2.DESCRIPTOR,
    basket_pb2.DESCRIPTOR,
    settlement_pb2.DESCRIPTOR,
)


@dataclass
class Desk:
    """`system` is a SYSTEM token; methods that take a token speak in its bearer's name.

    A patient desk repeats what was not answered, with the same key; see `call_patiently`.
    """

    bookings: booking_pb2_grpc.BookingServiceAsyncStub
    front_desk: front_desk_pb2_grpc.FrontDeskServiceAsyncStub
    baskets: basket_pb2_grpc.BasketServiceAsyncStub
    blocks: block_pb2_grpc.BlockServiceAsyncStub
    figures: figures_pb2_grpc.FiguresServiceAsyncStub
    inventory: inventory_pb2_grpc.InventoryServiceAsyncStub
    calendars: calendar_pb2_grpc.CalendarServiceAsyncStub
    waitlists: waitlist_pb2_grpc.WaitlistServiceAsyncStub
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub
    system: str
    database: Database
    hotels: Database
    patient: bool = False

    async def call(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request, *, token: str
    ) -> Response:
        return await (call_patiently if self.patient else call)(method, request, token=token)

    async def house(self, owner: SignedIn, *kinds: Kind, **changes: Any) -> House:
        """A published house whose rooms are for sale."""
        built = await add_house(self.hotels, HouseInput(owner.account_id, **{"kinds": kinds or (Kind(),), **changes}))
        await self.call(self.inventory.TakeInRoomTypes, built.announced(), token=self.system)
        return built

    async def quote(
        self,
        house: House,
        *rooms: rate_pb2.RoomRequest,
        token: str = "",
        arrival: dt.date = ARRIVAL,
        nights: int = 2,
    ) -> booking_pb2.Quote:
        request = quote_request(house, *rooms, arrival=arrival, nights=nights)
        return await self.call(self.bookings.CreateQuote, request, token=token)

    async def book(self, quote: booking_pb2.Quote, token: str, key: str = "", **changes: Any) -> booking_pb2.Booking:
        return await self.call(self.bookings.CreateBooking, booking_request(quote, key, **changes), token=token)

    async def booked(
        self, house: House, guest: SignedIn, *rooms: rate_pb2.RoomRequest, **stay: Any
    ) -> booking_pb2.Booking:
        return await self.book(await self.quote(house, *rooms, **stay), guest.token)

    async def start_payment(
        self, booking: booking_pb2.Booking, token: str, key: str = "", return_url: str = ""
    ) -> booking_pb2.Booking:
        request = booking_pb2.StartPaymentRequest(
            booking_id=booking.id, idempotency_key=key or uuid.uuid4().hex, return_url=return_url
        )
        return (await self.call(self.bookings.StartPayment, request, token=token)).booking

    async def get(self, booking: booking_pb2.Booking) -> booking_pb2.Booking:
        request = booking_pb2.GetBookingsRequest(ids=[booking.id])
        (found,) = (await self.call(self.bookings.GetBookings, request, token=self.system)).bookings
        return found

    async def receive(self, payload: bytes, event_id: str = "") -> str:
        """Stores a webhook; answers its id."""
        event_id = event_id or uuid.uuid4().hex
        request = settlement_pb2.ReceivePaymentEventRequest(provider=PROVIDER, event_id=event_id, payload=payload)
        await self.call(self.settlement.ReceivePaymentEvent, request, token=self.system)
        return event_id

    async def settle(self, event_id: str) -> settlement_pb2.SettlementOutcome.ValueType:
        request = settlement_pb2.SettlePaymentEventRequest(provider=PROVIDER, event_id=event_id)
        return (await self.call(self.settlement.SettlePaymentEvent, request, token=self.system)).outcome

    async def hear_of(self, payment_id: str) -> settlement_pb2.SettlementOutcome.ValueType:
        """A new webhook about a payment, worked off."""
        return await self.settle(await self.receive(webhook(payment_id)))

    async def look_after(self, payment_id: str) -> settlement_pb2.SettlementOutcome.ValueType:
        """As the poller does, without any webhook."""
        request = settlement_pb2.SettlePaymentRequest(payment_id=payment_id)
        return (await self.call(self.settlement.SettlePayment, request, token=self.system)).outcome

    async def stuck(self, seconds: int = 120) -> list[str]:
        """The payments that the poller would look at."""
        request = settlement_pb2.ListStuckPaymentsRequest(stuck_seconds=seconds, first=100)
        return list((await self.call(self.settlement.ListStuckPayments, request, token=self.system)).payment_ids)

    async def refresh(self, booking: booking_pb2.Booking, token: str) -> booking_pb2.Booking:
        request = booking_pb2.RefreshPaymentRequest(booking_id=booking.id)
        return await self.call(self.bookings.RefreshPayment, request, token=token)

    async def parked(self) -> dict[str, settlement_pb2.ParkedPaymentEvent]:
        """By event id: all of them."""
        found: dict[str, settlement_pb2.ParkedPaymentEvent] = {}
        after = ""
        while True:
            request = settlement_pb2.ListParkedPaymentEventsRequest(first=100, after=after)
            page = await self.call(self.settlement.ListParkedPaymentEvents, request, token=self.system)
            found |= {event.event_id: event for event in page.events}
            if not page.has_next_page:
                return found
            after = page.cursors[-1]

    async def replay(self, event_id: str) -> settlement_pb2.SettlementOutcome.ValueType:
        request = settlement_pb2.ReplayPaymentEventRequest(provider=PROVIDER, event_id=event_id)
        return (await self.call(self.settlement.ReplayPaymentEvent, request, token=self.system)).outcome

    async def expire(self, limit: int = 100) -> int:
        request = settlement_pb2.ExpireHoldsRequest(limit=limit)
        return (await self.call(self.settlement.ExpireHolds, request, token=self.system)).expired

    async def run_out(self, *bookings: booking_pb2.Booking) -> None:
        """As if the time of their holds had passed, whatever the machine is doing meanwhile."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "UPDATE booking.booking SET hold_expires_at = now() WHERE id = ANY ($1::uuid[])",
                [uuid.UUID(booking.id) for booking in bookings],
            )

    async def let_expire(self, *bookings: booking_pb2.Booking) -> None:
        """Their holds run out and are released. A sweep passes over what somebody has locked at that moment, so it
        may take several."""
        await self.run_out(*bookings)
        async with asyncio.timeout(60):
            await self.expire()
            while {(await self.get(booking)).state for booking in bookings} != {EXPIRED}:
                await asyncio.sleep(0.05)
                await self.expire()

    async def let_lapse(self, quote: booking_pb2.Quote) -> None:
        """As if its fifteen minutes had passed."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "UPDATE booking.quote SET expires_at = now() WHERE id = $1::uuid", uuid.UUID(quote.id)
            )

    async def timeline(
        self,
        booking: booking_pb2.Booking,
        topics: Sequence[booking_pb2.TimelineTopic.ValueType] = (
            booking_pb2.TIMELINE_TOPIC_BOOKING,
            booking_pb2.TIMELINE_TOPIC_PAYMENT,
        ),
    ) -> list[str]:
        request = booking_pb2.ListTimelineRequest(booking_id=booking.id, topics=topics)
        return [
            entry.kind for entry in (await self.call(self.bookings.ListTimeline, request, token=self.system)).entries
        ]

    async def told(self, booking: booking_pb2.Booking) -> list[str]:
        """The types of its events, in order."""
        query = "SELECT envelope FROM booking.outbox_event WHERE aggregate_id = $1 ORDER BY position"
        async with self.database.reading() as connection:
            rows = await connection.fetch(query, booking.id)
        return [events_pb2.Envelope.FromString(row["envelope"]).type for row in rows]

    async def refunds(self, booking: booking_pb2.Booking) -> list[Record]:
        """Oldest first."""
        query = "SELECT * FROM booking.refund WHERE booking_id = $1 ORDER BY id"
        async with self.database.reading() as connection:
            return await connection.fetch(query, uuid.UUID(booking.id))

    async def make_refunds_due(self, booking: booking_pb2.Booking) -> None:
        """As if the pause before their next attempt had passed."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "UPDATE booking.refund SET due_at = now() WHERE booking_id = $1 AND due_at IS NOT NULL",
                uuid.UUID(booking.id),
            )

    async def events(self, booking: booking_pb2.Booking) -> int:
        """How many events a booking has in the outbox."""
        async with self.database.reading() as connection:
            query = "SELECT count(*) FROM booking.outbox_event WHERE aggregate_id = $1"
            return int(await connection.fetchval(query, booking.id))

    async def free(self, house: House, kind: int = 0, *, arrival: dt.date = ARRIVAL, nights: int = 2) -> list[int]:
        """Free rooms of a kind, night by night."""
        end = arrival + dt.timedelta(days=nights)
        request = inventory_pb2.GetAvailabilityRequest(
            room_type_ids=[house.room_types[kind]], first_night=arrival.isoformat(), end_night=end.isoformat()
        )
        (known,) = (await self.call(self.inventory.GetAvailability, request, token="")).room_types
        named = {night.night: night.free for night in known.nights}
        days = [(arrival + dt.timedelta(days=number)).isoformat() for number in range(nights)]
        return [named.get(day, known.capacity) for day in days]

    async def everything(self) -> dict[str, str]:
        """A digest of every table, to see that nothing changed."""
        digests: dict[str, str] = {}
        async with self.database.reading() as connection:
            for table in _TABLES:
                query = f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM booking.{table} AS t"  # noqa: S608
                digests[table] = str(await connection.fetchval(query))
            digests["outbox"] = str(await connection.fetchval("SELECT count(*) FROM booking.outbox_event"))
        return digests


def quote_request(
    house: House, *rooms: rate_pb2.RoomRequest, arrival: dt.date = ARRIVAL, nights: int = 2
) -> booking_pb2.CreateQuoteRequest:
    return booking_pb2.CreateQuoteRequest(
        hotel_id=str(house.id),
        check_in=arrival.isoformat(),
        check_out=(arrival + dt.timedelta(days=nights)).isoformat(),
        rooms=rooms or [house.room()],
    )


def booking_request(quote: booking_pb2.Quote, key: str = "", **changes: Any) -> booking_pb2.CreateBookingRequest:
    fields: dict[str, Any] = {
        "quote_id": quote.id,
        "idempotency_key": key or uuid.uuid4().hex,
        "guest": {"name": "Ada Lovelace", "email": "ada@example.org", "phone": "+33 1 44 55 66 77"},
    }
    return booking_pb2.CreateBookingRequest(**{**fields, **changes})


def webhook(payment_id: str, kind: str = "payment.captured") -> bytes:
    return orjson.dumps({"type": kind, "data": {"payment_id": payment_id}})


def nights_of(start: dt.date, number: int) -> Sequence[str]:
    return [(start + dt.timedelta(days=day)).isoformat() for day in range(number)]


@asynccontextmanager
async def open_desk(
    parts: Parts, auth_address: str, booking_address: str, *, patient: bool = False
) -> AsyncIterator[Desk]:
    async with (
        open_database(parts.database_url("booking"), pool_size=4, application_name="tests") as database,
        open_database(parts.database_url("hotel"), pool_size=2, application_name="tests") as hotels,
        open_channel(booking_address, *BOOKING_CONTRACTS) as channel,
    ):
        yield Desk(
            bookings=booking_pb2_grpc.BookingServiceStub(channel),
            front_desk=front_desk_pb2_grpc.FrontDeskServiceStub(channel),
            baskets=basket_pb2_grpc.BasketServiceStub(channel),
            blocks=block_pb2_grpc.BlockServiceStub(channel),
            figures=figures_pb2_grpc.FiguresServiceStub(channel),
            inventory=inventory_pb2_grpc.InventoryServiceStub(channel),
            calendars=calendar_pb2_grpc.CalendarServiceStub(channel),
            waitlists=waitlist_pb2_grpc.WaitlistServiceStub(channel),
            settlement=settlement_pb2_grpc.SettlementServiceStub(channel),
            system=await service_token(auth_address),
            database=database,
            hotels=hotels,
            patient=patient,
        )


async def check_standing_proof(parts: Parts) -> None:
    async with (
        open_database(parts.database_url("booking"), pool_size=1, application_name="tests") as database,
        database.reading() as connection,
    ):
        assert await find_discrepancies(connection) == []
