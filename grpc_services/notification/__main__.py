"""python -m grpc_services.notification"""

from __future__ import annotations

import asyncio

from grpc_services.notification.service import notification_service
from runtime.process import run_process
from runtime.settings import NotificationSettings


async def serve(settings: NotificationSettings, stop: asyncio.Event) -> None:
    async with notification_service(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("notification", NotificationSettings, serve)
