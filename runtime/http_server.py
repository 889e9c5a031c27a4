"""A web server inside a process that already has an event loop and its own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GRACE_SECONDS = 3  # requests, sockets and streams that are still open are cut then
LARGEST_FRAME = 64 * 1024
_UNREAD_SECONDS = 30  # the system cuts a connection whose other end takes nothing for so long


class _GuestServer(uvicorn.Server):
    """uvicorn would take SIGTERM for itself, and then nobody else in the process would stop in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _PatientSocket(WebSocketsSansIOProtocol):
    """Reads nothing more from a client that does not read: answers to its pings would be kept without end."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()  # a goodbye waits for nobody to read
        await super().send(message)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()


@asynccontextmanager
async def http_server(app: ASGIApp, host: str, port: int, *, websockets: bool = False) -> AsyncIterator[str]:
    """Serves until the block ends; answers its address, with the port that the system chose when 0 was asked
    for. Raises OSError with one clear line when the address is taken. There is no access log: addresses of
    pages may be secrets."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws=_PatientSocket if websockets else "none",
        ws_max_size=LARGEST_FRAME,
        ws_ping_interval=20,
        ws_per_message_deflate=False,  # messages are small, and every socket would keep a window for them
        server_header=False,
        proxy_headers=False,  # it would believe whoever calls from this machine; api/client_address.py knows better
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )
    server = _GuestServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS * 1000)
        listener.bind(address)
    except OSError:
        raise OSError(f"address {host}:{port} is taken or cannot be used") from None
    listener.listen(512)
    listener.setblocking(False)
    return listener
