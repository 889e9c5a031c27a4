"""Switching a kind of mail off from the mail itself: by a page that asks first, as programs that check mails open every
link in them, and by the one request that mail programs send (RFC 8058). The secret in the address is all one needs.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.services import Services
from contracts.notification.v1 import preference_pb2
from runtime.channels import call
from runtime.errors import NotFound, ServiceError

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}
_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
).get_template("unsubscribe.html")


class Unsubscribing:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def ask(self, request: Request) -> Response:
        asked = preference_pb2.ReadSubscriptionRequest(secret=request.path_params["secret"])
        try:
            return _page(await call(self._services.preferences.ReadSubscription, asked, token=""))
        except ServiceError as refusal:
            return _refused(refusal)

    async def unsubscribe(self, request: Request) -> Response:
        asked = preference_pb2.UnsubscribeRequest(secret=request.path_params["secret"])
        try:
            return _page(await call(self._services.preferences.Unsubscribe, asked, token=""))
        except ServiceError as refusal:
            return _refused(refusal)


def _page(subscription: preference_pb2.Subscription) -> Response:
    headers = _HEADERS | {"content-security-policy": CONTENT_POLICY, "content-language": subscription.locale}
    return HTMLResponse(_PAGE.render(page=subscription), headers=headers)


def _refused(refusal: ServiceError) -> Response:
    if refusal.code == NotFound.code:
        return PlainTextResponse("There is no such mail.\n", status_code=404, headers=_HEADERS)
    return PlainTextResponse("Please try again later.\n", status_code=503, headers=_HEADERS | {"retry-after": "60"})
