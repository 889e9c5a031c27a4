"""The use case of the hotelier's figures: occupancy, rates, pick-up, cancellations and lead time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from contracts.booking.v1 import figures_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import figures, figures_queries, inventory_change_queries, inventory_rules, messages
from grpc_services.booking.gateway import HotelPrices
from grpc_services.booking.reading import own_house, require_hotelier
from runtime.database import Database, Record
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]
_PICK_UP_DAYS = 7


class FiguresMethods:
    """A part of FiguresServicer, which gives it the database."""

    _database: Database
    _prices: HotelPrices
    _now: Callable[[], dt.datetime]

    async def GetFigures(self, request: figures_pb2.GetFiguresRequest, context: Context) -> figures_pb2.Figures:
        """Bookings in another currency than the house's count as nights, not as revenue."""
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        first_night = inventory_rules.parse_date(request.first_night, ("from",))
        end_night = inventory_rules.parse_date(request.end_night, ("to",))
        if not 1 <= (end_night - first_night).days <= figures.LONGEST:
            raise InvalidInput(f"Ask for 1 to {figures.LONGEST} nights.", path=("to",))
        if request.period not in figures_pb2.FigurePeriod.values() or not request.period:
            raise InvalidInput("There is no such period.", path=("period",))
        since = self._now() - dt.timedelta(days=_PICK_UP_DAYS)
        if request.pick_up_since:
            since = _moment(request.pick_up_since)
        async with self._database.reading() as connection:
            if not await own_house(connection, caller, hotel_id):
                raise NotFound("There is no such hotel.", path=("hotelId",))
        currency = (await self._prices.house(str(hotel_id))).currency
        async with self._database.snapshot() as connection:
            kinds = await own_house(connection, caller, hotel_id)
            ids = [kind["room_type_id"] for kind in kinds]
            ledger = figures.Ledger(
                figures.periods(first_night, end_night, request.period), ids if request.by_room_type else [None]
            )
            known = await inventory_change_queries.nights_of(connection, ids, first_night, end_night)
            for kind in kinds:
                nights = known[kind["room_type_id"]]
                every = inventory_rules.every_night(nights, first_night, end_night, kind["capacity"])
                for night, rooms in figures.available(every, for_sale=not kind["closed"]).items():
                    ledger.add_available(kind["room_type_id"], night, rooms)
            async for row, rows in figures_queries.bookings_of_nights(
                connection, hotel_id, first_night, end_night, since
            ):
                ledger.add_booking(_counted(row, rows, currency))
        return figures.as_message(ledger, currency)


def _counted(row: Record, rooms: Sequence[Record], currency: str) -> figures.CountedBooking:
    priced: Sequence[rate_pb2.PricedRoom] = ()
    if row["state"] in figures.SOLD_STATES and row["currency"] == currency:
        priced = messages.priced_stay(row).rooms
    return figures.CountedBooking(
        state=row["state"],
        check_in=row["check_in"],
        lead_days=row["lead_days"],
        picked_up=row["picked_up"],
        rooms=[_counted_room(room, priced) for room in rooms],
    )


def _counted_room(room: Record, priced: Sequence[rate_pb2.PricedRoom]) -> figures.CountedRoom:
    kind: uuid.UUID = room["room_type_id"]
    if room["cancelled"]:
        return figures.CountedRoom(kind, {})
    of_room = priced[room["position"]] if room["position"] < len(priced) else rate_pb2.PricedRoom()
    nights = figures.nights_within(figures.revenue_by_night(of_room), room["first_night"], room["end_night"])
    return figures.CountedRoom(kind, nights, figures.extras_by_night(of_room))


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInput("This is not a moment with its time zone (RFC 3339).", path=("pickUpSince",))
