"""GraphQL over HTTP, a small ASGI application of its own on the hot route.

Follows the GraphQL-over-HTTP draft: POST with JSON, GET for queries, `application/graphql-response+json` with
status codes that mean something, `application/json` with 200 for older clients, and an event stream for those who
ask for one.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import orjson
import structlog
from graphql import OperationType
from opentelemetry import propagate, trace
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api.admission import Asked
from api.callers import caller_of
from api.context import RequestContext
from api.doors import Door
from api.errors import masked
from api.graphql_sse import EventStream
from api.http_requests import LEGACY, BadRequest, Wanted, negotiated, read_request
from api.operations import Chosen, run_operation
from api.rate_limits import TooManyOperations
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import Caller, set_current_caller

log = structlog.get_logger()
tracer = trace.get_tracer("innkeeper.gateway")

OPERATION_SECONDS = Histogram(
    "innkeeper_graphql_seconds",
    "Time of a GraphQL operation over HTTP",
    ("type", "outcome"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
Headers = list[tuple[bytes, bytes]]


class GraphQLOverHTTP:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._streams = EventStream(door)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = LEGACY
        headers: Headers = []
        try:
            wanted = negotiated(request.headers.getlist("accept"))
            media_type = wanted.json
            asked = await read_request(request)
            caller = await caller_of(self._door.services.verifier, request.headers.get("authorization", ""))
            set_current_caller(caller)
            context = self._door.context(request)
            headers = context.response_headers
            self._door.admission.refuse_the_spent(caller, context.address)
            chosen = self._door.admission.choose(asked, caller)
            if _streams(wanted, chosen):
                _check_method(request.method, chosen, streams=True)
                await self._count(chosen, caller, context)
                with self._door.followers.one_more(context.address) if _subscribes(chosen) else nullcontext():
                    await self._streams.answer(request, send, chosen, caller, context)
                return
            status, body = await self._answer(request, asked, chosen, caller, context, media_type)
        except ClientDisconnect:
            return
        except BadRequest as bad:
            status, body = bad.status, _refusal(bad.message, bad.code)
            if status == 405:
                headers = [*headers, (b"allow", b"GET, HEAD, POST")]
        except TooManyOperations as many:
            status, body = 429, {"errors": [many.error()]}
            headers = [*headers, *many.quota.headers(), (b"retry-after", str(many.retry_after).encode())]
        except Unauthenticated as refusal:
            status, body = 401, _refusal(refusal.message, refusal.code)
            headers = [*headers, (b"www-authenticate", b'Bearer error="invalid_token"')]
        except ServiceError as refusal:  # the keys that tokens are verified with cannot be had
            status, body = 503, _refusal(refusal.message, refusal.code)
        except Exception as fault:
            status, body = 500, {"errors": [masked(fault)]}
        payload = orjson.dumps(body)
        headers = [
            (b"content-type", f"{media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(payload)).encode()),
            (b"cache-control", b"no-store"),
            *headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else payload})

    async def _answer(
        self,
        request: Request,
        asked: Asked,
        chosen: Chosen | list[dict[str, Any]],
        caller: Caller,
        context: RequestContext,
        media_type: str,
    ) -> tuple[int, dict[str, Any]]:
        if not isinstance(chosen, Chosen):
            await self._count(chosen, caller, context)
            return (200 if media_type == LEGACY else 400), {"errors": chosen}
        _check_method(request.method, chosen)
        await self._count(chosen, caller, context)
        context.headers_wait = True
        with tracer.start_as_current_span(
            f"graphql {chosen.kind.value}", context=propagate.extract(request.headers), kind=trace.SpanKind.SERVER
        ):
            began = time.perf_counter()
            body = await run_operation(chosen, context)
            seconds = time.perf_counter() - began
            outcome = "errors" if "errors" in body else "done"
            OPERATION_SECONDS.labels(chosen.kind.value, outcome).observe(seconds)
            log.info(
                "graphql.operation",
                kind=chosen.kind.value,
                operation=(asked.operation_name or "")[:80],
                outcome=outcome,
                milliseconds=round(seconds * 1000, 1),
            )
        return (200 if "data" in body or media_type == LEGACY else 400), body

    async def _count(self, chosen: Chosen | list[dict[str, Any]], caller: Caller, context: RequestContext) -> None:
        quota = await self._door.admission.count(chosen, caller, context.address)
        context.response_headers += quota.headers()


def _streams(wanted: Wanted, chosen: Chosen | list[dict[str, Any]]) -> bool:
    """Many clients always name the event stream among what they can read; it is for what has no end."""
    return wanted.must_stream or (wanted.may_stream and _subscribes(chosen))


def _subscribes(chosen: Chosen | list[dict[str, Any]]) -> bool:
    return isinstance(chosen, Chosen) and chosen.kind is OperationType.SUBSCRIPTION


def _refusal(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _check_method(method: str, chosen: Chosen | list[dict[str, Any]], *, streams: bool = False) -> None:
    kind = chosen.kind if isinstance(chosen, Chosen) else OperationType.QUERY
    if kind is OperationType.SUBSCRIPTION and not streams:
        raise BadRequest(400, "Subscriptions need a websocket or an event stream.", "SUBSCRIPTION_OVER_HTTP")
    if method != "POST" and kind is OperationType.MUTATION:
        raise BadRequest(405, "Mutations need POST.", "METHOD_NOT_ALLOWED")
