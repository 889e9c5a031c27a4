"""The services that salon asks: hotel for the house it stands in, the payment system for money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from contracts.hotel.v1 import exchange_rate_pb2, exchange_rate_pb2_grpc, hotel_pb2, hotel_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import NotFound, ServiceError
from runtime.payee_statements import PayeeStatements
from runtime.payment_system import PaymentSystem, open_payment_system
from runtime.settings import SalonSettings

log = structlog.get_logger()


class Hotels:
    def __init__(
        self,
        stub: hotel_pb2_grpc.HotelServiceAsyncStub,
        rates: exchange_rate_pb2_grpc.ExchangeRateServiceAsyncStub,
    ) -> None:
        self._stub = stub
        self._rates = rates

    async def exchange_rates_day(self) -> str:
        """The day of the newest rates by which prices are shown in other currencies. Nobody is charged by them, so
        a hotel service that does not answer keeps nobody from booking: empty, as where there are none."""
        request = exchange_rate_pb2.GetExchangeRatesRequest()
        try:
            return (await call(self._rates.GetExchangeRates, request, token="", at_most=1.0)).day
        except ServiceError as refusal:
            log.warning("exchange_rates.unknown", code=refusal.code)
            return ""

    async def house(self, hotel_id: str) -> hotel_pb2.Hotel:
        """A house that the caller may see; raises NotFound for others."""
        found = await call(self._stub.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel_id]), at_most=3.0)
        if not found.hotels:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return found.hotels[0]


@asynccontextmanager
async def open_gateway(settings: SalonSettings) -> AsyncIterator[tuple[Hotels, PaymentSystem, PayeeStatements]]:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR, exchange_rate_pb2.DESCRIPTOR) as hotel,
        open_payment_system(settings.payment_address, settings.payment_api_key) as (payments, statements),
    ):
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(hotel)
        rates: exchange_rate_pb2_grpc.ExchangeRateServiceAsyncStub = exchange_rate_pb2_grpc.ExchangeRateServiceStub(
            hotel
        )
        yield Hotels(hotels, rates), payments, statements
