"""Changing a booking to the stay of another quote."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import (
    basket_queries,
    cancellation,
    door_queries,
    doors,
    events,
    folio,
    folio_queries,
    messages,
    move_queries,
    move_rules,
    payees,
    queries,
    refunds,
    rules,
)
from grpc_services.booking.errors import QuoteExpired
from grpc_services.booking.moving import Move, MovingMethods, runs_house
from grpc_services.booking.reading import visible_booking
from grpc_services.booking.rules import State
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]
_MAY_CHANGE = (State.HELD, State.CONFIRMED, State.CHECKED_IN)


@dataclass(frozen=True, slots=True)
class Change:
    """What a booking becomes with a quote."""

    stay: rate_pb2.PriceStayResponse
    rooms: Sequence[Record]
    costs: move_rules.Modifying


class ModifyMethods(MovingMethods):
    async def PreviewModification(
        self, request: booking_pb2.PreviewModificationRequest, context: Context
    ) -> booking_pb2.ModificationPreview:
        caller = require_account()
        async with self._database.snapshot() as connection:
            row = await visible_booking(connection, request.booking_id)
            if not runs_house(caller, row) and row["guest_account_id"] != caller.account_id:
                raise NotFound("There is no such booking.", path=("bookingId",))
            rooms = await folio_queries.load_rooms(connection, row["id"])
            quote = await _quote_for(connection, row, request.quote_id)
            costs = (await self._change(connection, row, rooms, quote, by_hotel=runs_house(caller, row))).costs

        def money(minor_units: int) -> money_pb2.Money:
            return money_pb2.Money(minor_units=minor_units, currency=row["currency"])

        return booking_pb2.ModificationPreview(
            booking_id=str(row["id"]),
            old_total=money(folio.total(row)),
            new_total=money(costs.new_total + row["visits_minor_units"]),
            due=money(costs.due),
            refund=money(costs.refund),
        )

    async def ModifyBooking(self, request: booking_pb2.ModifyBookingRequest, context: Context) -> booking_pb2.Booking:
        async def modify(move: Move) -> Record:
            row, connection = move.row, move.connection
            quote = await _quote_for(connection, row, request.quote_id)
            change = await self._change(connection, row, move.rooms, quote, by_hotel=move.by_hotel)
            move_rules.check_refund(row, request.expected_refund, change.costs.refund)
            saved = await move_queries.save_booking(
                connection,
                row,
                move.state,
                quote_id=quote["id"],
                check_in=quote["check_in"],
                check_out=quote["check_out"],
                priced_stay=change.stay.SerializeToString(),
                total_minor_units=change.costs.new_total,
                penalty_minor_units=change.costs.penalty_in_all,
            )
            await move_queries.save_rooms(connection, row["id"], change.rooms)
            if change.costs.refund:
                await refunds.owe(connection, row["id"], change.costs.back, refunds.MODIFIED)
            await move.tell(saved, "BookingModified", "The stay was changed.")
            await events.publish_modified(
                connection,
                saved,
                row,
                [*move.rooms, *change.rooms],
                refund=change.costs.refund,
                due=change.costs.due,
            )
            await move.swap_nights(change.rooms)
            await _fit_doors(move, change.rooms)
            return saved

        return await self._move("ModifyBooking", request, modify)

    async def _change(
        self, connection: Connection, row: Record, rooms: Sequence[Record], quote: Record, *, by_hotel: bool
    ) -> Change:
        state = State(row["state"])
        move_rules.refuse_overdue(row)
        if state not in _MAY_CHANGE:
            raise move_rules.refuse(row, f"A booking that is {state} cannot be changed.")
        standing = folio.standing(rooms)
        wanted = messages.priced_stay(quote)
        if state is State.CHECKED_IN:
            today = move_rules.today_at_hotel(row, self._now())
            stay, after = _other_departure(row, rooms, quote, today)
        else:
            if state is State.HELD and rules.first_state(wanted, row["visits_minor_units"]) is not State.HELD:
                raise InvalidInput("A held booking stays one that is paid in advance.", path=("quoteId",))
            stay, after = wanted, _other_rooms(row, standing, quote)
        now = self._now()
        penalty = 0 if by_hotel else cancellation.penalty_at(move_rules.policy_stages(row, standing), now)
        costs = move_rules.modifying(
            row,
            sum(room["total_minor_units"] for room in folio.standing(after)),
            cancelling_costs=penalty,
            kept=await refunds.records.kept_by_payee(connection, row["id"]),
            salons=payees.of_salons(await basket_queries.load_visits(connection, row["id"])),
        )
        return Change(stay, after, costs)


async def _quote_for(connection: Connection, row: Record, quote_id: str) -> Record:
    """A quote for changing this booking that is still good."""
    identifier = parse_id(quote_id, path=("quoteId",))
    quote = (await queries.load_quotes(connection, [identifier])).get(identifier)
    if quote is None or quote["hotel_id"] != row["hotel_id"]:
        raise NotFound("There is no such quote.", path=("quoteId",))
    if quote["booking_id"] != row["id"]:
        raise InvalidInput("This quote is not for changing this booking; ask for one that names it.", path=("quoteId",))
    if quote["expired"]:
        raise QuoteExpired
    if messages.priced_stay(quote).currency != row["currency"]:
        raise InvalidInput("The quote is in another currency.", path=("quoteId",))
    return quote


def _other_rooms(row: Record, standing: Sequence[Record], quote: Record) -> list[Record]:
    """The rooms of a quote; who sleeps in them stays as it was."""
    names = [room["guest_name"] for room in standing]
    return [
        {
            "booking_id": row["id"],
            "position": position,
            "room_type_id": uuid.UUID(room.request.room_type_id),
            "rate_plan_id": uuid.UUID(room.request.rate_plan_id),
            "adults": room.request.adults,
            "children_ages": list(room.request.children_ages),
            "total_minor_units": room.total.minor_units,
            "guest_name": names[position] if position < len(names) else "",
            "cancelled": False,
            "first_night": quote["check_in"],
            "end_night": quote["check_out"],
        }
        for position, room in enumerate(messages.priced_stay(quote).rooms)
    ]


def _other_departure(
    row: Record, rooms: Sequence[Record], quote: Record, today: dt.date
) -> tuple[rate_pb2.PriceStayResponse, list[Record]]:
    """The same rooms, whatever type they are by now, until another day."""
    if quote["check_in"] != row["check_in"]:
        raise InvalidInput("While the guest is in the house only the day of departure can change.", path=("quoteId",))
    if quote["check_out"] <= today:
        raise InvalidInput("Guests who leave today check out.", path=("quoteId",))
    stay = messages.priced_stay(row)
    standing = folio.standing(rooms)
    wanted = messages.priced_stay(quote).rooms
    move_rules.check_same_rooms([stay.rooms[room["position"]] for room in standing], wanted)
    after: list[Record] = []
    priced = dict(zip([room["position"] for room in standing], wanted, strict=True))
    for room in rooms:
        new = priced.get(room["position"])
        if new is None:
            after.append(move_queries.changed(room))
            continue
        stay.rooms[room["position"]].CopyFrom(new)
        after.append(move_queries.changed(room, total_minor_units=new.total.minor_units, end_night=quote["check_out"]))
    stay.total.minor_units = sum(room.total.minor_units for room in stay.rooms)
    return stay, after


async def _fit_doors(move: Move, rooms: Sequence[Record]) -> None:
    """Doors stay where the room and its nights stay; a guest in the house keeps theirs for the nights that are
    added, as far as it is free."""
    before = {room["position"]: room for room in move.rooms}
    known = {room["position"]: room for room in rooms if not room["cancelled"]}
    for position, room in sorted(before.items()):
        new = known.get(position)
        if move.state is State.CHECKED_IN and new is not None:
            await doors.free(move.connection, move.row, position=position, from_night=new["end_night"])
            await _keep_door(move, room, new)
        elif new is None or any(new[name] != room[name] for name in ("room_type_id", "first_night", "end_night")):
            await doors.free(move.connection, move.row, position=position)


async def _keep_door(move: Move, before: Record, after: Record) -> None:
    if after["end_night"] <= before["end_night"]:
        return
    folios = await folio_queries.load_folios(move.connection, [move.row["id"]])
    for door in folios[move.row["id"]].doors:
        if door["position"] == before["position"] and door["end_night"] == before["end_night"]:
            await door_queries.take_door(
                move.connection,
                room_id=door["room_id"],
                hotel_id=move.row["hotel_id"],
                booking_id=move.row["id"],
                position=before["position"],
                first_night=before["end_night"],
                end_night=after["end_night"],
            )
