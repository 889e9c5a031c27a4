"""A merchant's webhook endpoint: a real web server that verifies every signature, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.http_server import http_server
from tests.parts import free_port

SECRETS = ("whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8)


@dataclass(frozen=True)
class Received:
    webhook_id: str
    body: bytes
    type: str
    data: dict[str, Any]
    signatures: int


@dataclass
class Receiver:
    """`statuses` are answered first, then 200. While `open` is not set every request hangs. `refused` counts what no
    secret had signed."""

    url: str
    refused: int = 0
    received: list[Received] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        try:
            verified = [Webhook(secret).verify(body, dict(request.headers)) for secret in SECRETS]
        except WebhookVerificationError:
            self.refused += 1
            return Response(status_code=401)
        received = Received(
            webhook_id=request.headers["webhook-id"],
            body=body,
            type=verified[0]["type"],
            data=verified[0]["data"],
            signatures=len(request.headers["webhook-signature"].split()),
        )
        async with self.arrived:
            self.received.append(received)
            self.arrived.notify_all()
        await self.open.wait()
        return Response(status_code=self.statuses.popleft() if self.statuses else 200)

    def about(self, payment_id: str) -> list[Received]:
        return [one for one in self.received if one.data["payment_id"] == payment_id]

    def types(self, payment_id: str) -> list[str]:
        return [one.type for one in self.about(payment_id)]

    async def has(self, payment_id: str, number: int, *, seconds: float = 60.0) -> list[Received]:
        """Waits until so many webhooks about a payment have come."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.about(payment_id)) >= number)
        return self.about(payment_id)


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    port = free_port()
    receiver = Receiver(f"http://127.0.0.1:{port}/webhooks/payments")
    receiver.open.set()
    application = Starlette(routes=[Route("/webhooks/payments", receiver.take, methods=["POST"])])
    async with http_server(application, "127.0.0.1", port):
        yield receiver
