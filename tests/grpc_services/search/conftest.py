"""The whole road from a booking to a search: relay, broker, consumer and feed around the running services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import pytest

from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.search.service import search_service
from runtime.channels import call, open_channel
from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.search.town import Town, build_town
from tests.house import (
    SignedIn,
    inventory_consumer_settings,
    register_account,
    relay_settings,
    search_settings,
    unless_refused,
)
from tests.parts import Parts
from workers import inventory_consumer, outbox_relay


@pytest.fixture(scope="package")
async def desk(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[Desk]:
    async with open_desk(parts, auth_address, booking_address) as opened:
        yield opened


@pytest.fixture(scope="package")
async def owner(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="package")
async def guest(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)


@pytest.fixture(scope="package")
async def town(desk: Desk, owner: SignedIn) -> Town:
    return await build_town(desk, owner)


@pytest.fixture(scope="package")
async def search(
    parts: Parts, auth_address: str, hotel_address: str, booking_address: str, town: Town
) -> AsyncIterator[search_pb2_grpc.SearchServiceAsyncStub]:
    """A client of a search service that has loaded the town and hears of every change."""
    stop = asyncio.Event()
    settings = search_settings(parts, auth_address, hotel_address=hotel_address, booking_address=booking_address)
    consumer = inventory_consumer_settings(
        parts, auth_address, hotel_address=hotel_address, booking_address=booking_address
    )
    async with (
        _running(outbox_relay.serve(relay_settings(parts), stop), stop),
        _running(inventory_consumer.serve(consumer, stop), stop),
        search_service(settings) as server,
        open_channel(server.address, search_pb2.DESCRIPTOR) as channel,
    ):
        stub: search_pb2_grpc.SearchServiceAsyncStub = search_pb2_grpc.SearchServiceStub(channel)
        await _loaded(stub)
        yield stub


@asynccontextmanager
async def _running(work: Coroutine[None, None, None], stop: asyncio.Event) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        stop.set()
        await task


async def _loaded(stub: search_pb2_grpc.SearchServiceAsyncStub) -> None:
    request = search_pb2.SuggestPlacesRequest(text="x")
    async with asyncio.timeout(60):
        while await unless_refused(call(stub.SuggestPlaces, request, token=""), "UNAVAILABLE") is None:
            await asyncio.sleep(0.05)
