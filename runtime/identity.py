"""Who is calling: a verified access token, made into a Caller that policies can ask."""

from __future__ import annotations

import asyncio
import enum
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from contracts.access.v1 import access_pb2
from runtime.errors import PermissionDenied, ServiceError, Unauthenticated

log = structlog.get_logger()

ALGORITHM = "Ed25519"  # RFC 9864's full name of EdDSA over this curve
NOBODY = uuid.UUID(int=0)
_CACHED_TOKENS = 4096
KEYS_SECONDS = 60.0


class Role(enum.StrEnum):
    ANONYMOUS = "ANONYMOUS"
    GUEST = "GUEST"
    HOTELIER = "HOTELIER"
    MASTER = "MASTER"
    ADMIN = "ADMIN"
    SYSTEM = "SYSTEM"


class Scope(enum.StrEnum):
    """What a hotelier's own system may be allowed; the names of `access.v1.Scope` as RFC 6749 writes them."""

    READ_HOTELS = "read:hotels"
    WRITE_HOTELS = "write:hotels"
    READ_RATES = "read:rates"
    WRITE_RATES = "write:rates"
    READ_INVENTORY = "read:inventory"
    WRITE_INVENTORY = "write:inventory"
    READ_BOOKINGS = "read:bookings"
    WRITE_BOOKINGS = "write:bookings"
    READ_APPOINTMENTS = "read:appointments"
    WRITE_APPOINTMENTS = "write:appointments"


_SCOPE_NAMES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """`account_id` is NOBODY for anonymous callers and for our own processes.

    A machine has the role and the account of the hotelier whose it is, and may do only what its scopes name;
    `scopes` is None for everybody else, whom their role alone limits.
    """

    role: Role
    account_id: uuid.UUID = NOBODY
    session_id: str = ""
    expires_at: float = 0.0  # Unix seconds; when the token that proved all this ends
    token: str = ""
    scopes: frozenset[Scope] | None = None
    client_id: str = ""  # of a machine
    process: str = ""  # which of our own processes

    @property
    def is_machine(self) -> bool:
        return self.scopes is not None

    @property
    def signed_in(self) -> bool:
        return self.role is not Role.ANONYMOUS


ANONYMOUS = Caller(Role.ANONYMOUS)
_caller: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)


def current_caller() -> Caller:
    return _caller.get()


def set_current_caller(caller: Caller) -> None:
    _caller.set(caller)


def require_role(*roles: Role) -> Caller:
    """The caller, if they hold one of the roles; else Unauthenticated or PermissionDenied."""
    caller = current_caller()
    if caller.role in roles:
        return caller
    if not caller.signed_in:
        raise Unauthenticated("Please sign in.")
    raise PermissionDenied("Your account may not do this.")


def require_account() -> Caller:
    """Any signed-in person."""
    return require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN)


def check_machine(caller: Caller, machines: access_pb2.Machines) -> None:
    """Raises PermissionDenied for a machine that a method does not answer; people and processes pass."""
    if caller.scopes is None:
        return
    match machines.WhichOneof("who"):
        case "any":
            return
        case "scope":
            check_scope(caller, Scope[access_pb2.Scope.Name(machines.scope).removeprefix("SCOPE_")])
        case _:
            raise PermissionDenied("Machines may not do this; sign in as a person.")


def check_scope(caller: Caller, scope: Scope) -> None:
    if caller.scopes is not None and scope not in caller.scopes:
        raise PermissionDenied(f"This needs the scope {scope.value}.", details={"scope": scope.value})


class TokenVerifier:
    """Verifies access tokens against the published key set.

    It reads the set again after `keys_seconds`, so that a key that was retired counts no more, and when a key id is
    new to it, but for unknown ids at most six times as often: forged ones cannot flood the auth service. While that
    cannot be asked, the keys that are known go on counting.
    """

    def __init__(
        self,
        fetch_jwks: Callable[[], Awaitable[str]],
        *,
        issuer: str,
        audience: str,
        keys_seconds: float = KEYS_SECONDS,
    ) -> None:
        self._fetch_jwks = fetch_jwks
        self._claims = jwt.JWTClaimsRegistry(
            now=None,
            leeway=0,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys_seconds = keys_seconds
        self._refetch_pause = keys_seconds / 6
        self._keys = KeySet([])
        self._fetched_at = 0.0
        self._fetching = asyncio.Lock()
        self._verified: dict[str, Caller] = {}

    async def verify(self, token: str) -> Caller:
        """The token's caller; raises Unauthenticated for every kind of bad token, saying no more than that."""
        if self._keys.keys and time.monotonic() - self._fetched_at > self._keys_seconds:
            await self._renew_keys()
        known = self._verified.get(token)
        if known is not None and known.expires_at > time.time():
            return known
        try:
            header = orjson.loads(_decode_segment(token.split(".", 1)[0]))
            keys = await self._keys_with(str(header.get("kid", "")))
            claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
            self._claims.validate(claims)
            caller = Caller(
                role=Role(claims["role"]),
                account_id=uuid.UUID(claims["sub"]),
                session_id=str(claims.get("sid", "")),
                expires_at=float(claims["exp"]),
                token=token,
                scopes=_scopes(claims),
                client_id=str(claims.get("client_id", "")),
                process=str(claims.get("client", "")),
            )
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise Unauthenticated("The access token is not valid; please sign in again.") from None
        if len(self._verified) >= _CACHED_TOKENS:
            self._verified.clear()
        self._verified[token] = caller
        return caller

    async def _keys_with(self, key_id: str) -> KeySet:
        if any(key.kid == key_id for key in self._keys.keys):
            return self._keys
        async with self._fetching:
            if any(key.kid == key_id for key in self._keys.keys):
                return self._keys
            if not self._keys.keys or time.monotonic() - self._fetched_at > self._refetch_pause:
                await self._fetch()
        return self._keys

    async def _renew_keys(self) -> None:
        """Whoever comes while another is fetching goes on with the keys that there are."""
        if self._fetching.locked():
            return
        async with self._fetching:
            try:
                await self._fetch()
            except ServiceError as failure:
                log.warning("token_keys.not_renewed", reason=failure.code)
                self._fetched_at = time.monotonic() - self._keys_seconds + self._refetch_pause

    async def _fetch(self) -> None:
        keys = KeySet.import_key_set(orjson.loads(await self._fetch_jwks()))
        if {key.kid for key in self._keys.keys} - {key.kid for key in keys.keys}:
            self._verified.clear()  # what a key of those signed that are gone counts no more
        self._keys, self._fetched_at = keys, time.monotonic()


def _scopes(claims: Mapping[str, object]) -> frozenset[Scope] | None:
    """Of RFC 9068's `scope`; names that this process does not know yet allow nothing."""
    told = claims.get("scope")
    if told is None:
        return None
    return frozenset(Scope(name) for name in str(told).split() if name in _SCOPE_NAMES)


def _decode_segment(segment: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
