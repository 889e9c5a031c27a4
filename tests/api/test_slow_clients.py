"""Clients that ask and do not read: what waits for them is bounded, and then they are left."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Message, Scope
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.app import build_app
from api.services import open_services
from tests.api.client import metric, until
from tests.api.house import ApiHouse, socket_url
from tests.api.sockets import PROTOCOL, Socket

SLOW = {"slow_client_seconds": 0.5}
LARGE = "{ __schema { types { name description fields { name description } } } }"  # more than a connection holds
SMALL_BUFFER = 4096


@asynccontextmanager
async def deaf_connection(url: str) -> AsyncIterator[socket.socket]:
    """A connection that takes in as little as the system allows."""
    address = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
        yield connection
    finally:
        connection.close()


async def left(http: httpx.AsyncClient, url: str, protocol: str) -> float:
    return await metric(http, url, f'innkeeper_slow_clients_total{{protocol="{protocol}"}}')


async def test_a_socket_that_does_not_read_is_closed_and_says_why(house: ApiHouse, http: httpx.AsyncClient) -> None:
    async with house.another_gateway(**SLOW) as url, deaf_connection(url) as connection:
        before = await left(http, url, "websocket")
        async with connect(
            socket_url(url), sock=connection, subprotocols=[Subprotocol(PROTOCOL)], proxy=None, compression=None
        ) as opened:
            client = Socket(opened)
            await client.introduce()
            opened.transport.pause_reading()
            for number in range(40):  # the system itself keeps some megabytes
                await client.subscribe(str(number), LARGE)

            async def noticed() -> bool:
                return await left(http, url, "websocket") > before

            await until(noticed)
            opened.transport.resume_reading()
            assert await client.close_code() == 4410

        async def quiet() -> bool:
            return await metric(http, url, "innkeeper_websockets") == 0

        await until(quiet)


async def test_a_stream_that_nobody_reads_is_left(house: ApiHouse) -> None:
    """The system would keep megabytes, so the client's end is one that takes the first words and no more."""
    settings = house.settings.model_copy(update=SLOW)
    body = json.dumps({"query": LARGE}).encode()
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])
    taken: list[Message] = []

    async def receive() -> Message:
        if (request := next(requests, None)) is not None:
            return request
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        taken.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async with open_services(settings) as services, asyncio.timeout(30):
        await build_app(settings, services)(post_scope(len(body)), receive, send)
    assert [message["type"] for message in taken] == ["http.response.start", "http.response.body"]


async def test_pings_of_a_client_that_does_not_read_are_not_kept(house: ApiHouse) -> None:
    """Once the answers find no way out, the gateway takes in nothing more either."""
    async with house.another_gateway(**SLOW) as url, deaf_connection(url) as connection:
        loop = asyncio.get_running_loop()
        handshake = (
            "GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        )
        await loop.sock_sendall(connection, handshake.encode())
        ping = b"\x89\xfd" + b"\x00" * 4 + b"x" * 125  # a control frame, masked with zeros
        with pytest.raises((TimeoutError, OSError)):  # nothing more is taken, or the connection is cut
            await flood(connection, ping * 2_000, times=200)


async def flood(connection: socket.socket, data: bytes, *, times: int) -> None:
    """Raises TimeoutError when the other end takes no more of it."""
    for _ in range(times):
        async with asyncio.timeout(2):
            await asyncio.get_running_loop().sock_sendall(connection, data)


def post_scope(length: int) -> Scope:
    headers = {"accept": "text/event-stream", "content-type": "application/json", "content-length": str(length)}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }
