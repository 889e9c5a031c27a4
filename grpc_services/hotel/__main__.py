"""python -m grpc_services.hotel"""

from __future__ import annotations

import asyncio

from grpc_services.hotel.service import hotel_service
from runtime.process import run_process
from runtime.settings import HotelSettings


async def serve(settings: HotelSettings, stop: asyncio.Event) -> None:
    async with hotel_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("hotel", HotelSettings, serve)
