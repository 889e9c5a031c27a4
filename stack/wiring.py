"""Each process's settings in the one-command stack: its own section, and nothing of the others'."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.settings import PREFIX, KafkaSection, StackSettings, environment_names, plain_environment
from stack.ports import HOST, Ports
from stack.processes import PROCESSES, Kind, Process
from stack.secret_store import SecretStore

OUTBOX_SCHEMAS = ("auth", "hotel", "booking", "salon", "review", "notification")


@dataclass(frozen=True, slots=True)
class Wiring:
    """What was decided at the start: addresses of parts, ports, secrets."""

    root: Path
    directory: Path
    ports: Ports
    secrets: SecretStore
    settings: StackSettings
    database_url: str  # of a role that may make roles
    redis_url: str
    kafka_bootstrap_servers: str
    embedded_broker: bool

    def environment(self, process: Process) -> dict[str, str]:
        """The whole environment of a process."""
        wanted = environment_names(process.section)
        values = {**self._shared(), **self._own(process)}
        return {
            **plain_environment(),
            "PYTHONPATH": str(self.root),
            "PYTHONUNBUFFERED": "1",
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), plain_environment().get("PATH", os.defpath))),
            **{name: value for name, value in values.items() if name in wanted},
        }

    def command(self, process: Process) -> list[str]:
        return [sys.executable, *process.command[1:]]

    def _shared(self) -> dict[str, str]:
        ports, secrets = self.ports, self.secrets
        plain = {
            "environment": "development",
            "otlp_endpoint": self.settings.otlp_endpoint,
            "http_host": HOST,
            "kafka_idempotent_producer": str(
                self.settings.kafka_idempotent_producer and not self.embedded_broker
            ).lower(),
            "payment_api_key": secrets.of("payment api key"),
            "webhook_secrets": secrets.webhook_secret(),
            "payment_faults": self.settings.payment_faults,
            "token_issuer": ports.url(ports.gateway),
            "webhook_url": f"{ports.url(ports.gateway)}/webhooks/payments",
            "signing_key_secret": secrets.of("signing keys"),
            "webhook_encryption_secret": secrets.of("webhook encryption"),
            "service_clients": json.dumps(secrets.client_secrets()),
            "allowed_return_origins": ports.url(ports.gateway),
            "hold_seconds": str(self.settings.hold_seconds),
            "quote_seconds": str(self.settings.quote_seconds),
            "allow_private_addresses": "true",  # calendars and webhooks of this very machine, to try them
            "smtp_host": HOST,
            "smtp_port": str(ports.smtp),
            "smtp_listen_port": str(ports.smtp),
            "mail_dir": str(self.directory / "mails"),
            "outbox_schemas": ",".join(OUTBOX_SCHEMAS),
            "log_file": str(self.directory.parent / "logs" / "gateway.log"),
            "web_root": str(self.root / "web" / "dist"),
            "rate_limit_principal": "60000",  # everybody of this machine has one address, and tours are in a hurry
            "rate_limit_address": "600000",
            "subscriptions_per_address": "100000",
        }
        addresses = {
            f"{process.name}_address": ports.grpc_address(process.name)
            for process in PROCESSES
            if process.kind is Kind.SERVICE
        }
        return {
            "REDIS_URL": self.redis_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            **{f"{PREFIX}{name.upper()}": value for name, value in (plain | addresses).items()},
        }

    def _own(self, process: Process) -> dict[str, str]:
        ports, name = self.ports, process.name
        own = {"METRICS_PORT": str(ports.metrics(PROCESSES.index(process)))}
        if process.kind is Kind.SERVICE:
            own["GRPC_LISTEN"] = ports.grpc_address(name)
        http_ports = {"gateway": ports.gateway, "payment": ports.checkout, "mail-catcher": ports.mail_page}
        if name in http_ports:
            own["HTTP_PORT"] = str(http_ports[name])
        own["PUBLIC_URL"] = ports.url(ports.checkout if name == "payment" else ports.gateway)
        clients = self.secrets.client_secrets()
        if name in clients:
            own |= {"SERVICE_CLIENT_ID": name, "SERVICE_CLIENT_SECRET": clients[name]}
        return {f"{PREFIX}{key}": value for key, value in own.items()} | self._database(name)

    def _database(self, name: str) -> dict[str, str]:
        role = {"outbox-relay": RELAY_ROLE, **{service: role_of(service) for service in SERVICES}}.get(name)
        return {"DATABASE_URL": self.database_url_of(role)} if role else {}

    def database_url_of(self, role: str) -> str:
        return url_of_role(self.database_url, role, self.secrets.role_passwords()[role])


def url_of_role(database_url: str, role: str, password: str) -> str:
    """The same database for another role."""
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}"))


def stack_directory(settings: StackSettings) -> Path:
    """Where the stack of this checkout keeps its data."""
    return (Path(__file__).resolve().parent.parent / settings.stack_dir).resolve()


def url_of_running_database(settings: StackSettings, role: str, secrets: SecretStore) -> str:
    """For operators' commands beside a stack that somebody started."""
    embedded = f"postgresql://{HOST}:{Ports(settings.first_port).postgres}/innkeeper"
    owner = settings.database_url.get_secret_value() if settings.database_url else embedded
    return url_of_role(owner, role, secrets.role_passwords()[role])


def kafka_of_running_stack(settings: StackSettings) -> KafkaSection:
    embedded = f"{HOST}:{Ports(settings.first_port).kafka}"
    own = settings.kafka_bootstrap_servers
    return KafkaSection.model_validate(
        {
            "KAFKA_BOOTSTRAP_SERVERS": own or embedded,
            "kafka_idempotent_producer": settings.kafka_idempotent_producer and own is not None,
        }
    )
