"""The hosted checkout as a web application: routes, and the headers that keep its pages to themselves."""

from __future__ import annotations

import asyncio
import re
import uuid

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grpc_services.payment.card_form import LONGEST_FORM, BrokenForm, empty_form, read_card_form, read_fields
from grpc_services.payment.checkout import Checkout, CheckoutView
from grpc_services.payment.faults import CallFault, FaultSimulator
from grpc_services.payment.faulty_answers import FaultyPages
from grpc_services.payment.pages import CONTENT_SECURITY_POLICY, Page, notice_page, page_for, payment_page
from runtime.request_context import REQUEST_ID_HEADER, begin_request

log = structlog.get_logger()
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FORM_TYPE = "application/x-www-form-urlencoded"
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
}


def checkout_app(checkout: Checkout, faults: FaultSimulator) -> ASGIApp:
    pages = CheckoutPages(checkout, faults)
    application = Starlette(
        routes=[
            Route("/health/live", _live),
            Route("/checkout/{token}", pages.show),
            Route("/checkout/{token}", pages.pay, methods=["POST"]),
            Route("/checkout/{token}/confirmation", pages.confirm, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _refused, BrokenForm: _broken_form},
    )
    return GuardedPages(FaultyPages(application, faults))


class CheckoutPages:
    """Every POST that is understood ends in a redirect to the page that tells where the payment stands."""

    def __init__(self, checkout: Checkout, faults: FaultSimulator) -> None:
        self._checkout = checkout
        self._faults = faults

    async def show(self, request: Request) -> Response:
        view = await self._view(request)
        return HTMLResponse(payment_page(view, empty_form()))

    async def pay(self, request: Request) -> Response:
        fields = read_fields(await _form_body(request))
        view = await self._view(request)
        if page_for(view) is Page.CARD:
            form = read_card_form(fields, view.now.date())
            if form.card is None:
                return HTMLResponse(payment_page(view, form), status_code=422)
            await self._checkout.pay(view.payment.checkout_token, form.nonce, form.card)
            if self._faults.is_allowed and form.card.page_fault is CallFault.HANG:
                await asyncio.sleep(self._faults.plan.hang_seconds)
            elif self._faults.is_allowed and form.card.page_fault:
                return _fault_page("a test card asked for this")
        return RedirectResponse(view.payment.checkout_token, status_code=303)

    async def confirm(self, request: Request) -> Response:
        fields = read_fields(await _form_body(request))
        view = await self._view(request)
        if page_for(view) is Page.CONFIRMATION:
            attempt_id, approved = _read_confirmation(fields)
            await self._checkout.confirm(view.payment.checkout_token, attempt_id, approved=approved)
        return RedirectResponse(f"../{view.payment.checkout_token}", status_code=303)

    async def _view(self, request: Request) -> CheckoutView:
        token = request.path_params["token"]
        view = await self._checkout.look(token) if _TOKEN.fullmatch(token) else None
        if view is None:
            raise HTTPException(404)
        return view


class GuardedPages:
    """Puts the headers on every answer, and a plain page in the place of a fault."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begin_request(MutableHeaders(scope=scope).get(REQUEST_ID_HEADER))
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        try:
            await self._application(scope, receive, send_guarded)
        except ClientDisconnect:
            log.info("checkout.guest_left")
        except Exception:
            reference = uuid.uuid4().hex[:12]
            log.exception("checkout.fault", reference=reference)
            if not begun:
                await _fault_page(reference)(scope, receive, send_guarded)


async def _live(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _form_body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise BrokenForm
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(413)
    return bytes(body)


def _read_confirmation(fields: dict[str, str]) -> tuple[uuid.UUID, bool]:
    answer = fields.get("answer", "")
    if answer not in ("approve", "refuse"):
        raise BrokenForm
    try:
        return uuid.UUID(fields.get("attempt", "")), answer == "approve"
    except ValueError:
        raise BrokenForm from None


async def _refused(_request: Request, refusal: Exception) -> Response:
    status = refusal.status_code if isinstance(refusal, HTTPException) else 400
    if status == 404:
        page = notice_page(
            "This page does not exist",
            "The link may be incomplete. Open it again from your booking. Nothing was charged here.",
        )
    else:
        page = notice_page("This request was not understood", "Nothing was charged. Go back and open the page again.")
    return HTMLResponse(page, status_code=status)


async def _broken_form(_request: Request, _broken: Exception) -> Response:
    page = notice_page(
        "The form did not arrive whole", "Nothing was charged. Go back, reload the page and fill in the form again."
    )
    return HTMLResponse(page, status_code=400)


def _fault_page(reference: str) -> Response:
    page = notice_page(
        "Something went wrong on our side",
        f"Reload the payment page to see where your payment stands. Reference: {reference}.",
    )
    return HTMLResponse(page, status_code=500)
