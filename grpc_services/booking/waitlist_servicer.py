"""The use cases of waitlists: joining and leaving, and taking the room that is offered."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2, waitlist_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import (
    blocks,
    events,
    holds,
    inventory_queries,
    messages,
    policies,
    queries,
    rules,
    waitlist,
    waitlist_queries,
)
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.gateway import HotelPrices
from grpc_services.booking.inventory_queries import Shift
from grpc_services.booking.reading import keys, visible_booking
from runtime.clock import to_timestamp
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound, ServiceError
from runtime.idempotency import check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role, require_account, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_NEWEST = uuid.UUID(int=2**128 - 1)
_MOST_AT_ONCE = 1000


class WaitlistMethods:
    """A part of WaitlistServicer, which gives it the database, the hotel's prices and the times."""

    _database: Database
    _prices: HotelPrices
    _hold_seconds: int
    _stale_seconds: int

    async def JoinWaitlist(
        self, request: waitlist_pb2.JoinWaitlistRequest, context: Context
    ) -> waitlist_pb2.WaitlistEntry:
        caller = require_account()
        check_key(request.idempotency_key)
        rules.check_guest(request.guest)
        check_in = messages.parse_date(request.check_in, "checkIn")
        check_out = messages.parse_date(request.check_out, "checkOut")
        stay = await self._price(request)
        policies.check_may_book(caller, uuid.UUID(stay.owner_id))
        room_type_id = uuid.UUID(stay.rooms[0].request.room_type_id)
        rooms = rules.rooms_per_type(stay)
        await holds.expire_in_the_way(self._database, rooms, check_in, check_out)
        key = {"principal": str(caller.account_id), "operation": "JoinWaitlist", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=waitlist_pb2.WaitlistEntry)
            if earlier is not None:
                return earlier
            await waitlist_queries.join_alone(connection, caller.account_id)
            living = await waitlist_queries.own_living(connection, caller.account_id)
            known = next((one for one in living if waitlist.same_stay(one, request, room_type_id)), None)
            if known is None:
                kinds = await inventory_queries.room_types(
                    connection, [room_type_id], stale_seconds=self._stale_seconds
                )
                if not kinds or kinds[0]["closed"]:
                    raise NotFound("There is no such room type.", path=("room", "roomTypeId"))
                if not await inventory_queries.refused_nights(
                    connection, rooms, check_in, check_out, stale_seconds=self._stale_seconds
                ):
                    raise IllegalState(
                        "These nights are free: book them.", path=("checkIn",), details={"state": "FREE"}
                    )
                if len(living) >= waitlist.MOST_WAITING:
                    raise InvalidInput(f"You can wait for at most {waitlist.MOST_WAITING} stays at a time.")
                entry_id = new_id()
                await waitlist_queries.insert_entry(
                    connection,
                    id=entry_id,
                    account_id=caller.account_id,
                    hotel_id=uuid.UUID(stay.hotel_id),
                    hotel_name=stay.hotel_name,
                    room_type_id=room_type_id,
                    check_in=check_in,
                    check_out=check_out,
                    time_zone=stay.time_zone,
                    room_request=request.room.SerializeToString(),
                    guest_name=request.guest.name.strip(),
                    guest_email=request.guest.email,
                    guest_phone=request.guest.phone,
                    guest_locale=request.guest.locale,
                )
                known = await waitlist_queries.load_entry(connection, entry_id)
            answer = entry_message(known)
            await keys.store(connection, **key, answer=answer)
        return answer

    async def _price(self, request: waitlist_pb2.JoinWaitlistRequest) -> rate_pb2.PriceStayResponse:
        """Refusals name the only room as this request does."""
        try:
            return await self._prices.price_stay(
                rate_pb2.PriceStayRequest(
                    hotel_id=request.hotel_id,
                    check_in=request.check_in,
                    check_out=request.check_out,
                    rooms=[request.room],
                )
            )
        except ServiceError as refusal:
            if refusal.path[:2] == ("rooms", "0"):
                refusal.path = ("room", *refusal.path[2:])
            raise

    async def LeaveWaitlist(
        self, request: waitlist_pb2.LeaveWaitlistRequest, context: Context
    ) -> waitlist_pb2.WaitlistEntry:
        caller = require_account()
        entry_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            await waitlist_queries.lock_entry(connection, entry_id)
            entry = await waitlist_queries.load_entry(connection, entry_id)
            if entry is None or entry["account_id"] != caller.account_id:
                raise NotFound("There is no such entry.", path=("id",))
            match entry["stands"]:
                case "WAITING":
                    await waitlist_queries.leave(connection, entry_id)
                    entry = await waitlist_queries.load_entry(connection, entry_id)
                case "OFFERED":
                    raise IllegalState(
                        "A room is held for you: take it, or cancel its booking.",
                        path=("id",),
                        details={"state": "OFFERED", "allowed": "BOOKED, LEFT"},
                    )
                case "BOOKED":
                    raise IllegalState("This room is booked.", path=("id",), details={"state": "BOOKED"})
        return entry_message(entry)

    async def ListWaitlist(
        self, request: waitlist_pb2.ListWaitlistRequest, context: Context
    ) -> waitlist_pb2.ListWaitlistResponse:
        caller = require_account()
        limit = page_size(request.first)
        before = _NEWEST
        if request.after:
            before = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            rows = await waitlist_queries.own_page(connection, caller.account_id, before, limit + 1)
        shown = rows[:limit]
        return waitlist_pb2.ListWaitlistResponse(
            entries=[entry_message(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )

    async def AcceptOffer(self, request: waitlist_pb2.AcceptOfferRequest, context: Context) -> booking_pb2.Booking:
        caller = require_account()
        check_key(request.idempotency_key)
        key = {"principal": str(caller.account_id), "operation": "AcceptOffer", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            seen = await visible_booking(connection, request.booking_id)
            row = await queries.lock_booking(connection, seen["id"])
            if row is None or row["guest_account_id"] != caller.account_id:
                raise NotFound("There is no such booking.", path=("bookingId",))
            _check_acceptable(row)
            confirmed = await queries.move_booking(connection, row, rules.State.CONFIRMED)
            if confirmed is None:
                raise RuntimeError("a locked booking was moved by somebody else")
            await queries.write_timeline(
                connection,
                confirmed,
                kind="BookingConfirmed",
                actor=caller.role,
                summary="The offer was taken; paid at the hotel.",
            )
            await events.publish_confirmed(connection, confirmed)
            await waitlist_queries.offer_taken(connection, row["id"])
            booking = await booking_as_message(connection, confirmed)
            await keys.store(connection, **key, answer=booking)
            await inventory_queries.shift_nights(
                connection,
                rules.rooms_per_type(messages.priced_stay(row)),
                row["check_in"],
                row["check_out"],
                Shift.HELD_TO_SOLD,
            )
        return booking

    async def TendWaitlists(
        self, request: waitlist_pb2.TendWaitlistsRequest, context: Context
    ) -> waitlist_pb2.TendWaitlistsResponse:
        require_role(Role.SYSTEM)
        if not 1 <= request.limit <= _MOST_AT_ONCE:
            raise InvalidInput(f"Ask for 1 to {_MOST_AT_ONCE} at a time.", path=("limit",))
        released = await blocks.release_due(self._database, request.limit)
        await holds.expire_overdue(self._database, request.limit)
        async with self._database.transaction() as connection:
            await waitlist_queries.settle(connection)
        offered = await waitlist.offer_free_rooms(
            self._database,
            self._prices,
            limit=request.limit,
            hold_seconds=self._hold_seconds,
            stale_seconds=self._stale_seconds,
        )
        return waitlist_pb2.TendWaitlistsResponse(offered=offered, released_blocks=released)


def _check_acceptable(row: Record) -> None:
    state = rules.State.EXPIRED if row["overdue"] else rules.State(row["state"])
    if row["source"] != "WAITLIST" or state is not rules.State.HELD:
        raise IllegalState(
            f"There is no offer in a booking that is {state}.",
            path=("bookingId",),
            details={"state": state, "allowed": ""},
        )
    if rules.first_state(messages.priced_stay(row)) is not rules.State.CONFIRMED:
        raise IllegalState(
            "This room is paid in advance: pay to take it.",
            path=("bookingId",),
            details={"state": state, "allowed": rules.State.PAYMENT_PENDING},
        )


def entry_message(row: Record | None) -> waitlist_pb2.WaitlistEntry:
    if row is None:
        raise LookupError("an entry that was just read is gone")
    message = waitlist_pb2.WaitlistEntry(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        hotel_name=row["hotel_name"],
        check_in=row["check_in"].isoformat(),
        check_out=row["check_out"].isoformat(),
        room=rate_pb2.RoomRequest.FromString(row["room_request"]),
        state=waitlist_pb2.WaitlistState.Value(f"WAITLIST_STATE_{row['stands']}"),
        place=row["place"],
        booking_id=str(row["booking_id"] or ""),
        created_at=to_timestamp(row["created_at"]),
    )
    if row["offered_until"] is not None:
        message.offered_until.CopyFrom(to_timestamp(row["offered_until"]))
    return message
