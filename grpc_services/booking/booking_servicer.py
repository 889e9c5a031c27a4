"""The use cases of quotes and bookings: making and reading them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.salon.v1 import basket_pb2
from grpc_services.booking import (
    baskets,
    blocks,
    holds,
    inventory_queries,
    messages,
    policies,
    queries,
    rules,
)
from grpc_services.booking.answers import booking_as_message, bookings_as_messages
from grpc_services.booking.basket_rules import quoted_total, wanted_again
from grpc_services.booking.baskets import Held
from grpc_services.booking.booking_creation import create_booking
from grpc_services.booking.change_quote import ChangeQuoteMethods
from grpc_services.booking.errors import PriceChanged, QuoteAlreadyBooked, QuoteExpired
from grpc_services.booking.reading import cursor_moment, keys, parse_ids
from grpc_services.booking.room_claims import claim_rooms, unavailable
from grpc_services.booking.salon_gateway import Salons
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
    _salons: Salons

    async def CreateQuote(self, request: booking_pb2.CreateQuoteRequest, context: Context) -> booking_pb2.Quote:
        check_in = messages.parse_date(request.check_in, "checkIn")
        check_out = messages.parse_date(request.check_out, "checkOut")
        if request.booking_id:
            stay = await self._price_change(request, check_in, check_out)
        else:
            stay = await self._price_new(request, check_in, check_out)
        visits = await self._price_visits(request, stay)
        booking_id = uuid.UUID(request.booking_id) if request.booking_id else None
        return messages.quote_message(await self._save_quote(stay, check_in, check_out, visits, booking_id))

    async def _price_visits(
        self, request: booking_pb2.CreateQuoteRequest, stay: rate_pb2.PriceStayResponse
    ) -> Sequence[basket_pb2.QuotedVisit]:
        """Visits to salons of the same owner that are to be booked with the rooms; whether they are free is asked
        now, and again when they are booked."""
        if not request.visits:
            return ()
        if request.booking_id or request.block_id:
            raise InvalidInput("Visits to salons are booked with the rooms of a new booking only.", path=("visits",))
        quoted = await self._salons.price(request.visits, owner_id=stay.owner_id, currency=stay.currency)
        return quoted.visits

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
        visits: Sequence[basket_pb2.QuotedVisit] = (),
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
                visits=basket_pb2.QuotedVisits(visits=visits).SerializeToString(),
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
        try:
            if quote["visits"] and not quote["expired"]:
                return await self._book_basket(request, quote, stay)
            return await self._claim(request, quote, stay)
        except QuoteExpired:
            raise await self._priced_anew(quote, stay) from None

    async def _book_basket(
        self, request: booking_pb2.CreateBookingRequest, quote: Record, stay: rate_pb2.PriceStayResponse
    ) -> booking_pb2.Booking:
        """Visits are held at salon first, rooms after them; when either is refused neither is held."""
        earlier = await self._earlier(request)
        if earlier is not None:
            return earlier
        caller = current_caller()
        policies.check_may_book(caller, uuid.UUID(stay.owner_id))
        rules.room_guests(request.room_guests, len(stay.rooms))
        try:
            async with baskets.held_for_quote(
                self._database, self._salons, quote, request.guest, caller.account_id
            ) as held:
                return await self._claim(request, quote, stay, held)
        except QuoteAlreadyBooked:
            earlier = await self._earlier(request)  # the same request may just have been answered
            if earlier is None:
                raise
            return earlier

    async def _earlier(self, request: booking_pb2.CreateBookingRequest) -> booking_pb2.Booking | None:
        async with self._database.reading() as connection:
            return await keys.find(connection, **_key(request), request=request, answer=booking_pb2.Booking)

    async def _claim(
        self,
        request: booking_pb2.CreateBookingRequest,
        quote: Record,
        stay: rate_pb2.PriceStayResponse,
        held: Held | None = None,
    ) -> booking_pb2.Booking:
        rooms = rules.rooms_per_type(stay)
        return await claim_rooms(
            self._database,
            rooms,
            quote["check_in"],
            quote["check_out"],
            lambda: self._book(request, quote, stay, rooms, held),
            stale_seconds=self._stale_seconds,
        )

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
            visits=[wanted_again(one) for one in messages.quoted_visits(quote)],
        )
        try:
            anew = await self._price_new(request, check_in, check_out)
            visits = await self._price_visits(request, anew)
        except ServiceError as refusal:
            if refusal.code not in _NO_LONGER_SOLD:
                raise
            return QuoteExpired()
        row = await self._save_quote(anew, check_in, check_out, visits)
        old, new = messages.quote_message(quote).total, messages.quote_message(row).total
        return QuoteExpired(row["id"]) if old == new else PriceChanged(old, new, row["id"])

    async def _book(
        self,
        request: booking_pb2.CreateBookingRequest,
        quote: Record,
        stay: rate_pb2.PriceStayResponse,
        rooms: dict[str, int],
        held: Held | None,
    ) -> booking_pb2.Booking:
        """All of it or nothing, in one transaction. The nights come last, so that they are locked shortest."""
        caller, key = current_caller(), _key(request)
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            policies.check_may_book(caller, uuid.UUID(stay.owner_id))
            if quote["expired"]:
                raise QuoteExpired
            state = rules.first_state(stay, quoted_total(messages.quoted_visits(quote)))
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
                held=held,
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


def _key(request: booking_pb2.CreateBookingRequest) -> dict[str, str]:
    principal = str(current_caller().account_id)
    return {"principal": principal, "operation": "CreateBooking", "key": request.idempotency_key}
