"""A client of the graphql-transport-ws protocol that sends what it is told to, also what it should not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from tests.api.house import socket_url

PROTOCOL = "graphql-transport-ws"
FOLLOW = """
subscription ($bookingId: ID!, $afterVersion: Int) {
  bookingStatus(bookingId: $bookingId, afterVersion: $afterVersion) { state version booking { id version } }
}
"""
PATIENCE_SECONDS = 60.0


@dataclass
class Socket:
    connection: ClientConnection

    async def send(self, frame: object) -> None:
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def receive(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            frame: dict[str, Any] = json.loads(await self.connection.recv())
        return frame

    async def introduce(self, token: str = "") -> None:
        payload = {"Authorization": f"Bearer {token}"} if token else None
        await self.send({"type": "connection_init", "payload": payload})
        assert (await self.receive())["type"] == "connection_ack"

    async def subscribe(self, identifier: str, query: str, variables: dict[str, Any] | None = None) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": identifier, "type": "subscribe", "payload": payload})

    async def follow(self, booking_id: str, after_version: int | None = None, *, identifier: str = "follow") -> None:
        variables = {"bookingId": booking_id, "afterVersion": after_version}
        await self.subscribe(identifier, FOLLOW, variables)

    async def next_move(self, seconds: float = PATIENCE_SECONDS) -> tuple[str, int]:
        """State and version of the next move that the subscription tells."""
        frame = await self.receive(seconds)
        assert frame["type"] == "next", frame
        assert "errors" not in frame["payload"], frame
        move = frame["payload"]["data"]["bookingStatus"]
        return move["state"], move["version"]

    async def close_code(self, seconds: float = PATIENCE_SECONDS) -> int | None:
        """The code with which the server ends the socket, whatever it says before."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@asynccontextmanager
async def open_socket(
    url: str, *, token: str | None = None, protocol: str | None = PROTOCOL, origin: str | None = None
) -> AsyncIterator[Socket]:
    """Introduced with the token, or as nobody with an empty one; not at all when it is None."""
    async with connect(
        socket_url(url),
        subprotocols=[Subprotocol(protocol)] if protocol else None,
        origin=Origin(origin) if origin else None,
        proxy=None,
        close_timeout=2,
    ) as connection:
        socket = Socket(connection)
        if token is not None:
            await socket.introduce(token)
        yield socket
