"""The use cases of quotes and bookings: making and reading them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import (
    blocks,
    holds,
    inventory_queries,
    messages,
    policies,
    queries,
    rules,
)
from grpc_services.booking.answers import booking_as_message, bookings_as_messages
from grpc_services.booking.booking_creation import create_booking
from grpc_services.booking.change_quote import ChangeQuoteMethods
from grpc_services.booking.errors import PriceChanged, QuoteExpired
from grpc_services.booking.reading import cursor_moment, keys, parse_ids
from grpc_services.booking.room_claims import claim_rooms, unavailable
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound, ServiceError
from runtime.idempotency import check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role, current_caller, require_account, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_NO_LONGER_SOLD = frozenset({NotFound.code, InvalidInput.code})


class BookingMethods(ChangeQuoteMethods):
    """A part of BookingServicer, which gives it the database, the hotel's prices and the times."""

    _quote_seconds: int
    _hold_seconds: int

    async def CreateQuote(self, request: booking_pb2.CreateQuoteRequest, context: Context) -> booking_pb2.Quote:
        check_in = messages.parse_date(request.check_in, "checkIn")
        check_out = messages.parse_date(request.check_out, "checkOut")
        if request.booking_id:
            stay = await self._price_change(request, check_in, check_out)
        else:
            stay = await self._price_new(request, check_in, check_out)
        booking_id = uuid.UUID(request.booking_id) if request.booking_id else None
        return messages.quote_message(await self._save_quote(stay, check_in, check_out, booking_id))

    async def _price_new(
        self, request: booking_pb2.CreateQuoteRequest, check_in: dt.date, check_out: dt.date
    ) -> rate_pb2.PriceStayResponse:
        stay = await self._prices.price_stay(
            rate_pb2.PriceStayRequest(
                hotel_id=request.hotel_id, check_in=request.check_in, check_out=request.check_out, rooms=request.rooms
            )
        )
        rooms = rules.rooms_per_type(stay)
        async with self._database.reading() as connection:
            if request.block_id:
                block_id, hotel_id = parse_id(request.block_id, path=("blockId",)), uuid.UUID(stay.hotel_id)
                rooms = await blocks.rooms_beyond(
                    connection, current_caller(), block_id, hotel_id, rooms, check_in, check_out
                )
            refused = await self._refused_nights(connection, rooms, check_in, check_out)
        if refused:  # looked at again in any case: somebody else may have released them just now
            await holds.expire_in_the_way(self._database, rooms, check_in, check_out)
            async with self._database.reading() as connection:
                refused = await self._refused_nights(connection, rooms, check_in, check_out)
        if refused:
            raise unavailable(refused)
        return stay

    async def _save_quote(
        self,
        stay: rate_pb2.PriceStayResponse,
        check_in: dt.date,
        check_out: dt.date,
        booking_id: uuid.UUID | None = None,
    ) -> Record:
        """The new row; `booking_id` names the booking that it is to change."""
        async with self._database.transaction() as connection:
            return await queries.insert_quote(
                connection,
                id=new_id(),
                hotel_id=uuid.UUID(stay.hotel_id),
                booking_id=booking_id,
                check_in=check_in,
                check_out=check_out,
                priced_stay=stay.SerializeToString(),
                seconds=self._quote_seconds,
            )

    async def GetQuotes(self, request: booking_pb2.GetQuotesRequest, context: Context) -> booking_pb2.GetQuotesResponse:
        """A quote holds no personal data; its unguessable id is all one needs to read it."""
        async with self._database.reading() as connection:
            rows = await queries.load_quotes(connection, parse_ids(request.ids))
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
            return await claim_rooms(
                self._database,
                rooms,
                quote["check_in"],
                quote["check_out"],
                lambda: self._book(request, quote, stay, rooms),
                stale_seconds=self._stale_seconds,
            )
        except QuoteExpired:
            raise await self._priced_anew(quote, stay) from None

    async def _priced_anew(self, quote: Record, stay: rate_pb2.PriceStayResponse) -> QuoteExpired | PriceChanged:
        """What to tell who comes too late: a new quote of the same rooms with the same extras, unless the old one
        was booked, or was made for changing a booking. Raises RoomUnavailable as CreateQuote does."""
        if quote["booked"] or quote["booking_id"] is not None:
            return QuoteExpired()
        check_in, check_out = quote["check_in"], quote["check_out"]
        request = booking_pb2.CreateQuoteRequest(
            hotel_id=stay.hotel_id,
            check_in=check_in.isoformat(),
            check_out=check_out.isoformat(),
            rooms=[room.request for room in stay.rooms],
        )
        try:
            anew = await self._price_new(request, check_in, check_out)
        except ServiceError as refusal:
            if refusal.code not in _NO_LONGER_SOLD:
                raise
            return QuoteExpired()
        row = await self._save_quote(anew, check_in, check_out)
        if anew.total == stay.total:
            return QuoteExpired(row["id"])
        return PriceChanged(stay.total, anew.total, row["id"])

    async def _book(
        self,
        request: booking_pb2.CreateBookingRequest,
        quote: Record,
        stay: rate_pb2.PriceStayResponse,
        rooms: dict[str, int],
    ) -> booking_pb2.Booking:
        """All of it or nothing, in one transaction. The nights come last, so that they are locked shortest."""
        caller = current_caller()
        key = {"principal": str(caller.account_id), "operation": "CreateBooking", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            policies.check_may_book(caller, uuid.UUID(stay.owner_id))
            if quote["expired"]:
                raise QuoteExpired
            state = rules.first_state(stay)
            row = await create_booking(
                connection,
                quote,
                stay,
                state=state,
                hold_seconds=self._hold_seconds,
                guest_account_id=caller.account_id,
                guest=request.guest,
                actor=caller.role,
                special_requests=request.special_requests,
                arrival_time=request.arrival_time,
                room_guests=rules.room_guests(request.room_guests, len(stay.rooms)),
            )
            booking = await booking_as_message(connection, row)
            await keys.store(connection, **key, answer=booking)
            await inventory_queries.take_nights(
                connection,
                rooms,
                row["check_in"],
                row["check_out"],
                stale_seconds=self._stale_seconds,
                sold=state is rules.State.CONFIRMED,
            )
        return booking

    async def _refused_nights(
        self, connection: Connection, rooms: dict[str, int], check_in: dt.date, check_out: dt.date
    ) -> list[Record]:
        return await inventory_queries.refused_nights(
            connection, rooms, check_in, check_out, stale_seconds=self._stale_seconds
        )

    async def GetBookings(
        self, request: booking_pb2.GetBookingsRequest, context: Context
    ) -> booking_pb2.GetBookingsResponse:
        caller = require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await queries.visible_bookings(
                connection,
                parse_ids(request.ids),
                account_id=caller.account_id,
                sees_all=policies.sees_every_booking(caller),
            )
            return booking_pb2.GetBookingsResponse(bookings=await bookings_as_messages(connection, rows))

    async def ListBookings(
        self, request: booking_pb2.ListBookingsRequest, context: Context
    ) -> booking_pb2.ListBookingsResponse:
        caller = require_account()
        limit = page_size(request.first)
        after = None
        if request.after:
            at, identifier = decode_cursor(request.after, (str, str))
            after = (cursor_moment(str(at)), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            rows = await queries.booking_page(
                connection,
                account_id=caller.account_id,
                hotel_id=parse_id(request.hotel_id, path=("hotelId",)) if request.hotel_id else None,
                sees_all=policies.sees_every_booking(caller),
                states=[messages.state_name(state) for state in request.states],
                departed=messages.departed(request.time),
                after=after,
                limit=limit + 1,
            )
            shown = rows[:limit]
            bookings = await bookings_as_messages(connection, shown)
        return booking_pb2.ListBookingsResponse(
            bookings=bookings,
            cursors=[encode_cursor(row["created_at"].isoformat(), str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )
