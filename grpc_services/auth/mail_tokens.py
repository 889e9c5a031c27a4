"""The one-time tokens of account mails: reckoned from a mail's id when it leaves, and recognised by their hash.

So a mail that is sent twice carries the same token, and no database, queue or log ever holds one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid


class MailTokens:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_mail(self, mail_id: uuid.UUID) -> str:
        """256 bits in 43 characters that need no escaping in addresses."""
        return base64.urlsafe_b64encode(hmac.digest(self._key, mail_id.bytes, hashlib.sha256)).rstrip(b"=").decode()

    def hash_of_mail(self, mail_id: uuid.UUID) -> bytes:
        return token_hash(self.of_mail(mail_id))


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
