"""The graphql-sse protocol in its mode of distinct connections: one operation, one event stream.

A stream ends with `complete` when the operation is over, or when its token has ended, which an event tells first.
It ends without when this process stops, so that the client comes again. What is wrong with the document is
told in the stream, as the protocol asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from prometheus_client import Gauge
from starlette.requests import Request
from starlette.types import Send

from api.context import RequestContext
from api.doors import SLOW_CLIENTS, Door
from api.errors import formatted_error
from api.http_requests import EVENT_STREAM
from api.operations import Chosen, open_subscription, response_body, run_operation
from runtime.identity import Caller

log = structlog.get_logger()

STREAMS = Gauge("innkeeper_event_streams", "Open GraphQL event streams")
_PULSE_SECONDS = 12.0  # proxies cut what is silent for long
_COMPLETE = b"event: complete\ndata:\n\n"
_ENDED = {"errors": [{"message": "The access token has ended.", "extensions": {"code": "UNAUTHENTICATED"}}]}
_HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def answer(
        self,
        request: Request,
        send: Send,
        chosen: Chosen | list[dict[str, Any]],
        caller: Caller,
        context: RequestContext,
    ) -> None:
        headers = [*_HEADERS, *context.response_headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if request.method == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        with STREAMS.track_inprogress(), self._door.services.revocations.watch(caller) as revoked:
            await self._hold(request, send, _bodies(chosen, context), caller, revoked)

    async def _hold(
        self,
        request: Request,
        send: Send,
        bodies: AsyncIterator[dict[str, Any]],
        caller: Caller,
        revoked: asyncio.Event,
    ) -> None:
        """Until the operation is over, the client gone or too slow, the token or its session at its end, or the
        process at its."""
        telling = asyncio.create_task(self._tell(send, bodies))
        gone = asyncio.create_task(_until_gone(request))
        closing = asyncio.create_task(self._door.closing.wait())
        tasks = (telling, gone, closing, asyncio.create_task(revoked.wait()))
        left = max(caller.expires_at - time.time(), 0.0) if caller.signed_in else None
        try:
            done, _ = await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if telling not in done:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
            elif isinstance(telling.exception(), TimeoutError):
                SLOW_CLIENTS.labels("sse").inc()
                log.info("sse.slow_client")
                return  # what was not read stays unsaid: the connection is cut
            if gone in done:
                return
            over = telling in done and telling.exception() is None
            with suppress(TimeoutError):
                async with asyncio.timeout(self._door.slow_client_seconds):
                    last = _COMPLETE if over else b"" if closing in done else _event(_ENDED) + _COMPLETE
                    await send({"type": "http.response.body", "body": last})
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, send: Send, bodies: AsyncIterator[dict[str, Any]]) -> None:
        """Raises TimeoutError for a client that does not read."""
        pulse = asyncio.create_task(self._pulse(send))
        try:
            async with aclosing(bodies) as told:  # type: ignore[type-var]
                async for body in told:
                    await self._send(send, _event(body))
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)

    async def _pulse(self, send: Send) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            await self._send(send, b":\n\n")

    async def _send(self, send: Send, chunk: bytes) -> None:
        async with asyncio.timeout(self._door.slow_client_seconds):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _bodies(chosen: Chosen | list[dict[str, Any]], context: RequestContext) -> AsyncIterator[dict[str, Any]]:
    """Every result of an operation; the last one may say why there are no more."""
    if not isinstance(chosen, Chosen):
        yield {"errors": chosen}
        return
    try:
        if chosen.kind is not OperationType.SUBSCRIPTION:
            yield await run_operation(chosen, context)
            return
        results = await open_subscription(chosen, context)
        if isinstance(results, ExecutionResult):
            yield response_body(chosen, results)
            return
        async with aclosing(results) as open_results:  # type: ignore[type-var]
            async for result in open_results:
                yield response_body(chosen, result)
    except Exception as failure:
        yield {"errors": [formatted_error(GraphQLError("", original_error=failure))]}


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _event(body: dict[str, Any]) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"
