"""Making tokens: signed access tokens that anybody can verify, and refresh tokens that mean nothing to anybody."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from joserfc import jwt

from grpc_services.auth.signing_keys import SigningKeys
from runtime.clock import utc_now
from runtime.identity import ALGORITHM, Role, Scope
from runtime.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str
    expires_at: dt.datetime


class AccessTokens:
    """Issues JWTs with the claims that `runtime.identity.TokenVerifier` asks for."""

    def __init__(self, keys: SigningKeys, settings: AuthSettings) -> None:
        self._keys = keys
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._lifetime = dt.timedelta(seconds=settings.access_token_seconds)

    def for_session(self, account_id: uuid.UUID, role: Role, session_id: uuid.UUID) -> AccessToken:
        return self._signed({"sub": str(account_id), "role": role.value, "sid": str(session_id)})

    def for_machine(self, account_id: uuid.UUID, client_id: str, scopes: Collection[Scope]) -> AccessToken:
        """A token for a hotelier's own system (RFC 9068): in their name, within these scopes."""
        return self._signed(
            {
                "sub": str(account_id),
                "role": Role.HOTELIER.value,
                "sid": "",
                "client_id": client_id,
                "scope": " ".join(sorted(scopes)),
            }
        )

    def for_client(self, client_id: str) -> AccessToken:
        """A token for one of our own processes, which is no account and has no session."""
        return self._signed({"sub": str(uuid.UUID(int=0)), "role": Role.SYSTEM.value, "sid": "", "client": client_id})

    def _signed(self, claims: dict[str, object]) -> AccessToken:
        issued_at = utc_now().replace(microsecond=0)
        expires_at = issued_at + self._lifetime
        key = self._keys.current
        token = jwt.encode(
            {"alg": ALGORITHM, "kid": key.kid},
            {
                "iss": self._issuer,
                "aud": self._audience,
                "iat": int(issued_at.timestamp()),
                "exp": int(expires_at.timestamp()),
                "jti": uuid.uuid4().hex,
                **claims,
            },
            key,
            algorithms=[ALGORITHM],
        )
        return AccessToken(token, expires_at)


@dataclass(frozen=True, slots=True)
class RefreshTokenSecret:
    """256 random bits for the client, and the hash that we keep."""

    text: str
    hash: bytes


def new_refresh_token() -> RefreshTokenSecret:
    text = secrets.token_urlsafe(32)
    return RefreshTokenSecret(text, refresh_token_hash(text))


def refresh_token_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
