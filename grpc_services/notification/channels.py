"""The auth service, as the notification service needs it: where to write to people, and in which language."""

from __future__ import annotations

import time
import uuid

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_services.notification.wording import DEFAULT_LOCALE
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.identity import current_caller

_LOCALE_SECONDS = 60.0
_MOST_LOCALES = 10_000


class People:
    def __init__(self, auth: auth_pb2_grpc.AuthServiceAsyncStub, identity: ServiceIdentity) -> None:
        self._auth = auth
        self._identity = identity
        self._locales: dict[uuid.UUID, tuple[float, str]] = {}

    async def contact(self, account_id: uuid.UUID) -> auth_pb2.Contact | None:
        """Asked anew each time and never stored; None when the account is gone."""
        answer = await call(
            self._auth.GetContacts,
            auth_pb2.GetContactsRequest(account_ids=[str(account_id)]),
            token=await self._identity.token(),
        )
        return answer.contacts[0] if answer.contacts else None

    async def locale(self, account_id: uuid.UUID) -> str:
        """English while auth is away, or when the account is gone."""
        try:
            contact = await self.contact(account_id)
        except ServiceError:
            return DEFAULT_LOCALE
        return contact.locale if contact else DEFAULT_LOCALE

    async def time_zone(self, account_id: uuid.UUID) -> str:
        """Where the person lives; empty where that is not known."""
        contact = await self.contact(account_id)
        return contact.time_zone if contact else ""

    async def callers_locale(self) -> str:
        """The language of whoever is calling, remembered for a minute; English while auth is away."""
        account_id = current_caller().account_id
        until, locale = self._locales.get(account_id, (0.0, DEFAULT_LOCALE))
        if until > time.monotonic():
            return locale
        try:
            account = await call(self._auth.GetAccount, auth_pb2.GetAccountRequest(), at_most=1.0)
        except ServiceError:
            return locale
        if len(self._locales) >= _MOST_LOCALES:
            self._locales.clear()
        self._locales[account_id] = (time.monotonic() + _LOCALE_SECONDS, account.locale)
        return account.locale
