"""Every request begins with nothing of the one before: its own id and deadline, and nobody signed in.

The server may read on in the context of the request whose large body made it pause, and a proxy may send the
requests of different people over one connection.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.identity import ANONYMOUS, set_current_caller
from runtime.request_context import REQUEST_ID_HEADER, begin_request

REQUEST_SECONDS = 10.0


class FreshRequests:
    """Answers carry the request id; sockets have no deadline."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        over_http = scope["type"] == "http"
        set_current_caller(ANONYMOUS)
        request_id = begin_request(
            Headers(scope=scope).get(REQUEST_ID_HEADER), seconds_left=REQUEST_SECONDS if over_http else None
        )

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)
