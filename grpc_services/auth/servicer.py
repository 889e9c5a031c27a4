"""The use cases of the auth service."""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from collections.abc import Mapping

import grpc
import structlog
from pydantic import SecretStr

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_services.auth import events, queries, rules
from grpc_services.auth.access_tokens import (
    AccessTokens,
    RefreshTokenSecret,
    new_refresh_token,
    refresh_token_hash,
)
from grpc_services.auth.errors import EmailTaken, InvalidClient, InvalidCredentials
from grpc_services.auth.mails import Mails, Purpose
from grpc_services.auth.messages import account_message, session_message
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.sign_in_delays import SignInDelays
from grpc_services.auth.signing_keys import SigningKeys
from runtime.clock import to_timestamp
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound, Unauthenticated, Unavailable
from runtime.identifiers import new_id, parse_id
from runtime.identity import NOBODY, Role, require_account, require_role

log = structlog.get_logger()

MOST_CONTACTS = 500
LONGEST_EMAIL = 254
_AFTER_ALL = dt.datetime.max.replace(tzinfo=dt.UTC)
_BEFORE_ALL = uuid.UUID(int=2**128 - 1)


class AuthServicer(auth_pb2_grpc.AuthServiceServicer):
    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        keys: SigningKeys,
        tokens: AccessTokens,
        *,
        mails: Mails,
        delays: SignInDelays,
        refresh_token_days: int,
        service_clients: Mapping[str, SecretStr],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._keys = keys
        self._tokens = tokens
        self._mails = mails
        self._delays = delays
        self._refresh_token_days = refresh_token_days
        self._service_clients = service_clients

    async def Register(
        self,
        request: auth_pb2.RegisterRequest,
        context: grpc.aio.ServicerContext[auth_pb2.RegisterRequest, auth_pb2.Account],
    ) -> auth_pb2.Account:
        """Whose address is taken is told, but slowly to who tries one after the other."""
        registration = rules.check_registration(request)
        counted = self._delays.of_registration(request.address)
        await self._delays.begin(counted)
        password_hash = await self._passwords.hash(registration.password)
        account_id = new_id()
        account = {
            "id": account_id,
            "email": registration.email,
            "name": registration.name,
            "role": registration.role.value,
            "locale": registration.locale,
        }
        async with self._database.transaction() as connection:
            created_at = await queries.ADD_ACCOUNT.fetch_value(
                connection, **account, email_key=registration.email_key, password_hash=password_hash
            )
            if created_at is not None:
                await self._mails.ask(
                    connection,
                    Purpose.VERIFY_EMAIL,
                    account_id=account_id,
                    address=registration.email,
                    locale=registration.locale,
                )
        if created_at is None:
            raise EmailTaken("There is already an account with this e-mail address.", path=("email",))
        await self._delays.succeeded(counted)
        log.info("account.registered", account_id=str(account["id"]), role=account["role"])
        unknown = {"email_verified_at": None, "phone": "", "time_zone": ""}
        return account_message({**account, **unknown, "created_at": created_at})

    async def CreateSession(
        self,
        request: auth_pb2.CreateSessionRequest,
        context: grpc.aio.ServicerContext[auth_pb2.CreateSessionRequest, auth_pb2.SessionTokens],
    ) -> auth_pb2.SessionTokens:
        """Every attempt costs the same two queries and one hash, whosever address it is, or nobody's."""
        name = _name_to_sign_in(request.email)
        place = self._delays.place(request.address)
        async with self._database.reading() as connection:
            account = await queries.ACCOUNT_TO_SIGN_IN.fetch_row(connection, email_key=name)
            familiar = await queries.IS_FAMILIAR.fetch_value(
                connection, account_id=account["id"] if account else NOBODY, place=place
            )
        counted = self._delays.of_sign_in(name, request.address, familiar=familiar)
        await self._delays.begin(counted)
        known_hash = account["password_hash"] if account else self._passwords.decoy_hash
        right, better_hash = await self._passwords.verify(request.password, known_hash)
        if account is None or not right:
            raise InvalidCredentials("The e-mail address or the password is not right.")
        await self._delays.succeeded(counted)
        session_id = new_id()
        async with self._database.transaction() as connection:
            if not await queries.LOCK_ACCOUNT_WITH_PASSWORD.fetch_row(
                connection, id=account["id"], password_hash=known_hash
            ):
                raise Unavailable("This account has just changed; please try again.")
            if better_hash:
                await queries.UPGRADE_PASSWORD_HASH.execute(
                    connection, id=account["id"], old_hash=known_hash, new_hash=better_hash
                )
            await queries.ADD_SESSION.execute(
                connection,
                id=session_id,
                account_id=account["id"],
                device=rules.device_name(request.device),
                place=place,
            )
            refresh = new_refresh_token()
            refresh_expires_at = await self._store(connection, refresh, session_id)
        log.info("session.opened", account_id=str(account["id"]), session_id=str(session_id))
        return self._session_tokens(account, session_id, refresh, refresh_expires_at)

    async def RefreshSession(
        self,
        request: auth_pb2.RefreshSessionRequest,
        context: grpc.aio.ServicerContext[auth_pb2.RefreshSessionRequest, auth_pb2.SessionTokens],
    ) -> auth_pb2.SessionTokens:
        presented = refresh_token_hash(request.refresh_token)
        refresh = new_refresh_token()
        async with self._database.transaction() as connection:
            session_id = await queries.USE_REFRESH_TOKEN.fetch_value(
                connection, hash=presented, successor_hash=refresh.hash
            )
            if session_id is None:
                await self._revoke_if_stolen(connection, presented)
            else:
                refresh_expires_at = await self._store(connection, refresh, session_id)
                account = await queries.TOUCH_SESSION.fetch_row(connection, id=session_id)
        if session_id is None or account is None:
            raise Unauthenticated("This session is over; please sign in again.")
        return self._session_tokens(account, session_id, refresh, refresh_expires_at)

    async def RevokeSession(
        self,
        request: auth_pb2.RevokeSessionRequest,
        context: grpc.aio.ServicerContext[auth_pb2.RevokeSessionRequest, auth_pb2.RevokeSessionResponse],
    ) -> auth_pb2.RevokeSessionResponse:
        caller = require_account()
        session_id = parse_id(request.session_id or caller.session_id, path=("sessionId",))
        async with self._database.transaction() as connection:
            lived = await queries.REVOKE_OWN_SESSION.fetch_value(
                connection, id=session_id, account_id=caller.account_id
            )
            if lived:
                await events.publish_sessions_revoked(connection, caller.account_id, [session_id])
        if lived is None:
            raise NotFound("You have no such session.", path=("sessionId",))
        log.info("session.revoked", account_id=str(caller.account_id), session_id=str(session_id))
        return auth_pb2.RevokeSessionResponse(session_id=str(session_id))

    async def RevokeOtherSessions(
        self,
        request: auth_pb2.RevokeOtherSessionsRequest,
        context: grpc.aio.ServicerContext[auth_pb2.RevokeOtherSessionsRequest, auth_pb2.RevokeOtherSessionsResponse],
    ) -> auth_pb2.RevokeOtherSessionsResponse:
        caller = require_account()
        own = parse_id(caller.session_id, path=("sessionId",))
        async with self._database.transaction() as connection:
            ended = await queries.REVOKE_SESSIONS.fetch(connection, account_id=caller.account_id, but=own)
            await events.publish_sessions_revoked(connection, caller.account_id, [row["id"] for row in ended])
        log.info("session.others_revoked", account_id=str(caller.account_id), sessions=len(ended))
        return auth_pb2.RevokeOtherSessionsResponse(revoked=len(ended))

    async def ListSessions(
        self,
        request: auth_pb2.ListSessionsRequest,
        context: grpc.aio.ServicerContext[auth_pb2.ListSessionsRequest, auth_pb2.ListSessionsResponse],
    ) -> auth_pb2.ListSessionsResponse:
        caller = require_account()
        size = page_size(request.first)
        seen_before, before = _position(request.after)
        async with self._database.reading() as connection:
            rows = await queries.OWN_SESSIONS.fetch(
                connection,
                account_id=caller.account_id,
                seen_before=seen_before,
                before=before,
                row_limit=size + 1,
            )
        page = rows[:size]
        return auth_pb2.ListSessionsResponse(
            sessions=[session_message(row, caller.session_id) for row in page],
            cursors=[encode_cursor(row["last_seen_at"].isoformat(), str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )

    async def GetAccount(
        self,
        request: auth_pb2.GetAccountRequest,
        context: grpc.aio.ServicerContext[auth_pb2.GetAccountRequest, auth_pb2.Account],
    ) -> auth_pb2.Account:
        caller = require_account()
        async with self._database.reading() as connection:
            account = await queries.ACCOUNT.fetch_row(connection, id=caller.account_id)
        if account is None:
            raise Unauthenticated("This account no longer exists.")
        return account_message(account)

    async def GetContacts(
        self,
        request: auth_pb2.GetContactsRequest,
        context: grpc.aio.ServicerContext[auth_pb2.GetContactsRequest, auth_pb2.GetContactsResponse],
    ) -> auth_pb2.GetContactsResponse:
        require_role(Role.SYSTEM)
        if len(request.account_ids) > MOST_CONTACTS:
            raise InvalidInput(f"Ask for at most {MOST_CONTACTS} accounts at a time.", path=("accountIds",))
        ids = [parse_id(value, path=("accountIds",)) for value in request.account_ids]
        async with self._database.reading() as connection:
            accounts = await queries.CONTACTS.fetch(connection, ids=ids)
        return auth_pb2.GetContactsResponse(
            contacts=[
                auth_pb2.Contact(
                    account_id=str(row["id"]),
                    email=row["email"],
                    name=row["name"],
                    locale=row["locale"],
                    time_zone=row["time_zone"],
                )
                for row in accounts
            ]
        )

    async def GetJwks(
        self,
        request: auth_pb2.GetJwksRequest,
        context: grpc.aio.ServicerContext[auth_pb2.GetJwksRequest, auth_pb2.GetJwksResponse],
    ) -> auth_pb2.GetJwksResponse:
        return auth_pb2.GetJwksResponse(jwks_json=await self._keys.published())

    async def IssueServiceToken(
        self,
        request: auth_pb2.IssueServiceTokenRequest,
        context: grpc.aio.ServicerContext[auth_pb2.IssueServiceTokenRequest, auth_pb2.ServiceToken],
    ) -> auth_pb2.ServiceToken:
        secret = self._service_clients.get(request.client_id)
        expected = secret.get_secret_value() if secret else ""
        same = hmac.compare_digest(request.client_secret.encode(), expected.encode())
        if not (same and expected):
            raise InvalidClient("This is not a client of ours, or not its secret.")
        token = self._tokens.for_client(request.client_id)
        return auth_pb2.ServiceToken(access_token=token.text, expires_at=to_timestamp(token.expires_at))

    async def _store(self, connection: Connection, refresh: RefreshTokenSecret, session_id: uuid.UUID) -> dt.datetime:
        expires_at: dt.datetime = await queries.ADD_REFRESH_TOKEN.fetch_value(
            connection, hash=refresh.hash, session_id=session_id, days=self._refresh_token_days
        )
        return expires_at

    async def _revoke_if_stolen(self, connection: Connection, presented: bytes) -> None:
        known = await queries.REFRESH_TOKEN.fetch_row(connection, hash=presented)
        if known is not None and rules.judge_reuse(known["used_at"], known["now"]) is rules.Reuse.THEFT:
            account_id = await queries.REVOKE_SESSION.fetch_value(connection, id=known["session_id"])
            if account_id is not None:
                await events.publish_sessions_revoked(connection, account_id, [known["session_id"]])
            log.warning("session.revoked_for_reuse", session_id=str(known["session_id"]))

    def _session_tokens(
        self,
        account: Record,
        session_id: uuid.UUID,
        refresh: RefreshTokenSecret,
        refresh_expires_at: dt.datetime,
    ) -> auth_pb2.SessionTokens:
        access = self._tokens.for_session(account["id"], Role(account["role"]), session_id)
        return auth_pb2.SessionTokens(
            access_token=access.text,
            access_expires_at=to_timestamp(access.expires_at),
            refresh_token=refresh.text,
            refresh_expires_at=to_timestamp(refresh_expires_at),
            account=account_message(account),
            session_id=str(session_id),
        )


def _name_to_sign_in(email: str) -> str:
    """What an account would be found by, also for what is no address at all."""
    try:
        return rules.email_key(rules.check_email(email))
    except InvalidInput:
        return rules.email_key(email[:LONGEST_EMAIL].replace("\0", ""))


def _position(after: str) -> tuple[dt.datetime, uuid.UUID]:
    if not after:
        return _AFTER_ALL, _BEFORE_ALL
    seen, identifier = decode_cursor(after, (str, str))
    try:
        return dt.datetime.fromisoformat(str(seen)).astimezone(dt.UTC), parse_id(str(identifier), path=("after",))
    except (ValueError, OverflowError):
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None
