"""The use cases of a stay: its price, its offers, what forbids it, and the catalogue that search starts from."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel import exchange_rate_queries, policies, pricing, queries, rate_queries, rules
from grpc_services.hotel.rate_grid import RateGrid, rate_grid
from runtime.database import Connection, Database
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, current_caller

Context = grpc.aio.ServicerContext[Any, Any]
_STREAM_BATCH = 200


class StayMethods:
    """A part of RateServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def PriceStay(self, request: rate_pb2.PriceStayRequest, context: Context) -> rate_pb2.PriceStayResponse:
        stay = rules.parse_stay(request.check_in, request.check_out)
        rules.check_number_of_rooms(len(request.rooms))
        pricing_of_stay = await self._pricing(request.hotel_id, stay)
        rooms = [pricing_of_stay.room(room, path=("rooms", str(number))) for number, room in enumerate(request.rooms)]
        priced = pricing_of_stay.whole(rooms)
        async with self._database.reading() as connection:
            priced.exchange_rates_day = await exchange_rate_queries.newest_day(connection)
        return priced

    async def PriceOffers(self, request: rate_pb2.PriceOffersRequest, context: Context) -> rate_pb2.PriceOffersResponse:
        stay = rules.parse_stay(request.check_in, request.check_out)
        rules.check_number_of_rooms(len(request.rooms))
        parties = [rules.Guests(room.adults, tuple(room.children_ages)) for room in request.rooms]
        for number, guests in enumerate(parties):
            rules.check_guests(guests, ("rooms", str(number)))
        pricing_of_stay = await self._pricing(request.hotel_id, stay)
        return rate_pb2.PriceOffersResponse(offers=pricing_of_stay.offers(parties))

    async def ListStayRestrictions(
        self, request: rate_pb2.ListStayRestrictionsRequest, context: Context
    ) -> rate_pb2.ListStayRestrictionsResponse:
        stay = rules.parse_stay(request.check_in, request.check_out)
        pricing_of_stay = await self._pricing(request.hotel_id, stay)
        return rate_pb2.ListStayRestrictionsResponse(restrictions=pricing_of_stay.stay_restrictions())

    async def StreamCatalogue(
        self, request: rate_pb2.StreamCatalogueRequest, context: Context
    ) -> AsyncIterator[rate_pb2.CatalogueEntry]:
        first_night, end_night = rules.parse_catalogue_window(request.first_night, request.nights)
        wanted = [parse_id(value, path=("hotelIds",)) for value in request.hotel_ids]
        async with self._database.reading() as connection:
            batch = wanted or await queries.published_after(connection, NOBODY, _STREAM_BATCH)
            while batch:
                houses = await queries.load_houses(connection, batch, reader_id=NOBODY, with_price_rules=True)
                products = await rate_queries.packed_rates(connection, batch, first_night, end_night)
                for identifier, house in houses.items():
                    grid = rate_grid(house, products.get(identifier, ()), first_night, request.nights)
                    yield pricing.catalogue_entry(house, grid)
                batch = [] if wanted else await queries.published_after(connection, batch[-1], _STREAM_BATCH)

    async def _pricing(self, hotel_id: str, stay: rules.Stay) -> pricing.StayPricing:
        """The house, if the caller sees it, with what it sells from arrival to the day of departure."""
        async with self._database.snapshot() as connection:
            house, grid = await load_rates(connection, hotel_id, stay.check_in, stay.check_out + dt.timedelta(days=1))
        today = rules.today_at(house.hotel["time_zone"], self._now())
        rules.check_bookable_dates(stay, today)
        return pricing.StayPricing(house, grid, stay, today)


async def load_rates(
    connection: Connection, hotel_id: str, first_night: dt.date, end_night: dt.date
) -> tuple[queries.House, RateGrid]:
    """A house that the caller sees, with what it sells in [first_night, end_night)."""
    caller = current_caller()
    identifier = parse_id(hotel_id, path=("hotelId",))
    houses = await queries.load_houses(
        connection,
        [identifier],
        reader_id=caller.account_id,
        of_anybody=policies.sees_every_house(caller),
        with_price_rules=True,
    )
    if identifier not in houses:
        raise NotFound("There is no such hotel.", path=("hotelId",))
    products = await rate_queries.packed_rates(connection, [identifier], first_night, end_night)
    house = houses[identifier]
    return house, rate_grid(house, products.get(identifier, ()), first_night, (end_night - first_night).days)
