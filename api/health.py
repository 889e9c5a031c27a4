"""Whether this gateway lives, whether it can serve, and what it measures."""

from __future__ import annotations

import asyncio
import time

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.services import Services

_SECONDS = 1.0
_FRESH_SECONDS = 1.0


async def live(_request: Request) -> Response:
    return JSONResponse({"status": "live"})


async def metrics(_request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Readiness:
    """Asks every service's own health and Redis, once a second however many want to know; 503 names the ones that
    are away."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asking = asyncio.Lock()
        self._parts: dict[str, str] = {}
        self._asked_at = -_FRESH_SECONDS

    async def report(self, _request: Request) -> Response:
        async with self._asking:
            if time.monotonic() - self._asked_at >= _FRESH_SECONDS:
                self._parts, self._asked_at = await self._ask(), time.monotonic()
            parts = self._parts
        ready = all(state == "ready" for state in parts.values())
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "parts": parts}, status_code=200 if ready else 503
        )

    async def _ask(self) -> dict[str, str]:
        names = list(self._services.channels)
        states = await asyncio.gather(
            *(_service_state(channel) for channel in self._services.channels.values()), self._redis_state()
        )
        return dict(zip([*names, "redis"], states, strict=True))

    async def _redis_state(self) -> str:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._services.redis.ping()
        except (RedisError, OSError, TimeoutError):
            return "away"
        return "ready"


async def _service_state(channel: grpc.aio.Channel) -> str:
    stub = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
    except grpc.aio.AioRpcError:
        return "away"
    return "ready" if answer.status == health_pb2.HealthCheckResponse.SERVING else "not ready"
