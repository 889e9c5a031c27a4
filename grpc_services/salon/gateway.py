"""The services that salon asks: hotel for the house it stands in, the payment system for money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import NotFound
from runtime.payee_statements import PayeeStatements
from runtime.payment_system import PaymentSystem, open_payment_system
from runtime.settings import SalonSettings


class Hotels:
    def __init__(self, stub: hotel_pb2_grpc.HotelServiceAsyncStub) -> None:
        self._stub = stub

    async def house(self, hotel_id: str) -> hotel_pb2.Hotel:
        """A house that the caller may see; raises NotFound for others."""
        found = await call(self._stub.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel_id]), at_most=3.0)
        if not found.hotels:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return found.hotels[0]


@asynccontextmanager
async def open_gateway(settings: SalonSettings) -> AsyncIterator[tuple[Hotels, PaymentSystem, PayeeStatements]]:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR) as hotel,
        open_payment_system(settings.payment_address, settings.payment_api_key) as (payments, statements),
    ):
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(hotel)
        yield Hotels(hotels), payments, statements
