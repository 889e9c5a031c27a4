"""The use cases of following a house live: its desk as it is, and every move since."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import front_desk_pb2
from grpc_services.booking import answers, live_queries, messages, queries
from grpc_services.booking.reading import cursor_moment, own_house, require_hotelier
from runtime.commit_order import decode_position, encode_position, position_now, position_of
from runtime.cursors import LARGEST_PAGE, decode_cursor, encode_cursor
from runtime.database import Database
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class LiveMethods:
    """A part of FrontDeskServicer, which gives it the database."""

    _database: Database

    async def ListLiveBookings(
        self, request: front_desk_pb2.ListLiveBookingsRequest, context: Context
    ) -> front_desk_pb2.ListLiveBookingsResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        after = None
        if request.after:
            at, identifier = decode_cursor(request.after, (str, str))
            after = (cursor_moment(str(at)), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            position = await position_now(connection)  # before the bookings, or a move in between would be lost
            rows = await live_queries.live_page(connection, hotel_id, after=after, limit=LARGEST_PAGE + 1)
            shown = await answers.bookings_as_messages(connection, rows[:LARGEST_PAGE])
        last = rows[LARGEST_PAGE - 1] if len(rows) > LARGEST_PAGE else None
        return front_desk_pb2.ListLiveBookingsResponse(
            bookings=shown,
            position=encode_position(position),
            next=encode_cursor(last["created_at"].isoformat(), str(last["id"])) if last else "",
        )

    async def ListHotelMoves(
        self, request: front_desk_pb2.ListHotelMovesRequest, context: Context
    ) -> front_desk_pb2.ListHotelMovesResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        position = decode_position(request.after)
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            page = await live_queries.moves_after(connection, hotel_id, position, limit=LARGEST_PAGE)
            bookings = await queries.visible_bookings(
                connection,
                list({row["booking_id"] for row in page.rows}),
                account_id=caller.account_id,
                sees_all=True,  # of a house that is the caller's
            )
            shown = await answers.bookings_as_messages(connection, bookings)
        return front_desk_pb2.ListHotelMovesResponse(
            moves=[
                front_desk_pb2.HotelMove(
                    booking_id=str(row["booking_id"]),
                    entry=messages.timeline_message(row),
                    position=encode_position(position_of(row)),
                )
                for row in page.rows
            ],
            bookings=shown,
            more_soon=page.more_soon or len(page.rows) == LARGEST_PAGE,
        )
