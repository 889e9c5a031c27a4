"""A booking's papers over HTTP: its bill as a page and its calendar file, for whoever knows their secret address.

Like a shared calendar's, the address is a secret: nothing here writes it anywhere, and pages that are opened
from it are not told where their reader came from.
"""

from __future__ import annotations

import strawberry
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.context import Info
from api.invoice import CONTENT_POLICY, language_of, page
from api.services import Services
from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.errors import NotFound, ServiceError

PRIVATE = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}


@strawberry.type
class BookingDocuments:
    """A part of the type Booking."""

    document_secret: strawberry.Private[str]

    @strawberry.field(
        description="The page of its bill, ready to be printed. Whoever knows the address can read it, without a login."
    )
    def invoice_url(self, info: Info) -> str:
        return _address(info, self.document_secret, "invoice")

    @strawberry.field(
        description="The stay as a calendar file (.ics). Whoever knows the address can read it, without a login."
    )
    def calendar_url(self, info: Info) -> str:
        return _address(info, self.document_secret, "stay.ics")


class Documents:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def invoice(self, request: Request) -> Response:
        document = await self._read(request)
        if isinstance(document, Response):
            return document
        language = language_of(request.headers.get("accept-language", ""))
        headers = PRIVATE | {
            "content-security-policy": CONTENT_POLICY,
            "content-language": language,
            "vary": "accept-language",
        }
        return HTMLResponse(page(document, language), headers=headers)

    async def calendar(self, request: Request) -> Response:
        document = await self._read(request)
        if isinstance(document, Response):
            return document
        headers = PRIVATE | {"content-disposition": 'attachment; filename="stay.ics"'}
        return Response(document.calendar, media_type="text/calendar", headers=headers)

    async def _read(self, request: Request) -> booking_pb2.Document | Response:
        asked = booking_pb2.ReadDocumentRequest(secret=request.path_params["secret"])
        try:
            return await call(self._services.bookings.ReadDocument, asked, token="")
        except ServiceError as refusal:
            if refusal.code == NotFound.code:
                return PlainTextResponse("There is no such document.\n", status_code=404, headers=PRIVATE)
            return PlainTextResponse(
                "Please try again later.\n", status_code=503, headers=PRIVATE | {"retry-after": "60"}
            )


def _address(info: Info, secret: str, name: str) -> str:
    return f"{info.context.services.public_url}/documents/{secret}/{name}"
