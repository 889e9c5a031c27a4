"""The auth service, wired."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_services.auth import queries
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.servicer import AuthServicer
from grpc_services.auth.signing_keys import SigningKeys
from runtime.database import Database, open_database
from runtime.grpc_server import GrpcServer, grpc_server, service_names_of
from runtime.identity import TokenVerifier
from runtime.settings import AuthSettings

log = structlog.get_logger()

SERVICE_NAMES = service_names_of(auth_pb2.DESCRIPTOR)
TENDING_SECONDS = 60.0


@asynccontextmanager
async def auth_service(settings: AuthSettings) -> AsyncIterator[GrpcServer]:
    """Serves until the block ends."""
    async with open_database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        application_name="innkeeper-auth",
    ) as database:
        keys = SigningKeys(
            database,
            settings.signing_key_secret.get_secret_value(),
            token_lifetime=dt.timedelta(seconds=settings.access_token_seconds),
        )
        await keys.load()
        passwords = Passwords()
        servicer = AuthServicer(
            database,
            passwords,
            keys,
            AccessTokens(keys, settings),
            refresh_token_days=settings.refresh_token_days,
            service_clients=settings.service_clients,
        )
        tending = asyncio.create_task(_tend(database, keys))
        try:
            async with grpc_server(
                settings.grpc_listen,
                SERVICE_NAMES,
                lambda server: auth_pb2_grpc.add_AuthServiceServicer_to_server(servicer, server),
                verifier=TokenVerifier(keys.published, issuer=settings.token_issuer, audience=settings.token_audience),
            ) as server:
                yield server
        finally:
            tending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tending
            passwords.close()


async def _tend(database: Database, keys: SigningKeys) -> None:
    """Rotates keys, takes up those of other processes, and forgets what has run out."""
    while True:
        await asyncio.sleep(TENDING_SECONDS)
        try:
            await keys.rotate_if_due()
            await keys.load()
            async with database.transaction() as connection:
                await queries.FORGET_OLD_REFRESH_TOKENS.execute(connection)
                await queries.FORGET_OLD_SESSIONS.execute(connection)
        except Exception as failure:
            log.warning("auth.tending_failed", failure=type(failure).__name__)
