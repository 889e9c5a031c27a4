"""The gateway's process: python -m api"""

from __future__ import annotations

import asyncio
import gc

from api.gateway import gateway
from runtime.process import run_process
from runtime.settings import GatewaySettings


async def serve(settings: GatewaySettings, stop: asyncio.Event) -> None:
    async with gateway(settings):
        gc.collect()
        gc.freeze()  # the schema stays: looking through it for garbage would hold up everybody for a tenth of a second
        await stop.wait()


if __name__ == "__main__":
    run_process("gateway", GatewaySettings, serve, log_file=lambda settings: settings.log_file)
