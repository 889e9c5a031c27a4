"""The use cases of the front desk: its lists, finding bookings, and giving doors to guests."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from grpc_services.booking import answers, desk_queries, desk_rules, door_queries, doors, messages, policies, queries
from grpc_services.booking.reading import cursor_moment, keys, own_house, require_hotelier
from grpc_services.booking.rules import State
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.idempotency import check_key
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
_HAS_DOORS = (State.CONFIRMED, State.CHECKED_IN)
_MOST_POSITIONS = 2**15


class DeskMethods:
    """A part of FrontDeskServicer, which gives it the database."""

    _database: Database

    async def ListDeskBookings(
        self, request: front_desk_pb2.ListDeskBookingsRequest, context: Context
    ) -> booking_pb2.ListBookingsResponse:
        caller = require_role(Role.HOTELIER, Role.ADMIN, Role.SYSTEM)
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        day = messages.parse_date(request.day, "day")
        if request.list not in front_desk_pb2.DeskList.values() or not request.list:
            raise InvalidInput("Ask for arrivals, departures or guests in house.", path=("list",))
        list_name = front_desk_pb2.DeskList.Name(request.list).removeprefix("DESK_LIST_")
        limit = page_size(request.first)
        after = None
        if request.after:
            name, identifier = decode_cursor(request.after, (str, str))
            after = (str(name), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            if not policies.sees_every_booking(caller):
                await own_house(connection, caller, hotel_id)
            rows = await desk_queries.desk_page(connection, list_name, hotel_id, day, after=after, limit=limit + 1)
            shown = await answers.bookings_as_messages(connection, rows[:limit])
        return booking_pb2.ListBookingsResponse(
            bookings=shown,
            cursors=[encode_cursor(row["sort_name"], str(row["id"])) for row in rows[:limit]],
            has_next_page=len(rows) > limit,
        )

    async def SearchBookings(
        self, request: front_desk_pb2.SearchBookingsRequest, context: Context
    ) -> booking_pb2.ListBookingsResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        pattern = desk_rules.search_pattern(request.text)
        days = desk_rules.search_days(request.from_day, request.to_day)
        limit = page_size(request.first)
        after = None
        if request.after:
            at, identifier = decode_cursor(request.after, (str, str))
            after = (cursor_moment(str(at)), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            rows = await desk_queries.search_page(
                connection,
                hotel_id,
                pattern=pattern,
                days=days,
                states=[messages.state_name(state) for state in request.states],
                after=after,
                limit=limit + 1,
            )
            shown = await answers.bookings_as_messages(connection, rows[:limit])
        return booking_pb2.ListBookingsResponse(
            bookings=shown,
            cursors=[encode_cursor(row["created_at"].isoformat(), str(row["id"])) for row in rows[:limit]],
            has_next_page=len(rows) > limit,
        )

    async def AssignRoom(self, request: front_desk_pb2.AssignRoomRequest, context: Context) -> booking_pb2.Booking:
        caller = require_hotelier()
        check_key(request.idempotency_key)
        booking_id = parse_id(request.booking_id, path=("bookingId",))
        room_id = parse_id(request.room_id, path=("roomId",))
        from_night = messages.parse_date(request.from_night, "fromNight") if request.from_night else None
        key = {"principal": str(caller.account_id), "operation": "AssignRoom", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            booking = await lock_own_booking(connection, caller, booking_id)
            _check_may_have_doors(booking)
            room = await _booked_room(connection, booking, request.position)
            given = await doors.assign(connection, booking, room, room_id, from_night)
            await queries.write_timeline(
                connection,
                booking,
                kind="RoomMoved" if given.moved else "RoomAssigned",
                actor=caller.role,
                summary=f"Room {given.number} from {given.first_night.isoformat()} on.",
                changed_state=False,
            )
            answer = await answers.booking_as_message(connection, booking)
            await keys.store(connection, **key, answer=answer)
        return answer

    async def UnassignRoom(self, request: front_desk_pb2.UnassignRoomRequest, context: Context) -> booking_pb2.Booking:
        """Of a room that has no door this changes nothing."""
        caller = require_hotelier()
        check_key(request.idempotency_key)
        booking_id = parse_id(request.booking_id, path=("bookingId",))
        key = {"principal": str(caller.account_id), "operation": "UnassignRoom", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
            if earlier is not None:
                return earlier
            booking = await lock_own_booking(connection, caller, booking_id)
            _check_may_have_doors(booking)
            room = await _booked_room(connection, booking, request.position)
            if await doors.free(connection, booking, position=room["position"]):
                await queries.write_timeline(
                    connection,
                    booking,
                    kind="RoomUnassigned",
                    actor=caller.role,
                    summary="The room is to be chosen again.",
                    changed_state=False,
                )
            answer = await answers.booking_as_message(connection, booking)
            await keys.store(connection, **key, answer=answer)
        return answer


async def lock_own_booking(connection: Connection, caller: Caller, booking_id: uuid.UUID) -> Record:
    """A booking of a house that the caller runs, locked; to everybody else it does not exist."""
    return _own(caller, await queries.lock_booking(connection, booking_id))


async def own_booking(connection: Connection, caller: Caller, booking_id: uuid.UUID) -> Record:
    rows = await queries.visible_bookings(connection, [booking_id], account_id=caller.account_id, sees_all=True)
    return _own(caller, rows[0] if rows else None)


def _own(caller: Caller, booking: Record | None) -> Record:
    if booking is None or not policies.runs_house_of(caller, booking):
        raise NotFound("There is no such booking.", path=("bookingId",))
    return booking


def _check_may_have_doors(booking: Record) -> None:
    if booking["state"] not in _HAS_DOORS:
        raise IllegalState(
            f"A booking that is {booking['state']} has no doors to choose.",
            path=("bookingId",),
            details={"state": booking["state"], "allowed": ", ".join(_HAS_DOORS)},
        )


async def _booked_room(connection: Connection, booking: Record, position: int) -> Record:
    room = None
    if 0 <= position < _MOST_POSITIONS:
        room = await door_queries.load_booked_room(connection, booking["id"], position)
    if room is None:
        raise NotFound("The booking has no such room.", path=("position",))
    return room
