"""A probe: a real server of the hotel contract that does what a test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from runtime.channels import open_channel
from runtime.grpc_server import grpc_server, service_names_of

CONTRACTS = (hotel_pb2.DESCRIPTOR, rate_pb2.DESCRIPTOR)
SERVICE_NAMES = service_names_of(*CONTRACTS)
Context = grpc.aio.ServicerContext[Any, Any]


async def _nothing() -> None:
    return None


class ProbeServicer(hotel_pb2_grpc.HotelServiceServicer, rate_pb2_grpc.RateServiceServicer):
    def __init__(self) -> None:
        self.act: Callable[[], Awaitable[object]] = _nothing
        self.metadata: dict[str, str] = {}
        self.calls = 0

    async def GetHotels(self, request: hotel_pb2.GetHotelsRequest, context: Context) -> hotel_pb2.GetHotelsResponse:
        self.calls += 1
        self.metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        await self.act()
        return hotel_pb2.GetHotelsResponse()

    async def StreamCatalogue(
        self, request: rate_pb2.StreamCatalogueRequest, context: Context
    ) -> AsyncIterator[rate_pb2.CatalogueEntry]:
        yield rate_pb2.CatalogueEntry()
        await self.act()


@dataclass
class Probe:
    servicer: ProbeServicer
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub
    rates: rate_pb2_grpc.RateServiceAsyncStub
    address: str

    def do(self, act: Callable[[], Awaitable[object]]) -> None:
        self.servicer.act = act

    def refuse(self, failure: Exception) -> None:
        async def act() -> None:
            raise failure

        self.do(act)


@pytest.fixture
async def probe() -> AsyncIterator[Probe]:
    servicer = ProbeServicer()  # type: ignore[abstract]  # answers to what the tests call

    def register(server: grpc.aio.Server) -> None:
        hotel_pb2_grpc.add_HotelServiceServicer_to_server(servicer, server)
        rate_pb2_grpc.add_RateServiceServicer_to_server(servicer, server)

    async with (
        grpc_server(
            "127.0.0.1:0",
            SERVICE_NAMES,
            register,
            verifier=None,
        ) as server,
        open_channel(server.address, *CONTRACTS) as channel,
    ):
        yield Probe(
            servicer, hotel_pb2_grpc.HotelServiceStub(channel), rate_pb2_grpc.RateServiceStub(channel), server.address
        )
