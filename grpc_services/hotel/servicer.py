"""The use cases of the hotel service, one method each."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from grpc_services.hotel import messages, pricing, queries, rules
from runtime.clock import utc_now
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, Role, current_caller, require_role

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200
_STREAM_BATCH = 200


class HotelServicer(hotel_pb2_grpc.HotelServiceServicer):
    def __init__(self, database: Database, *, now: Callable[[], dt.datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def GetHotels(self, request: hotel_pb2.GetHotelsRequest, context: Context) -> hotel_pb2.GetHotelsResponse:
        if len(request.ids) > MOST_IDS:
            raise InvalidInput(f"Ask for at most {MOST_IDS} hotels at a time.", path=("ids",))
        ids = [parse_id(value, path=("id",)) for value in request.ids]
        async with self._database.reading() as connection:
            houses = await queries.load_houses(connection, ids, reader_id=current_caller().account_id)
        return hotel_pb2.GetHotelsResponse(hotels=[messages.hotel_message(house) for house in houses.values()])

    async def ListOwnHotels(
        self, request: hotel_pb2.ListOwnHotelsRequest, context: Context
    ) -> hotel_pb2.ListOwnHotelsResponse:
        caller = require_role(Role.HOTELIER)
        limit = page_size(request.first)
        after = None
        if request.after:
            name, identifier = decode_cursor(request.after, (str, str))
            after = (str(name), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            page = await queries.own_page(connection, caller.account_id, after=after, limit=limit + 1)
            shown = page[:limit]
            houses = await queries.load_houses(connection, [row["id"] for row in shown], reader_id=caller.account_id)
        return hotel_pb2.ListOwnHotelsResponse(
            hotels=[messages.hotel_message(houses[row["id"]]) for row in shown],
            cursors=[encode_cursor(row["name"], str(row["id"])) for row in shown],
            has_next_page=len(page) > limit,
        )

    async def PriceStay(self, request: hotel_pb2.PriceStayRequest, context: Context) -> hotel_pb2.PriceStayResponse:
        stay = rules.parse_stay(request.check_in, request.check_out)
        rules.check_number_of_rooms(len(request.rooms))
        house = await self._house(request.hotel_id)
        rules.check_bookable_dates(stay, house.hotel["time_zone"], self._now())
        rooms = [
            pricing.price_room(house, room, stay, path=("rooms", str(number)))
            for number, room in enumerate(request.rooms)
        ]
        return pricing.priced_stay(house, rooms)

    async def PriceOffers(
        self, request: hotel_pb2.PriceOffersRequest, context: Context
    ) -> hotel_pb2.PriceOffersResponse:
        stay = rules.parse_stay(request.check_in, request.check_out)
        rules.check_number_of_rooms(len(request.rooms))
        parties = [rules.Guests(room.adults, tuple(room.children_ages)) for room in request.rooms]
        for number, guests in enumerate(parties):
            rules.check_guests(guests, ("rooms", str(number)))
        house = await self._house(request.hotel_id)
        rules.check_bookable_dates(stay, house.hotel["time_zone"], self._now())
        return hotel_pb2.PriceOffersResponse(offers=pricing.price_offers(house, parties, stay))

    async def StreamCatalogue(
        self, request: hotel_pb2.StreamCatalogueRequest, context: Context
    ) -> AsyncIterator[hotel_pb2.CatalogueEntry]:
        first_night = rules.parse_catalogue_window(request.first_night, request.nights)
        wanted = [parse_id(value, path=("hotelIds",)) for value in request.hotel_ids]
        async with self._database.reading() as connection:
            batch = wanted or await queries.published_after(connection, NOBODY, _STREAM_BATCH)
            while batch:
                houses = await queries.load_houses(connection, batch, reader_id=NOBODY, with_price_rules=True)
                for house in houses.values():
                    yield pricing.catalogue_entry(house, first_night, request.nights)
                batch = [] if wanted else await queries.published_after(connection, batch[-1], _STREAM_BATCH)

    async def _house(self, hotel_id: str) -> queries.House:
        identifier = parse_id(hotel_id, path=("hotelId",))
        async with self._database.reading() as connection:
            houses = await queries.load_houses(
                connection, [identifier], reader_id=current_caller().account_id, with_price_rules=True
            )
        if identifier not in houses:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return houses[identifier]
