"""GraphQL over HTTP, a small ASGI application of its own on the hot route.

Follows the GraphQL-over-HTTP draft: POST with JSON, GET for queries, `application/graphql-response+json` with
status codes that mean something, `application/json` with 200 for older clients.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
import structlog
from graphql import OperationType
from opentelemetry import propagate, trace
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api.callers import caller_of
from api.context import RequestContext
from api.errors import masked
from api.operations import Chosen, prepare, run_operation
from api.request_errors import document_error
from api.services import Services
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import set_current_caller

LARGEST_BODY = 256 * 1024

MODERN = "application/graphql-response+json"
LEGACY = "application/json"

log = structlog.get_logger()
tracer = trace.get_tracer("innkeeper.gateway")

OPERATION_SECONDS = Histogram(
    "innkeeper_graphql_seconds",
    "Time of a GraphQL operation over HTTP",
    ("type", "outcome"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Asked(NamedTuple):
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class BadRequest(Exception):
    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


class GraphQLOverHTTP:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = LEGACY
        more: list[tuple[bytes, bytes]] = []
        try:
            media_type = _negotiated(request.headers.getlist("accept"))
            status, body = await self._answer(request, await _asked(request), media_type)
        except ClientDisconnect:
            return
        except BadRequest as bad:
            status, body = bad.status, _refusal(bad.message, bad.code)
            if status == 405:
                more.append((b"allow", b"GET, HEAD, POST"))
        except Unauthenticated as refusal:
            status, body = 401, _refusal(refusal.message, refusal.code)
            more.append((b"www-authenticate", b'Bearer error="invalid_token"'))
        except ServiceError as refusal:  # the keys that tokens are verified with cannot be had
            status, body = 503, _refusal(refusal.message, refusal.code)
        except Exception as fault:
            status, body = 500, {"errors": [masked(fault)]}
        payload = orjson.dumps(body)
        headers = [
            (b"content-type", f"{media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(payload)).encode()),
            (b"cache-control", b"no-store"),
            *more,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else payload})

    async def _answer(self, request: Request, asked: Asked, media_type: str) -> tuple[int, dict[str, Any]]:
        chosen = prepare(asked.query).choose(asked.operation_name, asked.variables)
        if not isinstance(chosen, Chosen):
            errors = [document_error(error) for error in chosen]
            return (200 if media_type == LEGACY else 400), {"errors": errors}
        _check_method(request.method, chosen.kind)
        set_current_caller(await caller_of(self._services.verifier, request.headers.get("authorization", "")))
        context = RequestContext(self._services, user_agent=request.headers.get("user-agent", ""))
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


def _refusal(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _check_method(method: str, kind: OperationType) -> None:
    if kind is OperationType.SUBSCRIPTION:
        raise BadRequest(400, "Subscriptions need a websocket.", "SUBSCRIPTION_OVER_HTTP")
    if method != "POST" and kind is not OperationType.QUERY:
        raise BadRequest(405, "Mutations need POST.", "METHOD_NOT_ALLOWED")


def _negotiated(accept: Sequence[str]) -> str:
    """The media type of the answer: the most wanted of those that we have; JSON for clients that do not say."""
    wanted = {
        media: _quality(parameters) for media, parameters in map(_media_type, ",".join(accept).split(",")) if media
    }
    if not wanted:
        return LEGACY
    anything = wanted.get("application/*", wanted.get("*/*", 0.0))
    best = max((LEGACY, MODERN), key=lambda offered: (wanted.get(offered, anything), offered in wanted))
    if wanted.get(best, anything) <= 0:
        raise BadRequest(406, f"This endpoint answers {MODERN} or {LEGACY}.", "NOT_ACCEPTABLE")
    return best


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    """The type and its parameters, names in lower case."""
    media, *parameters = text.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


async def _asked(request: Request) -> Asked:
    if request.method in ("GET", "HEAD"):
        return _from_query_string(request)
    if request.method != "POST":
        raise BadRequest(405, "Use GET or POST.", "METHOD_NOT_ALLOWED")
    content_type, parameters = _media_type(request.headers.get("content-type", ""))
    if content_type != LEGACY:
        raise BadRequest(415, "The body must be application/json.", "UNSUPPORTED_MEDIA_TYPE")
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise BadRequest(415, "The body must be UTF-8.", "UNSUPPORTED_MEDIA_TYPE")
    return _checked(_parsed(await _body(request), "The body is not JSON."))


async def _body(request: Request) -> bytes:
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        raise BadRequest(413, "The body is too large.", "PAYLOAD_TOO_LARGE")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BadRequest(413, "The body is too large.", "PAYLOAD_TOO_LARGE")
    return bytes(body)


def _from_query_string(request: Request) -> Asked:
    try:
        given = parse_qs(request.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise BadRequest(400, "The query string is not valid.") from None
    fields: dict[str, Any] = {name: values[-1] for name, values in given.items()}
    for name in ("variables", "extensions"):
        if fields.get(name):
            fields[name] = _parsed(fields[name].encode(), f"`{name}` is not JSON.")
        else:
            fields.pop(name, None)
    return _checked(fields)


def _parsed(raw: bytes, complaint: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRequest(400, complaint, "BAD_JSON") from None


def _checked(body: Any) -> Asked:
    if isinstance(body, list):
        raise BadRequest(400, "Batches are not served; send one operation a request.")
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str):
        raise BadRequest(400, "`query` must be text.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` must be text.")
    if not isinstance(body.get("extensions", {}), (dict, type(None))):
        raise BadRequest(400, "`extensions` must be an object.")
    return Asked(query, variables, name)
