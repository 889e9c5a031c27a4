"""python -m grpc_services.salon"""

from __future__ import annotations

import asyncio

from grpc_services.salon.service import salon_service
from runtime.process import run_process
from runtime.settings import SalonSettings


async def serve(settings: SalonSettings, stop: asyncio.Event) -> None:
    async with salon_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("salon", SalonSettings, serve)
