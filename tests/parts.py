"""The real servers that the tests run on: embedded PostgreSQL, Valkey and a Kafka broker, one set a session."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from stack.embedded.broker import EmbeddedBroker
from stack.embedded.child_process import ChildProcess
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey

PASSWORD = "test-only"


class Broker(Protocol):
    """What events travel over: the embedded broker, or Apache Kafka where it is asked for."""

    child: ChildProcess

    @property
    def bootstrap_servers(self) -> str: ...

    @property
    def keeps_messages(self) -> bool:
        """Over a restart."""

    @property
    def gives_producer_ids(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Embedded(EmbeddedBroker):
    keeps_messages = False
    gives_producer_ids = False


NewBroker: TypeAlias = Callable[[Path], Broker]


def embedded_broker(directory: Path) -> Broker:
    return Embedded(free_port(), log_file=directory / "broker.log", home=directory)


@dataclass(frozen=True)
class Parts:
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    broker: Broker

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
async def running_parts(directory: Path, new_broker: NewBroker = embedded_broker) -> AsyncIterator[Parts]:
    """Starts the three servers, makes roles and schemas, and migrates every service."""
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(
            directory, free_port(), PASSWORD, log_file=directory / "postgres.log", durable=False
        )
        valkey = EmbeddedValkey(directory, free_port(), PASSWORD, log_file=directory / "valkey.log")
        broker = new_broker(directory)
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
