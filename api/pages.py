"""Pages that the gateway serves: the playground's build, and the headers that keep pages to themselves."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLAYGROUND_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STRICT_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for browsers that do not know frame-ancestors
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",  # counts over https only
}


def playground(web_root: str) -> ASGIApp:
    folder = Path(web_root) / "playground"
    if (folder / "index.html").is_file():
        return StaticFiles(directory=folder, html=True)
    return _not_built


async def _not_built(scope: Scope, receive: Receive, send: Send) -> None:
    response = PlainTextResponse("The playground is not built yet: run `make web`.\n", status_code=503)
    await response(scope, receive, send)


async def front_door(_request: Request) -> Response:
    return PlainTextResponse(
        "Innkeeper\n\n"
        "GraphQL      /graphql\n"
        "Playground   /playground/\n"
        "Health       /health/ready\n"
        "Metrics      /metrics\n"
    )


class SecurityHeaders:
    """Adds to every HTTP response what browsers need to be told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault(
                    "content-security-policy",
                    PLAYGROUND_CSP if scope["path"].startswith("/playground") else STRICT_CSP,
                )
            await send(message)

        await self._app(scope, receive, send_with_headers)
