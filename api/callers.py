"""From an Authorization header to a verified caller."""

from __future__ import annotations

from runtime.errors import Unauthenticated
from runtime.identity import ANONYMOUS, Caller, TokenVerifier


async def caller_of(verifier: TokenVerifier, authorization: str) -> Caller:
    """Anonymous without a header; raises Unauthenticated for one that does not prove anything."""
    if not authorization:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send `Authorization: Bearer` with an access token.")
    return await verifier.verify(token.strip())
