"""A client of the public API that knows one thing: a mutation answers its success or a typed refusal."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

_AWAY = "UNAVAILABLE"
_PAUSES = (0.2, 1.0, 5.0, 10.0)  # seconds
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class ReplayFailed(Exception):
    """The platform did what it never should; the message is the one line a person needs."""


@dataclass(frozen=True)
class Refused(Exception):
    """A typed refusal of the public schema."""

    code: str
    message: str


class Connections:
    """HTTP/1.1 to our own gateway over connections that are kept. So little, since a client library took an eighth of
    the time of a replay."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._host = parts.netloc
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes, headers: str) -> bytes:
        """The body of the answer. Raises OSError when the gateway is gone."""
        reader, writer = await self._connection()
        head = f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\n{headers}content-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        try:
            answered = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(answered)
            payload = await reader.readexactly(int(length[1]) if length else 0)
        except asyncio.IncompleteReadError:
            raise OSError("the gateway hung up") from None
        self._idle.append((reader, writer))
        return payload

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():  # the gateway ends what was idle for long
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._address)


@asynccontextmanager
async def open_connections(url: str) -> AsyncIterator[Connections]:
    connections = Connections(url)
    try:
        yield connections
    finally:
        connections.close()


class Client:
    """Somebody who talks to the gateway."""

    def __init__(self, connections: Connections, token: str = "") -> None:
        self._connections = connections
        bearer = f"authorization: Bearer {token}\r\n" if token else ""
        self._headers = f"content-type: application/json\r\n{bearer}"

    async def ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an answer. On a machine that is too busy a call may find a part of the platform not answering:
        it is repeated as it is, its idempotency key included. Raises ReplayFailed for every other error."""
        body = orjson.dumps({"query": document, "variables": variables})
        for pause in _PAUSES:
            told = orjson.loads(await self._connections.post("/graphql", body, self._headers))
            if "errors" not in told:
                data: dict[str, Any] = told["data"]
                return data
            if any(error.get("extensions", {}).get("code") != _AWAY for error in told["errors"]):
                break
            await asyncio.sleep(pause)
        raise ReplayFailed(f"the gateway answered: {told['errors']}")

    async def mutate(self, document: str, **wanted: Any) -> dict[str, Any]:
        """The success member of a mutation's result. Raises Refused."""
        member: dict[str, Any] = (await self.mutate_all(document, {"input": wanted}))["result"]
        return member

    async def mutate_all(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The success members of several mutations in a row. Raises Refused for the first that is not one."""
        members = await self.ask(document, variables)
        for member in members.values():
            if "code" in member:
                raise Refused(member["code"], member["message"])
        return members


def mutation(name: str, success: str, wanted: str, *, takes: str = "") -> str:
    """A document with one mutation, its input as the variable `input`, and what is wanted of its success."""
    takes = takes or f"{name[0].upper()}{name[1:]}Input"
    return (
        f"mutation ($input: {takes}!) {{ result: {name}(input: $input) "
        f"{{ ... on {success} {{ {wanted} }} ... on UserError {{ code message }} }} }}"
    )


def new_key() -> str:
    """An idempotency key."""
    return str(uuid.uuid4())
