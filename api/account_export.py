"""Everything that is known of a person, as one JSON document that is written while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from api.services import Services
from contracts.auth.v1 import account_pb2, auth_pb2
from contracts.booking.v1 import booking_pb2
from contracts.notification.v1 import notification_pb2
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.errors import NotFound, ServiceError
from runtime.identity import set_current_caller

_PAGE = 100
_PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex, nofollow"}
_SECRETS = frozenset({"documentSecret"})  # addresses that open papers are no facts of the person

List = Callable[[str], Awaitable[Any]]


class AccountExport:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, request: Request) -> Response:
        redeem = account_pb2.RedeemExportTicketRequest(secret=request.path_params["secret"])
        try:
            redeemed = await call(self._services.accounts.RedeemExportTicket, redeem, token="")
            set_current_caller(await self._services.verifier.verify(redeemed.access_token))
            account = await call(self._services.auth.GetAccount, auth_pb2.GetAccountRequest())
        except ServiceError as refusal:
            if refusal.code == NotFound.code:
                return PlainTextResponse("There is no such document.\n", status_code=404, headers=_PRIVATE)
            return PlainTextResponse(
                "Please try again later.\n", status_code=503, headers=_PRIVATE | {"retry-after": "60"}
            )
        headers = _PRIVATE | {"content-disposition": 'attachment; filename="innkeeper-account.json"'}
        caller = await self._services.verifier.verify(redeemed.access_token)

        async def written() -> AsyncIterator[bytes]:
            set_current_caller(caller)  # the server reads on in a context of its own
            async for chunk in self._document(account):
                yield chunk

        return StreamingResponse(written(), media_type="application/json", headers=headers)

    async def _document(self, account: auth_pb2.Account) -> AsyncIterator[bytes]:
        services = self._services
        yield b'{"profile":' + _json(account)
        lists: dict[str, tuple[str, List]] = {
            "sessions": (
                "sessions",
                lambda after: call(services.auth.ListSessions, auth_pb2.ListSessionsRequest(first=_PAGE, after=after)),
            ),
            "bookings": (
                "bookings",
                lambda after: call(
                    services.bookings.ListBookings, booking_pb2.ListBookingsRequest(first=_PAGE, after=after)
                ),
            ),
            "appointments": (
                "appointments",
                lambda after: call(
                    services.appointments.ListAppointments,
                    appointment_pb2.ListAppointmentsRequest(first=_PAGE, after=after),
                ),
            ),
            "reviews": (
                "reviews",
                lambda after: call(
                    services.reviews.ListReviews, review_pb2.ListReviewsRequest(first=_PAGE, after=after)
                ),
            ),
            "notifications": (
                "notifications",
                lambda after: call(
                    services.notifications.ListNotifications,
                    notification_pb2.ListNotificationsRequest(first=_PAGE, after=after),
                ),
            ),
        }
        for name, (field, page_after) in lists.items():
            yield f',"{name}":['.encode()
            between = b""
            async for found in _every(field, page_after):
                yield between + _json(found)
                between = b","
            yield b"]"
        yield b"}\n"


async def _every(field: str, page_after: List) -> AsyncIterator[Message]:
    after = ""
    while True:
        page = await page_after(after)
        for found in getattr(page, field):
            yield found
        if not page.has_next_page:
            return
        after = page.cursors[-1]


def _json(message: Message) -> bytes:
    facts = MessageToDict(message)
    return orjson.dumps({name: value for name, value in facts.items() if name not in _SECRETS})
