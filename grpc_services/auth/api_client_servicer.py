"""Hoteliers' own systems: made, given a new secret, revoked, let in."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence

import grpc
import structlog

from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2, api_client_pb2_grpc
from grpc_services.auth import api_client_queries, events, queries
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.mail_tokens import token_hash
from grpc_services.auth.messages import client_message, scope_message
from runtime.clock import to_timestamp
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.field_checks import checked_line
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role, Scope, require_role

log = structlog.get_logger()

MOST_CLIENTS = 20
LONGEST_NAME = 80
LONGEST_OVERLAP = 7 * 86_400
PREFIX = "ink_"  # so that a secret that got into a repository is recognised
_BEFORE_ALL = uuid.UUID(int=2**128 - 1)


class ApiClientServicer(api_client_pb2_grpc.ApiClientServiceServicer):
    def __init__(self, database: Database, tokens: AccessTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def CreateApiClient(
        self,
        request: api_client_pb2.CreateApiClientRequest,
        context: grpc.aio.ServicerContext[api_client_pb2.CreateApiClientRequest, api_client_pb2.ApiClientWithSecret],
    ) -> api_client_pb2.ApiClientWithSecret:
        caller = require_role(Role.HOTELIER)
        name = checked_line(request.name, ("name",), longest=LONGEST_NAME, required=True)
        scopes = _scopes(request.scopes)
        if not scopes:
            raise InvalidInput("Name at least one scope.", path=("scopes",))
        async with self._database.transaction() as connection:
            await queries.LOCK_ACCOUNT_ROW.fetch(connection, id=caller.account_id)
            account = await queries.ACCOUNT.fetch_row(connection, id=caller.account_id)
            if account is None or account["email_verified_at"] is None:
                raise IllegalState("Please verify your e-mail address first.", details={"state": "UNVERIFIED"})
            if await api_client_queries.COUNT_LIVING.fetch_value(connection, account_id=caller.account_id) >= (
                MOST_CLIENTS
            ):
                raise InvalidInput(f"You have {MOST_CLIENTS} clients; revoke one first.", path=("name",))
            client = await api_client_queries.ADD_CLIENT.fetch_one(
                connection, id=new_id(), account_id=caller.account_id, name=name, scopes=scopes
            )
            secret = await _add_secret(connection, client["id"])
            living = await api_client_queries.LIVING_SECRETS.fetch(connection, client_ids=[client["id"]])
        log.info("api_client.created", account_id=str(caller.account_id), client_id=str(client["id"]))
        return api_client_pb2.ApiClientWithSecret(client=client_message(client, living), secret=secret)

    async def RotateApiClientSecret(
        self,
        request: api_client_pb2.RotateApiClientSecretRequest,
        context: grpc.aio.ServicerContext[
            api_client_pb2.RotateApiClientSecretRequest, api_client_pb2.ApiClientWithSecret
        ],
    ) -> api_client_pb2.ApiClientWithSecret:
        caller = require_role(Role.HOTELIER)
        if not 0 <= request.overlap_seconds <= LONGEST_OVERLAP:
            raise InvalidInput("Older secrets work for at most seven days more.", path=("overlapHours",))
        async with self._database.transaction() as connection:
            client = await _lock_own(connection, request.client_id, caller.account_id)
            if client["revoked_at"] is not None:
                raise IllegalState("This client was revoked.", details={"state": "REVOKED"})
            await api_client_queries.END_SECRETS.execute(
                connection, client_id=client["id"], seconds=request.overlap_seconds
            )
            secret = await _add_secret(connection, client["id"])
            living = await api_client_queries.LIVING_SECRETS.fetch(connection, client_ids=[client["id"]])
        log.info("api_client.rotated", account_id=str(caller.account_id), client_id=str(client["id"]))
        return api_client_pb2.ApiClientWithSecret(client=client_message(client, living), secret=secret)

    async def RevokeApiClient(
        self,
        request: api_client_pb2.RevokeApiClientRequest,
        context: grpc.aio.ServicerContext[api_client_pb2.RevokeApiClientRequest, api_client_pb2.ApiClient],
    ) -> api_client_pb2.ApiClient:
        caller = require_role(Role.HOTELIER)
        async with self._database.transaction() as connection:
            client = await _lock_own(connection, request.client_id, caller.account_id)
            if await api_client_queries.REVOKE_CLIENT.fetch_value(connection, id=client["id"]):
                await api_client_queries.FORGET_SECRETS.execute(connection, client_id=client["id"])
                await events.publish_client_revoked(connection, caller.account_id, client["id"])
                client = await _lock_own(connection, request.client_id, caller.account_id)
        log.info("api_client.revoked", account_id=str(caller.account_id), client_id=str(client["id"]))
        return client_message(client)

    async def ListApiClients(
        self,
        request: api_client_pb2.ListApiClientsRequest,
        context: grpc.aio.ServicerContext[api_client_pb2.ListApiClientsRequest, api_client_pb2.ListApiClientsResponse],
    ) -> api_client_pb2.ListApiClientsResponse:
        caller = require_role(Role.HOTELIER)
        size = page_size(request.first)
        async with self._database.reading() as connection:
            rows = await api_client_queries.OWN_CLIENTS.fetch(
                connection, account_id=caller.account_id, before=_position(request.after), row_limit=size + 1
            )
            page = rows[:size]
            living = await api_client_queries.LIVING_SECRETS.fetch(connection, client_ids=[row["id"] for row in page])
        return api_client_pb2.ListApiClientsResponse(
            clients=[client_message(row, living) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )

    async def AuthenticateApiClient(
        self,
        request: api_client_pb2.AuthenticateApiClientRequest,
        context: grpc.aio.ServicerContext[api_client_pb2.AuthenticateApiClientRequest, api_client_pb2.ApiClient],
    ) -> api_client_pb2.ApiClient:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            client = await api_client_queries.CLIENT_BY_SECRET.fetch_row(
                connection, id=_known_id(request.client_id), hash=token_hash(request.client_secret)
            )
        if client is None:
            raise NotFound("There is no such client, or this is not its secret.")
        return client_message(client)

    async def IssueApiClientToken(
        self,
        request: api_client_pb2.IssueApiClientTokenRequest,
        context: grpc.aio.ServicerContext[api_client_pb2.IssueApiClientTokenRequest, api_client_pb2.ApiClientToken],
    ) -> api_client_pb2.ApiClientToken:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            client = await api_client_queries.TOUCH_CLIENT.fetch_row(connection, id=_known_id(request.client_id))
        if client is None:
            raise NotFound("There is no such client.")
        wanted = _scopes(request.scopes) or list(client["scopes"])
        scopes = [Scope(name) for name in wanted if name in client["scopes"]]
        token = self._tokens.for_machine(client["account_id"], str(client["id"]), scopes)
        return api_client_pb2.ApiClientToken(
            access_token=token.text,
            expires_at=to_timestamp(token.expires_at),
            scopes=[scope_message(scope) for scope in scopes],
        )


def _scopes(asked: Sequence[access_pb2.Scope.ValueType]) -> list[str]:
    """Their names in tokens, each once."""
    try:
        return sorted({Scope[access_pb2.Scope.Name(scope).removeprefix("SCOPE_")].value for scope in asked})
    except (KeyError, ValueError):
        raise InvalidInput("There is no such scope.", path=("scopes",)) from None


async def _add_secret(connection: Connection, client_id: uuid.UUID) -> str:
    """256 random bits, so that a fast hash keeps them well."""
    secret = PREFIX + secrets.token_urlsafe(32)
    await api_client_queries.ADD_SECRET.execute(
        connection, hash=token_hash(secret), client_id=client_id, hint=secret[-4:]
    )
    return secret


async def _lock_own(connection: Connection, client_id: str, account_id: uuid.UUID) -> Record:
    client = await api_client_queries.LOCK_OWN_CLIENT.fetch_row(
        connection, id=parse_id(client_id, path=("clientId",)), account_id=account_id
    )
    if client is None:
        raise NotFound("You have no such client.", path=("clientId",))
    return client


def _known_id(client_id: str) -> uuid.UUID:
    """What is no id of ours is nobody's."""
    try:
        return uuid.UUID(client_id)
    except ValueError:
        raise NotFound("There is no such client, or this is not its secret.") from None


def _position(after: str) -> uuid.UUID:
    if not after:
        return _BEFORE_ALL
    (identifier,) = decode_cursor(after, (str,))
    return parse_id(str(identifier), path=("after",))
