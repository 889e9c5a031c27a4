"""The use case of a booking that the hotelier makes for a guest at the desk or on the phone."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import block_queries, blocks, inventory_queries, messages, night_queries, queries, rules
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.booking_creation import create_booking
from grpc_services.booking.errors import QuoteExpired
from grpc_services.booking.reading import keys, require_hotelier
from grpc_services.booking.room_claims import claim_rooms
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound
from runtime.idempotency import check_key
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Caller, Role

Context = grpc.aio.ServicerContext[Any, Any]


class WalkInMethods:
    """A part of FrontDeskServicer, which gives it the database."""

    _database: Database
    _hold_seconds: int
    _stale_seconds: int

    async def CreateWalkIn(self, request: front_desk_pb2.CreateWalkInRequest, context: Context) -> booking_pb2.Booking:
        """Confirmed at once whatever its rate plan says; it is paid at the desk. It belongs to no guest's account."""
        caller = require_hotelier()
        check_key(request.idempotency_key)
        quote_id = parse_id(request.quote_id, path=("quoteId",))
        if request.block_id:
            parse_id(request.block_id, path=("blockId",))
        rules.check_guest(request.guest)
        rules.check_wishes(request.special_requests, "")
        async with self._database.reading() as connection:
            quote = (await queries.load_quotes(connection, [quote_id])).get(quote_id)
        stay = messages.priced_stay(quote) if quote is not None else None
        if quote is None or stay is None or not _runs(caller, stay):
            raise NotFound("There is no such quote.", path=("quoteId",))
        if quote["visits"]:
            raise InvalidInput("Visits to salons are booked with rooms by guests themselves.", path=("quoteId",))
        wanted = rules.rooms_per_type(stay)

        async def book() -> booking_pb2.Booking:
            return await self._book_at_the_desk(request, caller, quote, stay, wanted)

        return await claim_rooms(
            self._database, wanted, quote["check_in"], quote["check_out"], book, stale_seconds=self._stale_seconds
        )

    async def _book_at_the_desk(
        self,
        request: front_desk_pb2.CreateWalkInRequest,
        caller: Caller,
        quote: Record,
        stay: rate_pb2.PriceStayResponse,
        wanted: dict[str, int],
    ) -> booking_pb2.Booking:
        """All of it or nothing, in one transaction. The block comes first and the nights last, as everywhere."""
        key = {"principal": str(caller.account_id), "operation": "CreateWalkIn", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            if quote["expired"]:
                raise QuoteExpired
            block = await _lock_block(connection, request.block_id, quote) if request.block_id else None
            row = await create_booking(
                connection,
                quote,
                stay,
                state=rules.State.CONFIRMED,
                hold_seconds=self._hold_seconds,
                guest_account_id=NOBODY,
                guest=request.guest,
                actor=caller.role,
                source="DESK",
                special_requests=request.special_requests,
                block_id=block["id"] if block else None,
            )
            answer = await booking_as_message(connection, row)
            await keys.store(connection, **key, answer=answer)
            if block is None:
                await inventory_queries.take_nights(
                    connection,
                    wanted,
                    row["check_in"],
                    row["check_out"],
                    stale_seconds=self._stale_seconds,
                    sold=True,
                )
            else:
                kept = (await block_queries.rooms_of(connection, [block["id"]]))[block["id"]]
                from_block = blocks.rooms_from(wanted, kept)
                await block_queries.take_rooms(connection, block["id"], from_block)
                changes = blocks.night_changes(block, from_block, wanted, row["check_in"], row["check_out"])
                await night_queries.move_nights(connection, changes, stale_seconds=self._stale_seconds)
        return answer


def _runs(caller: Caller, stay: rate_pb2.PriceStayResponse) -> bool:
    return caller.role is Role.ADMIN or str(caller.account_id) == stay.owner_id


async def _lock_block(connection: Connection, block_id: str, quote: Record) -> Record:
    block = await block_queries.lock_block(connection, parse_id(block_id, path=("blockId",)))
    if block is None or block["hotel_id"] != quote["hotel_id"]:
        raise NotFound("There is no such block.", path=("blockId",))
    blocks.check_stay(block, quote["check_in"], quote["check_out"])
    return block
