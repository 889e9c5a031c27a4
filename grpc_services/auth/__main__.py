"""python -m grpc_services.auth"""

from __future__ import annotations

import asyncio

from grpc_services.auth.service import auth_service
from runtime.process import run_process
from runtime.settings import AuthSettings


async def serve(settings: AuthSettings, stop: asyncio.Event) -> None:
    async with auth_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("auth", AuthSettings, serve)
