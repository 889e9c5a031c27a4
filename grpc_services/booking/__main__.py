"""python -m grpc_services.booking"""

from __future__ import annotations

import asyncio

from grpc_services.booking.service import booking_service
from runtime.process import run_process
from runtime.settings import BookingSettings


async def serve(settings: BookingSettings, stop: asyncio.Event) -> None:
    async with booking_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("booking", BookingSettings, serve)
