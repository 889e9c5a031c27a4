"""Mails of accounts against a mail server that takes its time: what a run claims it also tries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from contracts.auth.v1 import account_pb2, account_pb2_grpc, auth_pb2, auth_pb2_grpc
from runtime.channels import call, open_channel, open_service_identity
from tests.grpc_services.auth.people import registration
from tests.house import worker_settings
from tests.parts import Parts
from workers.account_mails import send_account_mails


@dataclass
class SlowMailServer:
    """Takes no mail before another one is under way too; then all."""

    under_way: int = 0
    together: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.under_way += 1
        if self.under_way > 1:
            self.together.set()
        await self.together.wait()
        self.taken += envelope.rcpt_tos
        return "250 OK"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SlowMailServer]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


@pytest.fixture
async def server() -> AsyncIterator[SlowMailServer]:
    async with SlowMailServer().running() as running:
        yield running


@pytest.fixture
async def context(parts: Parts, auth_address: str, server: SlowMailServer) -> AsyncIterator[dict[str, Any]]:
    nowhere = {"booking_address": "127.0.0.1:1", "notification_address": "127.0.0.1:1"}
    settings = worker_settings(parts, auth_address, **nowhere, smtp_port=server.port)
    async with (
        open_channel(auth_address, account_pb2.DESCRIPTOR) as channel,
        open_service_identity(auth_address, settings) as identity,
    ):
        yield {"accounts": account_pb2_grpc.AccountServiceStub(channel), "identity": identity, "settings": settings}


async def test_mails_that_are_claimed_together_are_sent_together_and_each_once(
    auth_address: str, server: SlowMailServer, context: dict[str, Any]
) -> None:
    people = [registration() for _ in range(3)]
    async with open_channel(auth_address, auth_pb2.DESCRIPTOR) as channel:
        stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
        for person in people:
            await call(stub.Register, person, token="")
    async with asyncio.timeout(60):
        while not {person.email for person in people} <= set(server.taken):
            assert await send_account_mails(context)
    assert [server.taken.count(person.email) for person in people] == [1, 1, 1]
