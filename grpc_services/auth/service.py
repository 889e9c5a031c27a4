"""The auth service, wired."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import structlog

from contracts.auth.v1 import (
    account_pb2,
    account_pb2_grpc,
    api_client_pb2,
    api_client_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    signing_key_pb2,
    signing_key_pb2_grpc,
)
from grpc_services.auth import account_queries, api_client_queries, queries
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.api_client_servicer import ApiClientServicer
from grpc_services.auth.derived_keys import derived_key
from grpc_services.auth.mail_tokens import MailTokens
from grpc_services.auth.mails import Mails
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.servicer import AuthServicer
from grpc_services.auth.servicers import AccountServicer
from grpc_services.auth.sign_in_delays import open_sign_in_delays
from grpc_services.auth.signing_key_servicer import SigningKeyServicer
from grpc_services.auth.signing_keys import SigningKeys
from runtime.database import Database, open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.revocations import LivingTokens, revocations_of
from runtime.settings import AuthSettings

log = structlog.get_logger()

SERVICE_NAMES = service_names_of(
    auth_pb2.DESCRIPTOR, account_pb2.DESCRIPTOR, api_client_pb2.DESCRIPTOR, signing_key_pb2.DESCRIPTOR
)
TENDING_SECONDS = 60.0


@asynccontextmanager
async def auth_service(settings: AuthSettings) -> AsyncIterator[GrpcServer]:
    """Serves until the block ends."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(
                settings.database_url.get_secret_value(),
                pool_size=settings.database_pool_size,
                application_name="innkeeper-auth",
            )
        )
        secret = settings.signing_key_secret.get_secret_value()
        keys = SigningKeys(database, secret, token_lifetime=dt.timedelta(seconds=settings.access_token_seconds))
        await keys.load()
        passwords = stack.enter_context(contextlib.closing(Passwords()))
        tokens = AccessTokens(keys, settings)
        mail_tokens = MailTokens(derived_key(secret, "mail-tokens"))
        delays = await stack.enter_async_context(
            open_sign_in_delays(settings.redis_url.get_secret_value(), derived_key(secret, "sign-in-delays"))
        )
        sessions = AuthServicer(
            database,
            passwords,
            keys,
            tokens,
            mails=Mails(mail_tokens),
            delays=delays,
            refresh_token_days=settings.refresh_token_days,
            service_clients=settings.service_clients,
        )
        accounts = AccountServicer(database, passwords, tokens, mail_tokens, delays, settings)
        clients = ApiClientServicer(database, tokens)
        keys_of_operators = SigningKeyServicer(
            keys,
            soon=dt.timedelta(seconds=1.5 * settings.token_keys_seconds),
            settled=dt.timedelta(seconds=2 * settings.token_keys_seconds),
        )

        def register(server: grpc.aio.Server) -> None:
            auth_pb2_grpc.add_AuthServiceServicer_to_server(sessions, server)
            account_pb2_grpc.add_AccountServiceServicer_to_server(accounts, server)
            api_client_pb2_grpc.add_ApiClientServiceServicer_to_server(clients, server)
            signing_key_pb2_grpc.add_SigningKeyServiceServicer_to_server(keys_of_operators, server)

        tending = asyncio.create_task(_tend(database, keys, refresh_token_days=settings.refresh_token_days))
        stack.push_async_callback(_cancelled, tending)
        revocations = await stack.enter_async_context(revocations_of(settings.redis_url.get_secret_value()))
        verifier = LivingTokens(
            keys.published,
            revocations,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            keys_seconds=settings.token_keys_seconds,
        )
        yield await stack.enter_async_context(
            grpc_server(settings.grpc_listen, SERVICE_NAMES, register, verifier=verifier)
        )


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _tend(database: Database, keys: SigningKeys, *, refresh_token_days: int) -> None:
    """Rotates keys, takes up those of other processes, and forgets what has run out."""
    while True:
        await asyncio.sleep(TENDING_SECONDS)
        try:
            await keys.rotate_if_due()
            await keys.load()
            async with database.transaction() as connection:
                await queries.FORGET_OLD_REFRESH_TOKENS.execute(connection)
                await queries.FORGET_OLD_SESSIONS.execute(connection, days=refresh_token_days)
                await account_queries.FORGET_OLD_MAILS.execute(connection)
                await account_queries.FORGET_OLD_TICKETS.execute(connection)
                await api_client_queries.FORGET_OLD_SECRETS.execute(connection)
        except Exception as failure:
            log.warning("auth.tending_failed", failure=type(failure).__name__)
