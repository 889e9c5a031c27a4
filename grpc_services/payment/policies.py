"""Who may call: the merchant's systems, which hold the API key. There are no accounts here."""

from __future__ import annotations

import hmac
from typing import Any

import grpc

from runtime.channels import incoming_metadata
from runtime.errors import PermissionDenied, Unauthenticated
from runtime.settings import PaymentSettings

API_KEY_HEADER = "x-api-key"


def require_api_key(context: grpc.aio.ServicerContext[Any, Any], api_key: str) -> None:
    """Raises Unauthenticated for a missing or wrong key; an empty configured key lets nobody in."""
    given = incoming_metadata(context).get(API_KEY_HEADER, "")
    if not api_key or not hmac.compare_digest(given.encode(), api_key.encode()):
        raise Unauthenticated("A valid API key is needed.")


def require_imitation(settings: PaymentSettings) -> None:
    """In production nobody plays the bank; raises PermissionDenied."""
    if settings.environment == "production":
        raise PermissionDenied("Nobody plays the bank in production.")
