"""A hotelier's own system: a real web server that verifies every webhook, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.http_server import http_server
from tests.parts import free_port


@dataclass(frozen=True)
class Taken:
    event_id: str
    raw: bytes
    signatures: int
    headers: dict[str, str]

    def verified(self, secret: str) -> Any:
        """Its body; raises when this secret did not sign it."""
        return Webhook(secret).verify(self.raw, self.headers)


@dataclass
class Receiver:
    """`statuses` are answered first, then 204."""

    url: str
    taken: list[Taken] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    location: str = ""
    elsewhere: list[str] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        headers = dict(request.headers)
        one = Taken(headers["webhook-id"], raw, len(headers["webhook-signature"].split()), headers)
        async with self.arrived:
            self.taken.append(one)
            self.arrived.notify_all()
        status = self.statuses.popleft() if self.statuses else 204
        return Response(status_code=status, headers={"location": self.location} if self.location else {})

    async def take_elsewhere(self, request: Request) -> Response:
        self.elsewhere.append(request.url.path)
        return Response(status_code=204)

    async def has(self, number: int, *, seconds: float = 60.0) -> list[Taken]:
        """Waits until so many have come."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.taken) >= number)
        return self.taken


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    port = free_port()
    receiver = Receiver(f"http://127.0.0.1:{port}/innkeeper")
    routes = [
        Route("/innkeeper", receiver.take, methods=["POST"]),
        Route("/elsewhere", receiver.take_elsewhere, methods=["POST", "GET"]),
    ]
    async with http_server(Starlette(routes=routes), "127.0.0.1", port):
        yield receiver
