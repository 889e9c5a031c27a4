"""Asking for the mails of accounts, in the transaction of what they are about."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from grpc_services.auth import account_queries
from grpc_services.auth.mail_tokens import MailTokens
from runtime.clock import utc_now
from runtime.database import Connection
from runtime.request_context import request_id

MOST_ATTEMPTS = 6


class Purpose(enum.StrEnum):
    VERIFY_EMAIL = "VERIFY_EMAIL"
    CONFIRM_EMAIL = "CONFIRM_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105
    EMAIL_CHANGED = "EMAIL_CHANGED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    ACCOUNT_DELETED = "ACCOUNT_DELETED"


WITH_TOKEN = {
    Purpose.VERIFY_EMAIL: dt.timedelta(days=3),
    Purpose.CONFIRM_EMAIL: dt.timedelta(days=1),
    Purpose.RESET_PASSWORD: dt.timedelta(hours=1),
}
_NEWS_LIFETIME = dt.timedelta(days=2)


class Mails:
    def __init__(self, tokens: MailTokens) -> None:
        self._tokens = tokens

    async def ask(
        self, connection: Connection, purpose: Purpose, *, account_id: uuid.UUID | None, address: str, locale: str
    ) -> None:
        """Writes down that a mail is to be sent; a worker claims it."""
        identifier = uuid.uuid4()  # not to be guessed from another's
        await account_queries.ADD_MAIL.execute(
            connection,
            id=identifier,
            account_id=account_id,
            purpose=purpose.value,
            address=address,
            locale=locale,
            token_hash=self._tokens.hash_of_mail(identifier) if purpose in WITH_TOKEN else None,
            expires_at=utc_now() + WITH_TOKEN.get(purpose, _NEWS_LIFETIME),
            request_id=request_id(),
        )
