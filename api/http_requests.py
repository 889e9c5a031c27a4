"""What is asked over HTTP: the body or the query string, and the media types that the answer may have.

Follows the GraphQL-over-HTTP draft. Raises BadRequest, with the status that says what was wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request

from api.admission import Asked, NotAsked, asked_of

LARGEST_BODY = 256 * 1024
_MOST_FIELDS = 20  # of a query string
MODERN = "application/graphql-response+json"
LEGACY = "application/json"
EVENT_STREAM = "text/event-stream"


class BadRequest(Exception):
    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


class Wanted(NamedTuple):
    """`json` is the media type of an answer in one piece; a client that wants a stream most gets only that."""

    json: str
    may_stream: bool = False
    must_stream: bool = False


def negotiated(accept: Sequence[str]) -> Wanted:
    """The most wanted of what we have; JSON for clients that do not say."""
    wanted = {
        media: _quality(parameters) for media, parameters in map(_media_type, ",".join(accept).split(",")) if media
    }
    if not wanted:
        return Wanted(LEGACY)
    anything = wanted.get("application/*", wanted.get("*/*", 0.0))
    offers = (MODERN, LEGACY) if MODERN in wanted else (LEGACY, MODERN)
    best = max(offers, key=lambda offered: (wanted.get(offered, anything), offered in wanted))
    streaming, whole = wanted.get(EVENT_STREAM, 0.0), wanted.get(best, anything)
    if streaming > whole:
        return Wanted(best, may_stream=True, must_stream=True)
    if whole <= 0:
        raise BadRequest(406, f"This endpoint answers {MODERN}, {LEGACY} or {EVENT_STREAM}.", "NOT_ACCEPTABLE")
    return Wanted(best, may_stream=streaming > 0)


async def read_request(request: Request) -> Asked:
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
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest(415, "The body must not be compressed.", "UNSUPPORTED_MEDIA_TYPE")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BadRequest(413, "The body is too large.", "PAYLOAD_TOO_LARGE")
    return bytes(body)


def _from_query_string(request: Request) -> Asked:
    try:
        given = parse_qs(
            request.scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
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
    try:
        return asked_of(body)
    except NotAsked as wrong:
        raise BadRequest(400, str(wrong)) from None


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
