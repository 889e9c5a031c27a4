"""Quotes for changing a booking: its own nights count as free, and a guest in the house is asked the price of the
nights that are added only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import chosen_extras, folio, folio_queries, messages, move_rules
from grpc_services.booking.gateway import HotelPrices
from grpc_services.booking.moving import MovingMethods, runs_house
from grpc_services.booking.reading import visible_booking
from grpc_services.booking.rules import State
from runtime.database import Record
from runtime.errors import InvalidInput, NotFound, ServiceError
from runtime.identity import require_account


class ChangeQuoteMethods(MovingMethods):
    _prices: HotelPrices

    async def _price_change(
        self, request: booking_pb2.CreateQuoteRequest, check_in: dt.date, check_out: dt.date
    ) -> rate_pb2.PriceStayResponse:
        """The stay that a booking would become. Raises RoomUnavailable for nights that it cannot have."""
        caller = require_account()
        async with self._database.reading() as connection:
            row = await visible_booking(connection, request.booking_id)
            if str(row["hotel_id"]) != request.hotel_id or not (
                runs_house(caller, row) or row["guest_account_id"] == caller.account_id
            ):
                raise NotFound("There is no such booking.", path=("bookingId",))
            rooms = await folio_queries.load_rooms(connection, row["id"])
        in_house = row["state"] == State.CHECKED_IN
        today = move_rules.today_at_hotel(row, self._now())
        if in_house and check_in == row["check_in"] and check_in < today:
            stay = await self._price_longer(request, row, rooms, check_out)
        else:
            stay = await self._ask(request, request.check_in)
        kinds = [uuid.UUID(room.request.room_type_id) for room in stay.rooms]
        if in_house:  # an upgraded guest stays where they are
            kinds = [room["room_type_id"] for room in folio.standing(rooms)]
        wanted = [
            {"room_type_id": kind, "first_night": check_in, "end_night": check_out, "cancelled": False}
            for kind in kinds
        ]
        changes = folio.night_changes(rooms, wanted)
        refusal = await self._refused(changes)
        if refusal is not None:  # looked at again in any case: somebody else may have released them just now
            await self._release_overdue(changes)
            refusal = await self._refused(changes)
        if refusal is not None:
            raise refusal
        return stay

    async def _price_longer(
        self, request: booking_pb2.CreateQuoteRequest, row: Record, rooms: list[Record], check_out: dt.date
    ) -> rate_pb2.PriceStayResponse:
        """The stay as it was sold, and the nights that are added at today's prices."""
        if check_out <= row["check_out"]:
            raise InvalidInput("A guest who leaves earlier checks out on that day.", path=("checkOut",))
        sold = messages.priced_stay(row)
        before = [sold.rooms[room["position"]] for room in folio.standing(rooms)]
        if not chosen_extras.same_rooms([room.request for room in before], request.rooms):
            raise InvalidInput("While the guest is in the house the rooms stay as they are.", path=("rooms",))
        stay = await self._price_added_nights(request, before, row["check_out"].isoformat())
        for known, added in zip(before, stay.rooms, strict=True):
            added.CopyFrom(chosen_extras.added_nights(known, added))
        stay.total.minor_units = sum(room.total.minor_units for room in stay.rooms)
        return stay

    async def _price_added_nights(
        self, request: booking_pb2.CreateQuoteRequest, before: Sequence[rate_pb2.PricedRoom], first_night: str
    ) -> rate_pb2.PriceStayResponse:
        """Refusals name extras by their places in the request."""
        wanted = booking_pb2.CreateQuoteRequest()
        wanted.CopyFrom(request)
        places = []
        for known, asked, room in zip(before, request.rooms, wanted.rooms, strict=True):
            charged = chosen_extras.to_be_charged(known, asked)
            del room.extras[:]
            room.extras.extend(asked.extras[number] for number in charged)
            places.append(charged)
        try:
            return await self._ask(wanted, first_night)
        except ServiceError as refusal:
            match refusal.path:
                case ("rooms", room_number, "extras", number, *field):
                    place = places[int(room_number)][int(number)]
                    refusal.path = ("rooms", room_number, "extras", str(place), *field)
            raise

    async def _ask(self, request: booking_pb2.CreateQuoteRequest, check_in: str) -> rate_pb2.PriceStayResponse:
        return await self._prices.price_stay(
            rate_pb2.PriceStayRequest(
                hotel_id=request.hotel_id, check_in=check_in, check_out=request.check_out, rooms=request.rooms
            )
        )
