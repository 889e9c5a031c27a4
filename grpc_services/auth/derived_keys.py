"""Keys for one purpose each, derived from the one secret that the service is given (HKDF, RFC 5869)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes."""
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"innkeeper/auth/{purpose}".encode())
    return derivation.derive(secret.encode())
