"""A quiet night: the index stands for other nights in the morning, though nothing has happened."""

from __future__ import annotations

import asyncio
import datetime as dt

from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from contracts.hotel.v1 import rate_pb2, rate_pb2_grpc
from grpc_services.search.feed import Feed
from runtime.channels import open_channel
from runtime.clock import utc_now
from tests.grpc_services.search.town import Town
from tests.house import search_settings
from tests.parts import Parts


async def test_a_new_day_brings_new_nights_without_any_event(
    parts: Parts, auth_address: str, hotel_address: str, booking_address: str, town: Town
) -> None:
    settings = search_settings(parts, auth_address, hotel_address=hotel_address, booking_address=booking_address)
    now = [utc_now()]
    stop = asyncio.Event()
    async with (
        open_channel(hotel_address, rate_pb2.DESCRIPTOR) as rates,
        open_channel(booking_address, inventory_pb2.DESCRIPTOR) as inventory,
        asyncio.timeout(30),
    ):
        feed = Feed(
            settings,
            rate_pb2_grpc.RateServiceStub(rates),
            inventory_pb2_grpc.InventoryServiceStub(inventory),
            clock=lambda: now[0],
        )
        running = [
            asyncio.create_task(feed.run(stop)),
            asyncio.create_task(feed.turn_days(stop, every_seconds=0.05)),
        ]
        await feed.loaded.wait()
        yesterday, houses = feed.index.first_night, feed.index.hotels
        assert houses
        now[0] += dt.timedelta(days=1)
        while feed.index.first_night == yesterday:
            await asyncio.sleep(0.02)
        assert feed.index.first_night == yesterday + dt.timedelta(days=1)
        assert feed.index.hotels == houses
        stop.set()
        await asyncio.gather(*running)
