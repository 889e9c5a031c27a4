"""The gateway as an ASGI application."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.account_export import AccountExport
from api.account_pages import RESET_PATH, VERIFY_PATH, AccountPages
from api.admission import Admission
from api.calendar_export import CalendarExport
from api.client_address import trusted_networks
from api.cross_site import CUSTOM_HEADER
from api.documents import Documents
from api.doors import Door
from api.follower_limits import FollowerLimits
from api.fresh_requests import FreshRequests
from api.graphql_http import GraphQLOverHTTP
from api.graphql_ws import GraphQLOverWebSocket
from api.health import Readiness, live, metrics
from api.oauth import TOKEN_PATH, OAuthEndpoint
from api.pages import SecurityHeaders, front_door, playground
from api.payment_webhook import PaymentWebhook
from api.payout_papers import PayoutPapers
from api.services import Services
from api.trusted_documents import BrokenManifest, read_manifests
from api.unsubscribing import Unsubscribing
from contracts.auth.v1 import auth_pb2
from runtime.channels import call
from runtime.errors import ServiceError
from runtime.request_context import REQUEST_ID_HEADER
from runtime.settings import GatewaySettings


def build_app(settings: GatewaySettings, services: Services, closing: asyncio.Event | None = None) -> ASGIApp:
    """GraphQL is dispatched before the router, everything else through it. `closing` ends the event streams, for
    which the server would wait. Raises BrokenManifest, and ValueError for a proxy that is no address."""

    async def jwks(_request: Request) -> Response:
        try:
            keys = await call(services.auth.GetJwks, auth_pb2.GetJwksRequest(), token="")
        except ServiceError as refusal:
            return JSONResponse({"code": refusal.code, "message": refusal.message}, status_code=503)
        return Response(keys.jwks_json, media_type="application/jwk-set+json", headers={"cache-control": "max-age=60"})

    async def to_playground(_request: Request) -> Response:
        return RedirectResponse("/playground/")

    documents = read_manifests(Path(settings.web_root))
    if settings.only_trusted_documents and not documents:
        raise BrokenManifest(f"there are no registered documents under {settings.web_root}; build the pages (make web)")
    door = Door(
        services,
        Admission(documents, services.rate_limits, only_trusted=settings.only_trusted_documents),
        trusted_proxies=trusted_networks(settings.trusted_proxies),
        allowed_origins=frozenset(settings.allowed_origins),
        slow_client_seconds=settings.slow_client_seconds,
        followers=FollowerLimits(settings.subscriptions_per_address),
        closing=closing or asyncio.Event(),
    )
    unsubscribing, payouts = Unsubscribing(services), PayoutPapers(services)
    papers, account_pages, oauth = Documents(services), AccountPages(door), OAuthEndpoint(door)
    routes = [
        Route("/", front_door),
        Route("/webhooks/payments", PaymentWebhook(services, settings.webhook_secrets).receive, methods=["POST"]),
        Route("/calendars/{secret}.ics", CalendarExport(services).read),
        Route("/documents/{secret}/invoice", papers.invoice),
        Route("/documents/{secret}/stay.ics", papers.calendar),
        Route("/unsubscribe/{secret}", unsubscribing.ask, methods=["GET"]),
        Route("/unsubscribe/{secret}", unsubscribing.unsubscribe, methods=["POST"]),
        Route("/payouts/{token}/statement", payouts.page),
        Route("/payouts/{token}/statement.csv", payouts.table),
        Route("/.well-known/jwks.json", jwks),
        Route("/.well-known/oauth-authorization-server", oauth.metadata),
        Route(TOKEN_PATH, oauth.token, methods=["POST"]),
        Route(VERIFY_PATH, account_pages.verify, methods=["GET", "POST"]),
        Route(RESET_PATH, account_pages.reset, methods=["GET", "POST"]),
        Route("/account/export/{secret}", AccountExport(services).read),
        Route("/health/live", live),
        Route("/health/ready", Readiness(services).report),
        Route("/metrics", metrics),
        Route("/playground", to_playground),
        Mount("/playground", playground(settings.web_root)),
    ]
    rest = Starlette(routes=routes)
    over_http, over_socket = GraphQLOverHTTP(door), GraphQLOverWebSocket(door)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] == "/graphql":
            await (over_http if scope["type"] == "http" else over_socket)(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return _surrounded(app, settings)


def _surrounded(app: ASGIApp, settings: GatewaySettings) -> ASGIApp:
    """Browsers of other sites may call only if their site is allowed."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", REQUEST_ID_HEADER, CUSTOM_HEADER],
        expose_headers=[REQUEST_ID_HEADER, "ratelimit", "ratelimit-policy", "retry-after"],
    )
    return FreshRequests(SecurityHeaders(cors.cls(app, *cors.args, **cors.kwargs) if settings.allowed_origins else app))
