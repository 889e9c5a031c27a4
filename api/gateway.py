"""The gateway put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.app import build_app
from api.services import open_services
from runtime.http_server import http_server
from runtime.settings import GatewaySettings


@asynccontextmanager
async def gateway(settings: GatewaySettings) -> AsyncIterator[str]:
    """Serves until the block ends; answers its address."""
    closing = asyncio.Event()
    async with open_services(settings) as services:
        app = build_app(settings, services, closing)
        async with http_server(app, settings.http_host, settings.http_port, websockets=True) as address:
            try:
                yield address
            finally:
                closing.set()
