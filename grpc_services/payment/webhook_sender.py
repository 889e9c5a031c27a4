"""One POST to the merchant, signed as the Standard Webhooks specification says."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

TIMEOUT_SECONDS = 10.0
_SECRETS_IN_USE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """`status_code` is None when nothing came back; `failure` then says of what kind that was."""

    status_code: int | None
    failure: str
    duration_ms: int


class Sender(Protocol):
    @property
    def url(self) -> str: ...

    async def send(self, webhook_id: str, body: str, *, corrupted: bool = False) -> Answer: ...


def signers(secrets: Sequence[str]) -> list[Webhook]:
    """The signers in use; raises OSError with one line, and no secret in it, for secrets that cannot sign."""
    try:
        made = [Webhook(secret) for secret in secrets[:_SECRETS_IN_USE]]
    except (ValueError, EmptyWebhookSecretError):
        raise OSError("INNKEEPER_WEBHOOK_SECRETS: each secret is base64 behind whsec_") from None
    if not made:
        raise OSError("INNKEEPER_WEBHOOK_SECRETS: at least one secret is needed")
    return made


class WebhookSender:
    """Signs with the first secret and, while there is a second one, with that too, so that receivers who
    know only one of them can follow a rotation."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, secrets: Sequence[str], clock: Callable[[], dt.datetime]
    ) -> None:
        self._client = client
        self.url = url
        self._signers = signers(secrets)
        self._clock = clock

    async def send(self, webhook_id: str, body: str, *, corrupted: bool = False) -> Answer:
        """A corrupted body is not the one that was signed."""
        now = self._clock()
        content = (body.replace(":", ";", 1) if corrupted else body).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Innkeeper-Payments",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(webhook_id, now, body) for signer in self._signers),
        }
        started = time.monotonic()
        status_code, failure = None, ""
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._client.stream("POST", self.url, content=content, headers=headers) as response,
            ):
                status_code = response.status_code
        except (TimeoutError, httpx.TimeoutException):
            failure = "TIMEOUT"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            failure = "UNREACHABLE" if isinstance(problem, httpx.ConnectError) else "BROKEN_CONNECTION"
        return Answer(status_code, failure, round((time.monotonic() - started) * 1000))
