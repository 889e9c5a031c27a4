"""A client of the running auth service, and its database to look into."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from contracts.auth.v1 import (
    account_pb2,
    account_pb2_grpc,
    api_client_pb2,
    api_client_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
)
from grpc_services.auth.signing_keys import SigningKeys
from runtime.channels import open_channel
from runtime.database import Database, open_database
from tests.grpc_services.auth.mailbox import Mailbox
from tests.house import SIGNING_KEY_SECRET
from tests.parts import Parts


@pytest.fixture(scope="session")
async def auth(auth_address: str) -> AsyncIterator[auth_pb2_grpc.AuthServiceAsyncStub]:
    async with open_channel(auth_address, auth_pb2.DESCRIPTOR) as channel:
        stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
async def auth_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("auth"), pool_size=4, application_name="tests") as database:
        yield database


@pytest.fixture
async def signing_keys(auth_address: str, auth_database: Database) -> SigningKeys:
    """What a second auth process would have: the same keys, by the same database."""
    keys = SigningKeys(auth_database, SIGNING_KEY_SECRET, token_lifetime=dt.timedelta(minutes=10))
    await keys.load()
    return keys


@pytest.fixture(scope="session")
async def accounts(auth_address: str) -> AsyncIterator[account_pb2_grpc.AccountServiceAsyncStub]:
    async with open_channel(auth_address, account_pb2.DESCRIPTOR) as channel:
        stub: account_pb2_grpc.AccountServiceAsyncStub = account_pb2_grpc.AccountServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
async def clients(auth_address: str) -> AsyncIterator[api_client_pb2_grpc.ApiClientServiceAsyncStub]:
    async with open_channel(auth_address, api_client_pb2.DESCRIPTOR) as channel:
        stub: api_client_pb2_grpc.ApiClientServiceAsyncStub = api_client_pb2_grpc.ApiClientServiceStub(channel)
        yield stub


@pytest.fixture(scope="session")
def mailbox(accounts: account_pb2_grpc.AccountServiceAsyncStub, auth_address: str) -> Mailbox:
    return Mailbox(accounts, auth_address)
