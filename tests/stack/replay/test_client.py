"""What the client of a replay makes of the gateway's answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runtime.http_server import http_server
from stack.replay.client import Client, Connections, Refused, ReplayFailed, mutation, open_connections

DOCUMENT = mutation("bookingCancel", "BookingCancelled", "booking { id }")
AWAY = {"data": None, "errors": [{"message": "Try again.", "extensions": {"code": "UNAVAILABLE"}}]}
MASKED = {"data": None, "errors": [{"message": "Oh.", "extensions": {"code": "INTERNAL"}}]}
DONE = {"data": {"result": {"booking": {"id": "1"}}}}
REFUSED = {"data": {"result": {"code": "ILLEGAL_STATE", "message": "Too late."}}}


class Gateway:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.asked: list[bytes] = []
        self.callers: set[str] = set()

    async def answer(self, request: Request) -> Response:
        self.asked.append(await request.body())
        self.callers.add(f"{request.client} {request.headers.get('authorization')}")
        return JSONResponse(self.answers.pop(0))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def connections(gateway: Gateway) -> AsyncIterator[Connections]:
    app = Starlette(routes=[Route("/graphql", gateway.answer, methods=["POST"])])
    async with http_server(app, "127.0.0.1", 0) as url, open_connections(url) as opened:
        yield opened


async def test_a_success_is_answered_and_the_connection_kept(gateway: Gateway, connections: Connections) -> None:
    gateway.answers = [DONE, DONE]
    client = Client(connections, "secret")
    assert await client.mutate(DOCUMENT, bookingId="1") == {"booking": {"id": "1"}}
    await client.mutate(DOCUMENT, bookingId="1")
    assert orjson.loads(gateway.asked[0]) == {"query": DOCUMENT, "variables": {"input": {"bookingId": "1"}}}
    (caller,) = gateway.callers
    assert caller.endswith("Bearer secret")


async def test_a_typed_refusal_is_raised_as_what_it_is(gateway: Gateway, connections: Connections) -> None:
    gateway.answers = [REFUSED]
    with pytest.raises(Refused) as refusal:
        await Client(connections).mutate(DOCUMENT)
    assert (refusal.value.code, refusal.value.message) == ("ILLEGAL_STATE", "Too late.")


async def test_what_may_go_through_later_is_repeated_with_the_same_key(
    gateway: Gateway, connections: Connections
) -> None:
    gateway.answers = [AWAY, DONE]
    await Client(connections).mutate(DOCUMENT, idempotencyKey="once")
    assert len(gateway.asked) == 2
    assert gateway.asked[0] == gateway.asked[1]


async def test_a_fault_is_not_repeated(gateway: Gateway, connections: Connections) -> None:
    gateway.answers = [MASKED]
    with pytest.raises(ReplayFailed, match="Oh"):
        await Client(connections).mutate(DOCUMENT)
    assert len(gateway.asked) == 1
