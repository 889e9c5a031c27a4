"""python -m grpc_services.review"""

from __future__ import annotations

import asyncio

from grpc_services.review.service import review_service
from runtime.process import run_process
from runtime.settings import ReviewSettings


async def serve(settings: ReviewSettings, stop: asyncio.Event) -> None:
    async with review_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("review", ReviewSettings, serve)
