"""The real servers that the tests run on: embedded PostgreSQL, Valkey and Kafka broker, one set a session."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from stack.embedded.broker import EmbeddedBroker
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey

PASSWORD = "test-only"


@dataclass(frozen=True)
class Parts:
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    broker: EmbeddedBroker

    @property
    def admin_database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    @property
    def kafka_bootstrap_servers(self) -> str:
        return self.broker.bootstrap_servers

    def database_url(self, service: str) -> str:
        """The URL of one service's own role; `relay` is the outbox relay's."""
        role = RELAY_ROLE if service == "relay" else role_of(service)
        return self.postgres.url_of(role, PASSWORD)


@asynccontextmanager
async def running_parts(directory: Path) -> AsyncIterator[Parts]:
    """Starts the three servers, makes roles and schemas, and migrates every service."""
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(
            directory, free_port(), PASSWORD, log_file=directory / "postgres.log", durable=False
        )
        valkey = EmbeddedValkey(directory, free_port(), PASSWORD, log_file=directory / "valkey.log")
        broker = EmbeddedBroker(free_port(), log_file=directory / "broker.log", home=directory)
        for part in (postgres, valkey, broker):
            stack.push_async_callback(part.stop)
            await part.start()
        roles = (*map(role_of, SERVICES), RELAY_ROLE)
        await provision(postgres.url, dict.fromkeys(roles, PASSWORD))
        await upgrade(postgres.url)
        yield Parts(postgres, valkey, broker)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
