"""python -m grpc_services.search"""

from __future__ import annotations

import asyncio

from grpc_services.search.service import search_service
from runtime.process import run_process
from runtime.settings import SearchSettings


async def serve(settings: SearchSettings, stop: asyncio.Event) -> None:
    async with search_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("search", SearchSettings, serve)
