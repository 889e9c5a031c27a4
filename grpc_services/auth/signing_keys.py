"""The keys that sign access tokens, shared by every auth process through the database.

A new key is published before it signs, so that nobody meets a token by an unknown key, and an old one stays
published until the last token it signed has ended. Private halves are encrypted at rest.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
import secrets
import time
from dataclasses import dataclass

import orjson
import structlog
from cryptography.fernet import Fernet, InvalidToken
from joserfc.jwk import KeyParameters, OKPKey

from grpc_services.auth import queries
from grpc_services.auth.derived_keys import derived_key
from runtime.database import Connection, Database
from runtime.identity import ALGORITHM

log = structlog.get_logger()

ROTATE_AFTER = dt.timedelta(days=30)
PUBLISH_AHEAD = dt.timedelta(minutes=10)  # longer than any process goes without looking at the table
_RETIRE_SLACK = dt.timedelta(minutes=10)


class KeyState(enum.StrEnum):
    COMING = "COMING"
    SIGNING = "SIGNING"
    PASSING = "PASSING"


class Retiring(enum.Enum):
    """What became of retiring a key."""

    DONE = enum.auto()
    SIGNS = enum.auto()
    TOO_SOON = enum.auto()


@dataclass(frozen=True, slots=True)
class KeyOnShow:
    """A published key, as operators see it."""

    kid: str
    state: KeyState
    created_at: dt.datetime
    signs_from: dt.datetime
    published_until: dt.datetime | None


class SigningKeys:
    """`current` signs. Call `load` at the start and again every minute or so."""

    def __init__(self, database: Database, secret: str, *, token_lifetime: dt.timedelta) -> None:
        self._database = database
        self._token_lifetime = token_lifetime
        self._cipher = Fernet(base64.urlsafe_b64encode(derived_key(secret, "signing-key")))
        self._current: OKPKey | None = None
        self._coming: tuple[OKPKey, float] | None = None  # the next one, and when it signs by the process's clock

    @property
    def current(self) -> OKPKey:
        if self._coming is not None and time.monotonic() >= self._coming[1]:
            self._take_up(self._coming[0])
            self._coming = None
        if self._current is None:
            raise RuntimeError("the signing keys were not loaded")
        return self._current

    async def load(self) -> None:
        """Makes the first key where there is none, takes up the newest one whose time has come, and notes the next."""
        async with self._database.transaction() as connection:
            rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
            if not any(row["not_before"] <= row["now"] for row in rows):
                await queries.LOCK_SIGNING_KEYS.fetch(connection)
                rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
                if not any(row["not_before"] <= row["now"] for row in rows):
                    await self._add(connection, not_before=await queries.DATABASE_NOW.fetch_value(connection))
                    rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
            newest = next(row for row in rows if row["not_before"] <= row["now"])
        if self._current is None or self._current.kid != newest["kid"]:
            self._take_up(self._opened(newest["private_key"]))
        self._coming = None
        for row in (row for row in rows if row["not_before"] > row["now"]):  # the last of them is the next
            signs_at = time.monotonic() + (row["not_before"] - row["now"]).total_seconds()
            self._coming = (self._opened(row["private_key"]), signs_at)

    async def rotate(self, *, publish_ahead: dt.timedelta = PUBLISH_AHEAD) -> str:
        """Publishes a new key, which signs after `publish_ahead`; returns its id."""
        async with self._database.transaction() as connection:
            await queries.LOCK_SIGNING_KEYS.fetch(connection)
            return await self._rotate(connection, publish_ahead)

    async def rotate_if_due(self) -> None:
        """Rotates when the newest key has had its time, and forgets those that have retired."""
        async with self._database.transaction() as connection:
            await queries.LOCK_SIGNING_KEYS.fetch(connection)
            rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
            if rows and rows[0]["not_before"] + ROTATE_AFTER <= rows[0]["now"]:
                await self._rotate(connection, PUBLISH_AHEAD)
            await queries.FORGET_RETIRED_SIGNING_KEYS.execute(connection)

    async def on_show(self) -> list[KeyOnShow]:
        """Every published key, the newest first."""
        async with self._database.reading() as connection:
            rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
        shown: list[KeyOnShow] = []
        for row in rows:
            signed = any(key.state is KeyState.SIGNING for key in shown)
            state = KeyState.COMING if row["not_before"] > row["now"] else KeyState.SIGNING
            shown.append(
                KeyOnShow(
                    row["kid"],
                    KeyState.PASSING if signed else state,
                    row["created_at"],
                    row["not_before"],
                    row["retires_at"],
                )
            )
        return shown

    async def retire(self, kid: str, *, settled: dt.timedelta) -> Retiring:
        """Ends a key now, if the one that signs has done so for `settled`: tokens of the one before are about then."""
        async with self._database.transaction() as connection:
            await queries.LOCK_SIGNING_KEYS.fetch(connection)
            rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
            signing = next(row for row in rows if row["not_before"] <= row["now"])
            if signing["kid"] == kid:
                return Retiring.SIGNS
            coming = any(row["kid"] == kid and row["not_before"] > row["now"] for row in rows)
            if not coming and signing["now"] - signing["not_before"] < settled:
                return Retiring.TOO_SOON
            await queries.RETIRE_SIGNING_KEY.execute(connection, kid=kid)
            if all(row["kid"] == kid for row in rows if row["retires_at"] is None):
                await queries.KEEP_SIGNING_KEY.execute(connection, kid=signing["kid"])
        return Retiring.DONE

    async def published(self) -> str:
        """The public halves as an RFC 7517 key set."""
        async with self._database.reading() as connection:
            rows = await queries.PUBLISHED_SIGNING_KEYS.fetch(connection)
        return orjson.dumps({"keys": [row["public_jwk"] for row in rows]}).decode()

    async def _rotate(self, connection: Connection, publish_ahead: dt.timedelta) -> str:
        not_before = await queries.DATABASE_NOW.fetch_value(connection) + publish_ahead
        kid = await self._add(connection, not_before=not_before)
        await queries.RETIRE_OLDER_SIGNING_KEYS.execute(
            connection, kid=kid, retires_at=not_before + self._token_lifetime + _RETIRE_SLACK
        )
        log.info("signing_key.published", kid=kid)
        return kid

    async def _add(self, connection: Connection, *, not_before: dt.datetime) -> str:
        parameters: KeyParameters = {"kid": secrets.token_urlsafe(12), "use": "sig", "alg": ALGORITHM}
        key = OKPKey.generate_key("Ed25519", parameters)
        await queries.ADD_SIGNING_KEY.execute(
            connection,
            kid=key.kid,
            private_key=self._cipher.encrypt(orjson.dumps(key.as_dict(private=True))),
            public_jwk=key.as_dict(private=False),
            not_before=not_before,
            retires_at=None,
        )
        return str(key.kid)

    def _take_up(self, key: OKPKey) -> None:
        self._current = key
        log.info("signing_key.taken_up", kid=key.kid)

    def _opened(self, encrypted: bytes) -> OKPKey:
        try:
            return OKPKey.import_key(orjson.loads(self._cipher.decrypt(encrypted)))
        except InvalidToken:
            raise OSError("the stored signing keys were encrypted with another signing key secret") from None
