"""The services that booking asks: hotel for prices, the payment system for money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import NotFound
from runtime.payee_statements import PayeeStatements
from runtime.payment_system import PaymentSystem, open_payment_system
from runtime.settings import BookingSettings


class HotelPrices:
    def __init__(self, hotels: hotel_pb2_grpc.HotelServiceAsyncStub, rates: rate_pb2_grpc.RateServiceAsyncStub) -> None:
        self._hotels = hotels
        self._rates = rates

    async def price_stay(self, request: rate_pb2.PriceStayRequest) -> rate_pb2.PriceStayResponse:
        return await call(self._rates.PriceStay, request, at_most=3.0)

    async def house(self, hotel_id: str) -> hotel_pb2.Hotel:
        """A house that the caller may see; raises NotFound for others."""
        found = await call(self._hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel_id]), at_most=3.0)
        if not found.hotels:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return found.hotels[0]


@asynccontextmanager
async def open_gateway(settings: BookingSettings) -> AsyncIterator[tuple[HotelPrices, PaymentSystem, PayeeStatements]]:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR, rate_pb2.DESCRIPTOR) as hotel,
        open_payment_system(settings.payment_address, settings.payment_api_key) as (payments, statements),
    ):
        prices = HotelPrices(hotel_pb2_grpc.HotelServiceStub(hotel), rate_pb2_grpc.RateServiceStub(hotel))
        yield prices, payments, statements
