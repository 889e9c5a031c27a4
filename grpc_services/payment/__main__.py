"""python -m grpc_services.payment"""

from __future__ import annotations

import asyncio

from grpc_services.payment.service import payment_service
from runtime.process import run_process
from runtime.settings import PaymentSettings


async def serve(settings: PaymentSettings, stop: asyncio.Event) -> None:
    async with payment_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("payment", PaymentSettings, serve)
