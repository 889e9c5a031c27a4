"""The gateway put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.app import build_app
from api.services import open_services
from runtime.http_server import http_server
from runtime.settings import GatewaySettings


@asynccontextmanager
async def gateway(settings: GatewaySettings) -> AsyncIterator[str]:
    """Serves until the block ends; answers its address."""
    async with (
        open_services(settings) as services,
        http_server(build_app(settings, services), settings.http_host, settings.http_port, websockets=True) as address,
    ):
        yield address
