"""A client of the running hotel service, its database, and an owner."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from runtime.channels import open_channel
from runtime.database import Database, open_database
from runtime.identity import Role
from tests.grpc_services.hotel.hotelier import Hotelier
from tests.house import SignedIn, register_account
from tests.parts import Parts


@pytest.fixture(scope="session")
async def hotels(hotel_address: str) -> AsyncIterator[hotel_pb2_grpc.HotelServiceAsyncStub]:
    async with open_channel(hotel_address, hotel_pb2.DESCRIPTOR) as channel:
        stub: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
async def rates(hotel_address: str) -> AsyncIterator[rate_pb2_grpc.RateServiceAsyncStub]:
    async with open_channel(hotel_address, rate_pb2.DESCRIPTOR) as channel:
        stub: rate_pb2_grpc.RateServiceAsyncStub = rate_pb2_grpc.RateServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
async def hotel_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("hotel"), pool_size=2, application_name="tests") as database:
        yield database


@pytest.fixture(scope="module")
async def owner(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def hotelier(hotels: hotel_pb2_grpc.HotelServiceAsyncStub, owner: SignedIn) -> Hotelier:
    return Hotelier(hotels, owner.token)


@pytest.fixture(scope="module")
async def rival(hotels: hotel_pb2_grpc.HotelServiceAsyncStub, auth_address: str) -> Hotelier:
    """Another hotelier, with houses of their own."""
    return Hotelier(hotels, (await register_account(auth_address, Role.HOTELIER)).token)
