"""The door where the payment system tells how a payment went.

Verified before anything is looked up, stored by booking or salon before it is answered, worked off later.
"""

from __future__ import annotations

import orjson
import structlog
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.services import Services
from contracts.settlement.v1 import settlement_pb2
from runtime.channels import call
from runtime.errors import ServiceError
from runtime.request_context import begin_request, request_id

log = structlog.get_logger()

PROVIDER = "innkeeper-payments"
LARGEST_WEBHOOK = 64 * 1024
_SERVICE_OF = {"BOOKING": "booking", "APPOINTMENT": "salon"}


class PaymentWebhook:
    """Follows the Standard Webhooks specification; while secrets rotate, any live one verifies."""

    def __init__(self, services: Services, secrets: list[SecretStr]) -> None:
        self._services = services
        self._verifiers = [Webhook(secret.get_secret_value()) for secret in secrets]

    async def receive(self, request: Request) -> Response:
        begin_request(request_id(), seconds_left=4.0)  # sooner than the payment system gives up
        body = await _limited_body(request)
        if body is None:
            return _refusal(413, "PAYLOAD_TOO_LARGE", "The body is too large.")
        headers = {
            name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        }
        if not self._is_genuine(body, headers):
            log.warning("webhook.refused")
            return _refusal(401, "INVALID_SIGNATURE", "The signature does not match, or it is too old.")
        event_id = headers["webhook-id"]
        service = _SERVICE_OF.get(_purpose(body), "booking")
        try:
            duplicate = await self._store(service, event_id, body)
        except ServiceError as refusal:
            log.warning("webhook.not_stored", event_id=event_id, reason=refusal.code)
            return _refusal(503, "UNAVAILABLE", "Please deliver this again.")
        log.info("webhook.stored", service=service, event_id=event_id, duplicate=duplicate)
        if duplicate:
            return Response(status_code=204)
        # It is stored, and a sweeper finds what nobody woke: the payment system need not wait for Redis.
        waking = BackgroundTask(self._services.jobs.settle_payment_event, service, PROVIDER, event_id, request_id())
        return Response(status_code=204, background=waking)

    async def _store(self, service: str, event_id: str, body: bytes) -> bool:
        """Whether it was known before."""
        stored = await call(
            self._services.settlements[service].ReceivePaymentEvent,
            settlement_pb2.ReceivePaymentEventRequest(provider=PROVIDER, event_id=event_id, payload=body),
            token=await self._services.identity.token(),
        )
        return stored.duplicate

    def _is_genuine(self, body: bytes, headers: dict[str, str]) -> bool:
        for verifier in self._verifiers:
            try:
                verifier.verify(body, headers)
            except (WebhookVerificationError, ValueError):
                continue
            return True
        return False


def _purpose(body: bytes) -> str:
    """What the payment is for, as the body says; a booking where it says nothing."""
    try:
        purpose = orjson.loads(body)["data"]["purpose"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "BOOKING"
    return purpose if isinstance(purpose, str) else "BOOKING"


async def _limited_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_WEBHOOK:
            return None
    return bytes(body)


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=status)
