"""The use cases of the booking service, one method each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.hotel.v1 import hotel_pb2
from grpc_services.booking import events, holds, inventory_queries, messages, policies, queries, rules, settlement
from grpc_services.booking.errors import QuoteExpired, RoomUnavailable
from grpc_services.booking.gateway import HotelPrices, PaymentSystem, payment_state_name
from grpc_services.booking.models import idempotency as idempotency_rows
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.idempotency import IdempotencyKeys, check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import NOBODY, Role, current_caller, require_account, require_role
from runtime.settings import BookingSettings

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200
_keys = IdempotencyKeys(idempotency_rows)


class BookingServicer(booking_pb2_grpc.BookingServiceServicer):
    def __init__(
        self, database: Database, prices: HotelPrices, payments: PaymentSystem, settings: BookingSettings
    ) -> None:
        self._database = database
        self._prices = prices
        self._payments = payments
        self._quote_seconds = settings.quote_seconds
        self._hold_seconds = settings.hold_seconds

    async def CreateQuote(self, request: booking_pb2.CreateQuoteRequest, context: Context) -> booking_pb2.Quote:
        stay = await self._prices.price_stay(
            hotel_pb2.PriceStayRequest(
                hotel_id=request.hotel_id, check_in=request.check_in, check_out=request.check_out, rooms=request.rooms
            )
        )
        check_in = messages.parse_date(request.check_in, "checkIn")
        check_out = messages.parse_date(request.check_out, "checkOut")
        rooms = rules.rooms_per_type(stay)
        async with self._database.reading() as connection:
            full = await inventory_queries.full_nights(connection, rooms, check_in, check_out)
        if full and await holds.expire_in_the_way(self._database, rooms, check_in, check_out):
            async with self._database.reading() as connection:
                full = await inventory_queries.full_nights(connection, rooms, check_in, check_out)
        if full:
            raise _unavailable(full)
        async with self._database.transaction() as connection:
            row = await queries.insert_quote(
                connection,
                id=new_id(),
                hotel_id=uuid.UUID(stay.hotel_id),
                check_in=check_in,
                check_out=check_out,
                priced_stay=stay.SerializeToString(),
                seconds=self._quote_seconds,
            )
        return messages.quote_message(row)

    async def GetQuotes(self, request: booking_pb2.GetQuotesRequest, context: Context) -> booking_pb2.GetQuotesResponse:
        """A quote holds no personal data; its unguessable id is all one needs to read it."""
        async with self._database.reading() as connection:
            rows = await queries.load_quotes(connection, _ids(request.ids))
        return booking_pb2.GetQuotesResponse(quotes=[messages.quote_message(row) for row in rows.values()])

    async def CreateBooking(self, request: booking_pb2.CreateBookingRequest, context: Context) -> booking_pb2.Booking:
        require_account()
        check_key(request.idempotency_key)
        quote_id = parse_id(request.quote_id, path=("quoteId",))
        rules.check_guest(request.guest)
        rules.check_wishes(request.special_requests, request.arrival_time)
        async with self._database.reading() as connection:
            quote = (await queries.load_quotes(connection, [quote_id])).get(quote_id)
        if quote is None:
            raise NotFound("There is no such quote.", path=("quoteId",))
        stay = messages.priced_stay(quote)
        rooms = rules.rooms_per_type(stay)
        try:
            return await self._book(request, quote, stay, rooms)
        except asyncpg.CheckViolationError:
            await holds.expire_in_the_way(self._database, rooms, quote["check_in"], quote["check_out"])
        try:
            return await self._book(request, quote, stay, rooms)
        except asyncpg.CheckViolationError:
            async with self._database.reading() as connection:
                full = await inventory_queries.full_nights(connection, rooms, quote["check_in"], quote["check_out"])
            raise _unavailable(full or [(uuid.UUID(next(iter(rooms))), quote["check_in"])]) from None

    async def _book(
        self,
        request: booking_pb2.CreateBookingRequest,
        quote: Record,
        stay: hotel_pb2.PriceStayResponse,
        rooms: dict[str, int],
    ) -> booking_pb2.Booking:
        """All of it or nothing, in one transaction. The nights come last, so that they are locked shortest."""
        caller = current_caller()
        key = {"principal": str(caller.account_id), "operation": "CreateBooking", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await _keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            owner_id = uuid.UUID(stay.owner_id)
            policies.check_may_book(caller, owner_id)
            if quote["expired"]:
                raise QuoteExpired
            state = rules.first_state(stay)
            booking_id = new_id()
            row = await queries.insert_booking(
                connection,
                [
                    {
                        "booking_id": booking_id,
                        "position": position,
                        "room_type_id": uuid.UUID(room.request.room_type_id),
                        "rate_plan_id": uuid.UUID(room.request.rate_plan_id),
                        "adults": room.request.adults,
                        "children_ages": list(room.request.children_ages),
                        "total_minor_units": room.total.minor_units,
                    }
                    for position, room in enumerate(stay.rooms)
                ],
                id=booking_id,
                reference=rules.new_reference(),
                state=state,
                hold_seconds=self._hold_seconds if state is rules.State.HELD else None,
                hotel_id=quote["hotel_id"],
                hotel_owner_id=owner_id,
                guest_account_id=caller.account_id,
                quote_id=quote["id"],
                check_in=quote["check_in"],
                check_out=quote["check_out"],
                guest_name=request.guest.name.strip(),
                guest_email=request.guest.email,
                guest_phone=request.guest.phone,
                special_requests=request.special_requests,
                arrival_time=request.arrival_time,
                priced_stay=quote["priced_stay"],
                currency=stay.currency,
                total_minor_units=stay.total.minor_units,
            )
            if state is rules.State.HELD:
                await queries.write_timeline(
                    connection, row, kind="BookingHeld", actor=caller.role, summary="Rooms held, waiting for payment."
                )
                await events.publish_held(connection, row)
            else:
                await queries.write_timeline(
                    connection, row, kind="BookingConfirmed", actor=caller.role, summary="Confirmed; paid at the hotel."
                )
                await events.publish_confirmed(connection, row)
            booking = messages.booking_message(row)
            await _keys.store(connection, **key, answer=booking)
            taken = await inventory_queries.take_nights(
                connection, rooms, row["check_in"], row["check_out"], sold=state is rules.State.CONFIRMED
            )
            if taken != len(rooms) * (row["check_out"] - row["check_in"]).days:
                raise _unavailable([(uuid.UUID(identifier), row["check_in"]) for identifier in rooms])
        return booking

    async def GetBookings(
        self, request: booking_pb2.GetBookingsRequest, context: Context
    ) -> booking_pb2.GetBookingsResponse:
        caller = require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await queries.visible_bookings(
                connection,
                _ids(request.ids),
                account_id=caller.account_id,
                sees_all=policies.sees_every_booking(caller),
            )
        return booking_pb2.GetBookingsResponse(bookings=[messages.booking_message(row) for row in rows])

    async def ListBookings(
        self, request: booking_pb2.ListBookingsRequest, context: Context
    ) -> booking_pb2.ListBookingsResponse:
        caller = require_account()
        limit = page_size(request.first)
        after = None
        if request.after:
            at, identifier = decode_cursor(request.after, (str, str))
            after = (_cursor_moment(str(at)), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            rows = await queries.booking_page(
                connection,
                account_id=caller.account_id,
                hotel_id=parse_id(request.hotel_id, path=("hotelId",)) if request.hotel_id else None,
                sees_all=policies.sees_every_booking(caller),
                states=[messages.state_name(state) for state in request.states],
                after=after,
                limit=limit + 1,
            )
        shown = rows[:limit]
        return booking_pb2.ListBookingsResponse(
            bookings=[messages.booking_message(row) for row in shown],
            cursors=[encode_cursor(row["created_at"].isoformat(), str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )

    async def ListTimeline(
        self, request: booking_pb2.ListTimelineRequest, context: Context
    ) -> booking_pb2.ListTimelineResponse:
        limit = page_size(request.first)
        after_id = NOBODY
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            booking = await self._visible(connection, request.booking_id)
            rows = await queries.timeline_page(
                connection,
                booking["id"],
                after_id=after_id,
                after_version=request.after_version,
                state_changes_only=request.state_changes_only,
                limit=limit + 1,
            )
        shown = rows[:limit]
        return booking_pb2.ListTimelineResponse(
            entries=[messages.timeline_message(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )

    async def StartPayment(
        self, request: booking_pb2.StartPaymentRequest, context: Context
    ) -> booking_pb2.StartPaymentResponse:
        caller = require_account()
        check_key(request.idempotency_key)
        key = {"principal": str(caller.account_id), "operation": "StartPayment", "key": request.idempotency_key}
        async with self._database.reading() as connection:
            row = await self._visible(connection, request.booking_id)
            earlier = await _keys.find(connection, **key, request=request, answer=booking_pb2.StartPaymentResponse)
        if earlier is not None:
            return earlier
        if row["guest_account_id"] != caller.account_id:
            raise NotFound("There is no such booking.", path=("bookingId",))
        _check_payable(row)
        if row["state"] == rules.State.PAYMENT_PENDING:
            payment = await self._payments.get(row["payment_id"])
        else:
            payment = await self._payments.create(
                idempotency_key=f"{row['id']}:{row['payment_attempts'] + 1}",
                amount=messages.booking_message(row).total,
                booking_id=str(row["id"]),
                booking_reference=row["reference"],
                description=messages.priced_stay(row).hotel_name,
                return_url=request.return_url,
                expires_at=row["hold_expires_at"],
            )
        async with self._database.transaction() as connection:
            earlier = await _keys.claim(connection, **key, request=request, answer=booking_pb2.StartPaymentResponse)
            if earlier is not None:
                return earlier
            locked = await queries.lock_booking(connection, row["id"])
            if locked is None:
                raise NotFound("There is no such booking.", path=("bookingId",))
            if locked["state"] == rules.State.HELD:
                moved = await queries.move_booking(
                    connection,
                    locked,
                    rules.State.PAYMENT_PENDING,
                    payment=(payment.id, payment_state_name(payment), payment.checkout_url),
                    new_attempt=True,
                )
                locked = moved or locked
                await queries.write_timeline(
                    connection, locked, kind="PaymentStarted", actor=caller.role, summary="Payment begun."
                )
                await events.publish_payment_started(connection, locked)
            if locked["payment_id"] != payment.id:
                _check_payable(locked)
                raise IllegalState("Another payment of this booking is under way.", path=("bookingId",))
            response = booking_pb2.StartPaymentResponse(booking=messages.booking_message(locked))
            await _keys.store(connection, **key, answer=response)
        return response

    async def GetAvailability(
        self, request: booking_pb2.GetAvailabilityRequest, context: Context
    ) -> booking_pb2.GetAvailabilityResponse:
        ids = _ids(request.room_type_ids)
        first_night = messages.parse_date(request.first_night, "firstNight")
        end_night = messages.parse_date(request.end_night, "endNight")
        async with self._database.reading() as connection:
            types = await inventory_queries.room_types(connection, ids)
            nights = await inventory_queries.free_rooms(connection, ids, first_night, end_night)
        return booking_pb2.GetAvailabilityResponse(room_types=messages.availability_messages(types, nights))

    async def StreamAvailability(
        self, request: booking_pb2.StreamAvailabilityRequest, context: Context
    ) -> AsyncIterator[booking_pb2.RoomTypeAvailability]:
        first_night = messages.parse_date(request.first_night, "firstNight")
        end_night = messages.parse_date(request.end_night, "endNight")
        async with self._database.reading() as connection:
            async for types in inventory_queries.all_room_types(connection):
                ids = [row["room_type_id"] for row in types]
                nights = await inventory_queries.free_rooms(connection, ids, first_night, end_night)
                for availability in messages.availability_messages(types, nights):
                    yield availability

    async def ReceivePaymentEvent(
        self, request: booking_pb2.ReceivePaymentEventRequest, context: Context
    ) -> booking_pb2.ReceivePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            new = await queries.store_payment_event(connection, request.provider, request.event_id, request.payload)
        return booking_pb2.ReceivePaymentEventResponse(duplicate=not new)

    async def SettlePaymentEvent(
        self, request: booking_pb2.SettlePaymentEventRequest, context: Context
    ) -> booking_pb2.SettlePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            event = await queries.begin_payment_event(connection, request.provider, request.event_id)
        if event is None:
            raise NotFound("There is no such payment event.")
        outcome = settlement.Outcome.NOTHING_TO_DO
        if event["settled_at"] is None:
            payment_id = settlement.payment_of(event["payload"])
            outcome = (
                await settlement.settle_payment(self._database, self._payments, payment_id)
                if payment_id
                else settlement.Outcome.PARKED
            )
            async with self._database.transaction() as connection:
                await queries.finish_payment_event(connection, request.provider, request.event_id, outcome)
        return booking_pb2.SettlePaymentEventResponse(
            outcome=booking_pb2.SettlementOutcome.Value(f"SETTLEMENT_OUTCOME_{outcome}")
        )

    async def ListUnsettledPaymentEvents(
        self, request: booking_pb2.ListUnsettledPaymentEventsRequest, context: Context
    ) -> booking_pb2.ListUnsettledPaymentEventsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await queries.unsettled_payment_events(
                connection, older_than_seconds=request.older_than_seconds, limit=page_size(request.first)
            )
        return booking_pb2.ListUnsettledPaymentEventsResponse(
            events=[booking_pb2.PaymentEventKey(provider=row["provider"], event_id=row["event_id"]) for row in rows]
        )

    async def ExpireHolds(
        self, request: booking_pb2.ExpireHoldsRequest, context: Context
    ) -> booking_pb2.ExpireHoldsResponse:
        require_role(Role.SYSTEM)
        expired = await holds.expire_overdue(self._database, page_size(request.limit))
        async with self._database.transaction() as connection:
            await _keys.forget_old(connection)
        return booking_pb2.ExpireHoldsResponse(expired=expired)

    async def TakeInRoomTypes(
        self, request: booking_pb2.TakeInRoomTypesRequest, context: Context
    ) -> booking_pb2.TakeInRoomTypesResponse:
        require_role(Role.SYSTEM)
        taken_in = 0
        async with self._database.transaction() as connection:
            for announced in request.room_types:
                new = await inventory_queries.take_in_room_type(
                    connection,
                    parse_id(announced.room_type_id, path=("roomTypeId",)),
                    parse_id(announced.hotel_id, path=("hotelId",)),
                    parse_id(announced.owner_id, path=("ownerId",)),
                    announced.number_of_rooms,
                )
                if new:
                    taken_in += 1
                    await events.publish_sellable(connection, announced.room_type_id, announced.hotel_id)
        return booking_pb2.TakeInRoomTypesResponse(taken_in=taken_in)

    async def _visible(self, connection: Connection, booking_id: str) -> Record:
        """The booking if the caller may see it; to everybody else it does not exist."""
        caller = require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)
        rows = await queries.visible_bookings(
            connection,
            [parse_id(booking_id, path=("bookingId",))],
            account_id=caller.account_id,
            sees_all=policies.sees_every_booking(caller),
        )
        if not rows:
            raise NotFound("There is no such booking.", path=("bookingId",))
        return rows[0]


def _check_payable(row: Record) -> None:
    if rules.State(row["state"]) not in rules.HOLDING or row["overdue"]:
        state = rules.State.EXPIRED if row["hold_expires_at"] is not None else row["state"]
        raise IllegalState(
            f"A booking that is {state} cannot be paid.", path=("bookingId",), details={"state": state, "allowed": ""}
        )


def _unavailable(full: list[tuple[uuid.UUID, dt.date]]) -> RoomUnavailable:
    room_type_id = full[0][0]
    return RoomUnavailable(room_type_id, [night for identifier, night in full if identifier == room_type_id])


def _ids(values: Any) -> list[uuid.UUID]:
    if len(values) > MOST_IDS:
        raise InvalidInput(f"Ask for at most {MOST_IDS} at a time.", path=("ids",))
    return [parse_id(value, path=("id",)) for value in values]


def _cursor_moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None
