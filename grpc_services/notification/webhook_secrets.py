"""The secrets that sign hoteliers' webhooks: shown once, encrypted at rest, two of them during a rotation."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from standardwebhooks import Webhook

_BYTES = 32  # Standard Webhooks asks for 24 to 64


class WebhookSecrets:
    def __init__(self, encryption_secret: str) -> None:
        derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"innkeeper/notification/webhooks")
        self._cipher = Fernet(base64.urlsafe_b64encode(derivation.derive(encryption_secret.encode())))

    def new(self) -> tuple[str, bytes]:
        """A secret, as its receiver gets it and as it is stored."""
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
        return secret, self._cipher.encrypt(secret.encode())

    def headers(self, stored: Sequence[bytes], event_id: str, now: dt.datetime, body: str) -> dict[str, str]:
        """What goes with a body, signed with every one of the secrets, as Standard Webhooks says."""
        signers = [Webhook(self._cipher.decrypt(secret).decode()) for secret in stored]
        return {
            "content-type": "application/json",
            "user-agent": "Innkeeper-Webhooks",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(event_id, now, body) for signer in signers),
        }
