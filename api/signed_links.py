"""Addresses that show one thing to whoever has them, for an hour: signed, so that nothing need be stored.

The key is derived from what the gateway signs in with, so that every gateway of a platform reads the others' links.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_ALGORITHM = "HS256"
_SECONDS = 3600
_LONGEST = 2000
_CLAIMS = jwt.JWTClaimsRegistry(exp={"essential": True}, aud={"essential": True, "value": "payout-statement"})


@dataclass(frozen=True, slots=True)
class PayoutLink:
    """The statement of a house. `kind` is Hotel or Salon; `house_id` its UUID."""

    kind: str
    house_id: str
    month: str


class SignedLinks:
    def __init__(self, secret: str, public_url: str) -> None:
        derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"innkeeper/gateway/links")
        self._key = OctKey.import_key(derivation.derive(secret.encode()))
        self._public_url = public_url.rstrip("/")

    def address(self, link: PayoutLink, name: str) -> str:
        claims = {
            "aud": "payout-statement",
            "exp": int(time.time()) + _SECONDS,
            "kind": link.kind,
            "house": link.house_id,
            "month": link.month,
        }
        token = jwt.encode({"alg": _ALGORITHM}, claims, self._key, algorithms=[_ALGORITHM])
        return f"{self._public_url}/payouts/{token}/{name}"

    def read(self, token: str) -> PayoutLink | None:
        """None for what we did not sign, or no longer stand by."""
        try:
            claims = jwt.decode(token[:_LONGEST], self._key, algorithms=[_ALGORITHM]).claims
            _CLAIMS.validate(claims)
        except (JoseError, ValueError, TypeError):
            return None
        return PayoutLink(claims["kind"], claims["house"], claims["month"])
