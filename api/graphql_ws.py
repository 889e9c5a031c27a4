"""The graphql-transport-ws protocol: one socket, many operations, every bad frame answered by its code.

An operation waits for the client to have read what it told before it goes on, so nothing piles up; a client that
reads nothing for too long is left, with 4410.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from prometheus_client import Gauge
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.admission import Asked, NotAsked, asked_of
from api.callers import caller_of
from api.context import RequestContext
from api.doors import SLOW_CLIENTS, Door
from api.errors import formatted_error
from api.operations import Chosen, open_subscription, response_body, run_operation
from api.rate_limits import TooManyOperations
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import ANONYMOUS, Caller, set_current_caller
from runtime.request_context import REQUEST_ID_HEADER, begin_request
from runtime.waiting import wait_at_most

log = structlog.get_logger()

SUBPROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 3.0
MOST_OPERATIONS = 100
TOO_SLOW = 4410

SOCKETS = Gauge("innkeeper_websockets", "Open GraphQL sockets")


class Close(Exception):
    """Ends the socket with a code of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLOverWebSocket:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self._may_come(socket):
            await socket.close(4403, "This origin is not allowed.")
            return
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(SUBPROTOCOL)
        with SOCKETS.track_inprogress():
            await _Conversation(self._door, socket).hold()

    def _may_come(self, socket: WebSocket) -> bool:
        """Browsers say where a page came from; ours may connect, strangers' may not. Programs say nothing."""
        origin = socket.headers.get("origin")
        if origin is None or origin in self._door.allowed_origins:
            return True
        return origin.partition("://")[2] == socket.headers.get("host")


class _Conversation:
    def __init__(self, door: Door, socket: WebSocket) -> None:
        self._door = door
        self._socket = socket
        self._caller: Caller | None = None
        self._initialised = False
        self._known = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def hold(self) -> None:
        watch = asyncio.create_task(self._watch_over())
        try:
            while True:
                await self._take(await self._next_frame())
        except WebSocketDisconnect:
            pass
        except Close as close:
            await self._close(close)
        finally:
            running = [watch, *self._operations.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _watch_over(self) -> None:
        """Closes a socket that does not introduce itself in time, and one whose token has ended."""
        if not await wait_at_most(self._known, INIT_SECONDS):
            await self._close(Close(4408, "Connection initialisation timeout"))
            return
        if self._caller is None or self._caller is ANONYMOUS:
            return
        with self._door.services.revocations.watch(self._caller) as revoked:
            over = await wait_at_most(revoked, max(self._caller.expires_at - time.time(), 0))
        await self._close(Close(4403, "The session is over." if over else "The access token has ended."))

    async def _next_frame(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise Close(4400, "Frames must be text")
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Close(4400, "Frames must be JSON") from None
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise Close(4400, "Frames must be objects with a type")
        return frame

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "connection_init":
                await self._initialise(frame.get("payload"))
            case "ping":
                await self._send({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                self._subscribe(frame)
            case "complete":
                operation = self._operations.pop(str(frame.get("id")), None)
                if operation:
                    operation.cancel()
            case _:
                raise Close(4400, "Unknown type of frame")

    async def _initialise(self, payload: Any) -> None:
        if self._initialised:
            raise Close(4429, "Too many initialisation requests")
        self._initialised = True
        if payload is not None and not isinstance(payload, dict):
            raise Close(4400, "The payload must be an object")
        given = {name.lower(): value for name, value in (payload or {}).items()}
        authorization = given.get("authorization", "")
        try:
            self._caller = await caller_of(
                self._door.services.verifier, authorization if isinstance(authorization, str) else ""
            )
        except Unauthenticated:
            raise Close(4403, "Forbidden") from None
        except ServiceError:  # the keys that tokens are verified with cannot be had; the client may come again
            raise Close(1013, "Try again later") from None
        self._known.set()
        await self._send({"type": "connection_ack"})

    def _subscribe(self, frame: dict[str, Any]) -> None:
        if self._caller is None:
            raise Close(4401, "Unauthorized")
        identifier, payload = frame.get("id"), frame.get("payload")
        if not isinstance(identifier, str) or not identifier or not isinstance(payload, dict):
            raise Close(4400, "A subscribe frame has an id and a payload")
        try:
            asked = asked_of(payload)
        except NotAsked as wrong:
            raise Close(4400, str(wrong)) from None
        if identifier in self._operations:
            raise Close(4409, f"Subscriber for {identifier} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            raise Close(4400, f"At most {MOST_OPERATIONS} operations a socket")
        self._operations[identifier] = asyncio.create_task(self._run(identifier, asked))

    async def _run(self, identifier: str, asked: Asked) -> None:
        begin_request(self._socket.headers.get(REQUEST_ID_HEADER))
        set_current_caller(self._caller or ANONYMOUS)
        try:
            await self._execute(identifier, self._door.context(self._socket), asked)
        except WebSocketDisconnect:
            return
        except TooManyOperations as many:
            await self._send_errors(identifier, [many.error()])
        except Exception as failure:
            if self._open:  # else the client has gone, and it was the sending that failed
                await self._send_errors(identifier, [formatted_error(GraphQLError("", original_error=failure))])
        finally:
            if self._operations.get(identifier) is asyncio.current_task():
                del self._operations[identifier]

    async def _execute(self, identifier: str, context: RequestContext, asked: Asked) -> None:
        caller = self._caller or ANONYMOUS
        self._door.admission.refuse_the_spent(caller, context.address)
        chosen = self._door.admission.choose(asked, caller)
        await self._door.admission.count(chosen, caller, context.address)
        if not isinstance(chosen, Chosen):
            await self._send_errors(identifier, chosen)
            return
        if chosen.kind is not OperationType.SUBSCRIPTION:
            body = await run_operation(chosen, context)
            await self._send({"id": identifier, "type": "next", "payload": body})
            await self._send({"id": identifier, "type": "complete"})
            return
        with self._door.followers.one_more(context.address):
            await self._follow(identifier, context, chosen)

    async def _follow(self, identifier: str, context: RequestContext, chosen: Chosen) -> None:
        stream = await open_subscription(chosen, context)
        if isinstance(stream, ExecutionResult):
            await self._send_errors(identifier, response_body(chosen, stream)["errors"])
            return
        try:
            async for result in stream:
                await self._send({"id": identifier, "type": "next", "payload": response_body(chosen, result)})
        finally:
            with suppress(RuntimeError):
                await stream.aclose()  # type: ignore[attr-defined]
        await self._send({"id": identifier, "type": "complete"})

    async def _send_errors(self, identifier: str, errors: Sequence[dict[str, Any]]) -> None:
        await self._send({"id": identifier, "type": "error", "payload": errors})

    async def _send(self, frame: dict[str, Any]) -> None:
        """Raises WebSocketDisconnect when the client does not read, having closed the socket."""
        try:
            async with asyncio.timeout(self._door.slow_client_seconds):
                await self._socket.send_text(orjson.dumps(frame).decode())
        except TimeoutError:
            if self._open:
                SLOW_CLIENTS.labels("websocket").inc()
                await self._close(Close(TOO_SLOW, "The client does not read."))
            raise WebSocketDisconnect(TOO_SLOW) from None

    @property
    def _open(self) -> bool:
        return self._socket.application_state is WebSocketState.CONNECTED

    async def _close(self, close: Close) -> None:
        if self._open:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(close.code, close.reason)
