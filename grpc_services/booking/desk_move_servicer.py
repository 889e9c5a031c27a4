"""The moves at the front desk: check-in, check-out, no-show and back, and the bill."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from grpc_services.booking import (
    basket_queries,
    door_queries,
    doors,
    events,
    folio,
    folio_queries,
    move_queries,
    move_rules,
    out_of_order_queries,
    payees,
    refunds,
    rules,
)
from grpc_services.booking.errors import PaymentDue
from grpc_services.booking.moving import Move, MovingMethods
from grpc_services.booking.rules import State
from runtime.database import Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class DeskMoveMethods(MovingMethods):
    async def CheckIn(self, request: front_desk_pb2.CheckInRequest, context: Context) -> booking_pb2.Booking:
        choices = _choices(request.doors)

        async def check_in(move: Move) -> Record:
            row, connection = move.row, move.connection
            rules.check_move(move.state, State.CHECKED_IN)
            today = move_rules.today_at_hotel(row, self._now())
            if today < row["check_in"]:
                raise move_rules.refuse(row, "This stay begins later; change its dates to check in earlier.")
            if today >= row["check_out"]:
                raise move_rules.refuse(row, "This stay is over.")
            rooms = await _with_upgrades(move, choices)
            saved = await move_queries.save_booking(connection, row, State.CHECKED_IN)
            await move_queries.save_rooms(connection, row["id"], rooms)
            await move.tell(saved, "BookingCheckedIn", "The guest has arrived.")
            await events.publish_checked_in(connection, saved, [*move.rooms, *rooms])
            await move.swap_nights(rooms)
            await _give_doors(move, rooms, choices, today)
            return saved

        return await self._move("CheckIn", request, check_in, at_desk=True)

    async def CheckOut(self, request: front_desk_pb2.CheckOutRequest, context: Context) -> booking_pb2.Booking:
        async def check_out(move: Move) -> Record:
            row, connection = move.row, move.connection
            rules.check_move(move.state, State.COMPLETED)
            due = folio.due(row, sent_back=await refunds.records.sent_back(connection, row["id"]))
            if due:
                raise PaymentDue(due, row["currency"])
            today = move_rules.today_at_hotel(row, self._now())
            rooms = _until(move.rooms, today)
            early = today < row["check_out"]
            saved = await move_queries.save_booking(connection, row, State.COMPLETED)
            await move_queries.save_rooms(connection, row["id"], rooms)
            await move.tell(saved, "BookingCheckedOut", "The guest has left early." if early else "The guest has left.")
            await events.publish_checked_out(connection, saved, rooms)
            await move.swap_nights(rooms)
            await doors.free(connection, row, from_night=today)
            return saved

        return await self._move("CheckOut", request, check_out, at_desk=True)

    async def MarkNoShow(self, request: front_desk_pb2.MarkNoShowRequest, context: Context) -> booking_pb2.Booking:
        async def mark(move: Move) -> Record:
            row, connection = move.row, move.connection
            rules.check_move(move.state, State.NO_SHOW)
            today = move_rules.today_at_hotel(row, self._now())
            if today <= row["check_in"]:
                raise move_rules.refuse(row, "The day of arrival is not over at the hotel.")
            standing = folio.standing(move.rooms)
            penalty = move_rules.policy_stages(row, standing)[-1].penalty
            in_all = row["penalty_minor_units"] + penalty
            back = payees.going_back(
                row,
                await refunds.records.kept_by_payee(connection, row["id"]),
                owed=in_all + row["visits_minor_units"] + row["charges_minor_units"],
                salons=payees.of_salons(await basket_queries.load_visits(connection, row["id"])),
            )
            rooms = _until(move.rooms, today)
            saved = await move_queries.save_booking(connection, row, State.NO_SHOW, penalty_minor_units=in_all)
            await move_queries.save_rooms(connection, row["id"], rooms)
            if back:
                await refunds.owe(connection, row["id"], back, refunds.NO_SHOW)
            await move.tell(saved, "BookingMarkedNoShow", "The guest never came.")
            await events.publish_marked_no_show(connection, saved, rooms, penalty)
            await move.swap_nights(rooms)
            await doors.free(connection, row, from_night=today)
            return saved

        return await self._move("MarkNoShow", request, mark, at_desk=True)

    async def ReinstateBooking(
        self, request: front_desk_pb2.ReinstateBookingRequest, context: Context
    ) -> booking_pb2.Booking:
        async def reinstate(move: Move) -> Record:
            row, connection = move.row, move.connection
            if move.state is not State.NO_SHOW:
                raise move_rules.refuse(row, "Only a booking that was marked a no-show can be taken back.")
            today = move_rules.today_at_hotel(row, self._now())
            if today >= row["check_out"]:
                raise move_rules.refuse(row, "This stay is over.")
            rooms = [
                room
                if room["cancelled"]
                else move_queries.changed(
                    room,
                    # Nights between that nobody kept are not taken back: the range begins anew.
                    first_night=room["first_night"] if room["end_night"] >= today else today,
                    end_night=row["check_out"],
                )
                for room in move.rooms
            ]
            standing = sum(room["total_minor_units"] for room in folio.standing(rooms))
            saved = await move_queries.save_booking(
                connection, row, State.CONFIRMED, penalty_minor_units=row["total_minor_units"] - standing
            )
            await move_queries.save_rooms(connection, row["id"], rooms)
            await move.tell(saved, "BookingReinstated", "The guest came after all.")
            await events.publish_reinstated(connection, saved, rooms)
            await move.swap_nights(rooms)
            began = [room["first_night"] for room in move.rooms]
            if began != [room["first_night"] for room in rooms]:
                await doors.free(connection, row)
            return saved

        return await self._move("ReinstateBooking", request, reinstate, at_desk=True)


def _choices(wanted: Sequence[front_desk_pb2.DoorChoice]) -> dict[int, uuid.UUID]:
    if len(wanted) > move_rules.MOST_POSITIONS:
        raise InvalidInput(f"Name at most {move_rules.MOST_POSITIONS} rooms.", path=("doors",))
    choices: dict[int, uuid.UUID] = {}
    for number, choice in enumerate(wanted):
        path = ("doors", str(number))
        if choice.position in choices:
            raise InvalidInput("Name each room once.", path=(*path, "position"))
        choices[choice.position] = parse_id(choice.room_id, path=(*path, "roomId"))
    return choices


async def _with_upgrades(move: Move, choices: dict[int, uuid.UUID]) -> list[Record]:
    """The rooms as they are with the chosen doors, whose types may be others."""
    standing = {room["position"] for room in folio.standing(move.rooms)}
    rooms: list[Record] = []
    for number, position in enumerate(choices):
        if position not in standing:
            raise InvalidInput("This is not a room that stands.", path=("doors", str(number), "position"))
    for room in move.rooms:
        if room["position"] in choices:
            door = await out_of_order_queries.load_room(move.connection, choices[room["position"]])
            if door is None or door["archived"] or door["hotel_id"] != move.row["hotel_id"]:
                raise NotFound("There is no such room.", path=("doors", "roomId"))
            rooms.append(move_queries.changed(room, room_type_id=door["room_type_id"]))
        else:
            rooms.append(move_queries.changed(room))
    return rooms


async def _give_doors(move: Move, rooms: Sequence[Record], choices: dict[int, uuid.UUID], today: dt.date) -> None:
    """The chosen doors, those that were assigned before, or the first free one of the type. A house that has
    numbered no rooms of a type gives no doors for it."""
    connection, row = move.connection, move.row
    await door_queries.lock_doors(connection, row["hotel_id"])
    for position in choices:  # first all go, so that guests of one booking may swap
        await door_queries.free_doors(connection, row["id"], position, today)
    folios = await folio_queries.load_folios(connection, [row["id"]])
    assigned = folios[row["id"]].doors
    waiting = sorted(folio.standing(rooms), key=lambda room: room["position"] not in choices)
    for room in waiting:
        position = room["position"]
        from_night = max(room["first_night"], today)
        if position not in choices:
            from_night = _first_without_door(room, assigned, from_night)
        if from_night >= room["end_night"]:
            continue
        room_id = choices.get(position)
        if room_id is None:
            room_id, numbered = await move_queries.find_free_door(connection, row["hotel_id"], room, from_night)
            if not numbered:
                continue
        if room_id is None:
            raise IllegalState(
                "No room of this type is free for all nights; choose one.",
                path=("doors",),
                details={"state": row["state"], "allowed": ", ".join(sorted(rules.MOVES[move.state]))},
            )
        await doors.assign(connection, row, room, room_id, from_night)


def _first_without_door(room: Record, assigned: Sequence[Record], from_night: dt.date) -> dt.date:
    for door in assigned:  # by first night
        if door["position"] == room["position"] and door["first_night"] <= from_night < door["end_night"]:
            from_night = door["end_night"]
    return from_night


def _until(rooms: Sequence[Record], today: dt.date) -> list[Record]:
    return [
        room if room["cancelled"] else move_queries.changed(room, end_night=move_rules.left_on(room, today))
        for room in rooms
    ]
