"""docker-compose.yml runs the table of processes, each with exactly its own settings, in an order that works."""

from __future__ import annotations

import json
import os
import re
from graphlib import TopologicalSorter
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest

from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.settings import (
    PREFIX,
    AuthSettings,
    GatewaySettings,
    MigrationSettings,
    PaymentSettings,
    environment_names,
    load,
)
from stack.processes import PROCESSES, Kind, Process
from stack.secret_store import CLIENTS, OPERATOR
from tests.architecture.compose_file import (
    COMPOSE_FILE,
    ENV_EXAMPLE,
    Compose,
    make_env_file,
    optional_variables,
    read_compose,
    read_env_file,
    required_variables,
)
from tests.architecture.source_tree import ROOT

CONTAINED = [process for process in PROCESSES if process.kind is not Kind.MAIL]  # Mailpit replaces the mail catcher
ONCE = {"migrations": MigrationSettings, "demo": MigrationSettings}
SERVERS = {"postgres", "valkey", "kafka", "mailpit", "jaeger", "prometheus", "grafana"}
PUBLISHED = {
    "gateway": "127.0.0.1:8000:8000",
    "payment": "127.0.0.1:8001:8001",
    "mailpit": "127.0.0.1:8002:8025",
    "grafana": "127.0.0.1:3000:3000",
    "prometheus": "127.0.0.1:9090:9090",
    "jaeger": "127.0.0.1:16686:16686",
}
each_process = pytest.mark.parametrize("process", CONTAINED, ids=[process.name for process in CONTAINED])


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return read_env_file(make_env_file(tmp_path_factory.mktemp("env")))


@pytest.fixture(scope="module")
def compose(variables: dict[str, str]) -> Compose:
    return read_compose(variables)


@pytest.fixture
def only_this_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith(PREFIX) or name in {"DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS"}:
            monkeypatch.delenv(name)
    return monkeypatch


def test_the_containers_are_the_table_of_processes_and_nothing_else(compose: Compose) -> None:
    expected = {process.name: process.module for process in CONTAINED}
    assert {name: compose.module(name) for name in compose.services if name not in SERVERS | set(ONCE)} == expected
    assert set(compose.services) == set(expected) | SERVERS | set(ONCE)


def test_every_command_is_a_module_that_exists(compose: Compose) -> None:
    modules = {compose.module(name) for name in compose.services} - {""}
    assert [module for module in modules if find_spec(module) is None] == []


@each_process
def test_a_process_gets_its_own_settings_and_no_others(
    compose: Compose, process: Process, only_this_environment: pytest.MonkeyPatch
) -> None:
    given = compose.environment(process.name)
    assert set(given) <= environment_names(process.section)
    for name, value in given.items():
        only_this_environment.setenv(name, value)
    settings = load(process.section)
    assert settings.model_dump()["metrics_host"] == "0.0.0.0"  # noqa: S104  # the container's own network
    assert settings.model_dump()["metrics_port"] == 9100
    assert settings.model_dump()["otlp_endpoint"] == "http://jaeger:4317"


@pytest.mark.parametrize("name", ONCE)
def test_what_runs_once_gets_its_own_settings_and_no_others(
    compose: Compose, name: str, only_this_environment: pytest.MonkeyPatch
) -> None:
    given = compose.environment(name)
    assert set(given) <= environment_names(ONCE[name])
    for key, value in given.items():
        only_this_environment.setenv(key, value)
    assert load(ONCE[name])


@each_process
def test_every_process_is_watched_restarted_and_given_time_to_leave(compose: Compose, process: Process) -> None:
    container = compose.services[process.name]
    assert container["restart"] == "unless-stopped"
    assert container["init"] is True
    assert container["stop_grace_period"] == "15s"
    probe = container["healthcheck"]["test"]
    assert probe[:4] == ["CMD", "python", "-m", "runtime.health_probe"]
    port = {
        Kind.SERVICE: compose.environment(process.name).get(f"{PREFIX}GRPC_LISTEN", "").rpartition(":")[2],
        Kind.GATEWAY: compose.environment(process.name).get(f"{PREFIX}HTTP_PORT"),
        Kind.WORKER: compose.environment(process.name)[f"{PREFIX}METRICS_PORT"],
    }[process.kind]
    target = {
        Kind.SERVICE: ["grpc", f"127.0.0.1:{port}"],
        Kind.GATEWAY: ["http", f"http://127.0.0.1:{port}/health/ready"],
        Kind.WORKER: ["http", f"http://127.0.0.1:{port}/metrics"],
    }
    assert probe[4:] == target[process.kind]


@pytest.mark.parametrize("name", [*(process.name for process in CONTAINED), *ONCE])
def test_our_containers_may_do_little(compose: Compose, name: str) -> None:
    container = compose.services[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "user", "volumes", "cap_add", "network_mode", "pid"} & set(container)


@each_process
def test_a_process_waits_for_everything_that_its_settings_point_at(compose: Compose, process: Process) -> None:
    waits = compose.waits_for(process.name)
    assert {other for other, condition in waits.items() if condition == "service_healthy"} == needed_by(
        compose, process.name
    )
    assert ("migrations" in waits) == ("DATABASE_URL" in compose.environment(process.name))
    if "migrations" in waits:
        assert waits["migrations"] == "service_completed_successfully"


def test_what_others_wait_for_can_say_that_it_is_healthy(compose: Compose) -> None:
    for name in compose.services:
        for other, condition in compose.waits_for(name).items():
            if condition == "service_healthy":
                assert compose.services[other]["healthcheck"]["test"]
            else:
                assert compose.services[other]["restart"] == "no"


def test_the_order_has_no_circle(compose: Compose) -> None:
    order = list(TopologicalSorter({name: compose.waits_for(name) for name in compose.services}).static_order())
    assert order.index("migrations") < min(order.index(process.name) for process in CONTAINED if process.name == "auth")
    assert order.index("gateway") > max(
        order.index(process.name) for process in CONTAINED if process.kind is Kind.SERVICE and process.name != "payment"
    )


@each_process
def test_addresses_lead_to_where_services_listen(compose: Compose, process: Process) -> None:
    for name, value in compose.environment(process.name).items():
        if name.endswith("_ADDRESS"):
            service = name.removeprefix(PREFIX).removesuffix("_ADDRESS").lower()
            port = compose.environment(service)[f"{PREFIX}GRPC_LISTEN"].rpartition(":")[2]
            assert value == f"{service}:{port}"


def test_only_doors_are_published_and_only_to_this_machine(compose: Compose) -> None:
    assert {name: service["ports"] for name, service in compose.services.items() if "ports" in service} == {
        name: [port] for name, port in PUBLISHED.items()
    }
    for name, service in compose.services.items():
        assert service["networks"] == (["inside", "published"] if name in PUBLISHED else ["inside"]), name
    assert compose.document["networks"]["inside"] == {"internal": True}


def test_every_service_has_its_own_role_and_schema(compose: Compose) -> None:
    passwords = json.loads(compose.environment("migrations")["INNKEEPER_ROLE_PASSWORDS"])
    assert set(passwords) == {*map(role_of, SERVICES), RELAY_ROLE}
    assert len(set(passwords.values())) == len(passwords)
    roles = {**{service: role_of(service) for service in SERVICES}, "outbox-relay": RELAY_ROLE}
    with_database = {p.name for p in CONTAINED if "DATABASE_URL" in compose.environment(p.name)}
    assert with_database == set(roles)
    for name, role in roles.items():
        address = urlsplit(compose.environment(name)["DATABASE_URL"])
        assert (address.username, address.password) == (role, passwords[role])
        assert (address.hostname, address.port, address.path) == ("postgres", 5432, "/innkeeper")


def test_the_demo_knows_only_the_roles_it_needs(compose: Compose) -> None:
    passwords = json.loads(compose.environment("demo")["INNKEEPER_ROLE_PASSWORDS"])
    known = json.loads(compose.environment("migrations")["INNKEEPER_ROLE_PASSWORDS"])
    assert passwords == {role: known[role] for role in map(role_of, ("auth", "hotel", "salon", "review"))}
    assert compose.services["demo"]["profiles"] == ["demo"]


def test_callers_in_their_own_name_are_known_to_auth(
    compose: Compose, only_this_environment: pytest.MonkeyPatch
) -> None:
    for name, value in compose.environment("auth").items():
        only_this_environment.setenv(name, value)
    known = {name: secret.get_secret_value() for name, secret in load(AuthSettings).service_clients.items()}
    used = {
        given[f"{PREFIX}SERVICE_CLIENT_ID"]: given[f"{PREFIX}SERVICE_CLIENT_SECRET"]
        for process in CONTAINED
        if f"{PREFIX}SERVICE_CLIENT_ID" in (given := compose.environment(process.name))
    }
    assert used == known
    assert set(known) == set(CLIENTS) - {OPERATOR}  # whose commands are the one-command stack's
    assert len(set(known.values())) == len(known)


def test_both_ends_of_the_payment_system_share_their_secrets(
    compose: Compose, variables: dict[str, str], only_this_environment: pytest.MonkeyPatch
) -> None:
    gateway, payment, booking = (compose.environment(name) for name in ("gateway", "payment", "booking"))
    assert payment[f"{PREFIX}PAYMENT_API_KEY"] == booking[f"{PREFIX}PAYMENT_API_KEY"]
    assert payment[f"{PREFIX}WEBHOOK_SECRETS"] == gateway[f"{PREFIX}WEBHOOK_SECRETS"]
    assert payment[f"{PREFIX}WEBHOOK_URL"] == f"http://gateway:{gateway[f'{PREFIX}HTTP_PORT']}/webhooks/payments"
    for name, value in payment.items():
        only_this_environment.setenv(name, value)
    (secret,) = load(PaymentSettings).webhook_secrets
    assert re.fullmatch(r"whsec_[0-9a-f]{64}", secret.get_secret_value())
    assert environment_names(GatewaySettings) >= set(gateway)


def test_secrets_come_from_the_env_file_and_from_nowhere_else(variables: dict[str, str]) -> None:
    text = COMPOSE_FILE.read_text()
    assert required_variables(text) == set(variables)
    assert optional_variables(text) == {"LOG_LEVEL", "TRACE_SAMPLE_RATIO", "PUBLIC_URL", "CHECKOUT_URL"}
    assert len({value.removeprefix("whsec_") for value in variables.values()}) == len(variables)
    assert all(len(value) >= 32 for value in variables.values())


def test_without_an_env_file_nothing_starts() -> None:
    placeholders = read_env_file(ENV_EXAMPLE)
    assert set(placeholders.values()) == {""}
    with pytest.raises(KeyError):
        read_compose(placeholders)


def test_the_env_file_stays_out_of_repository_and_image() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    ignored, *allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert ignored == "*"
    assert "!.env" not in allowed


def test_images_are_pinned_by_version_and_named_without_a_host(compose: Compose) -> None:
    for name in SERVERS:
        image = compose.services[name]["image"]
        assert re.fullmatch(r"([a-z]+/)?[a-z]+:v?\d+\.\d+(\.\d+)?", image), image
    own = {service["image"] for name, service in compose.services.items() if name not in SERVERS}
    assert own == {"innkeeper:local", "innkeeper-demo:local"}
    built = {name: service["build"] for name, service in compose.services.items() if "build" in service}
    assert built == {
        "migrations": {"context": ".", "target": "application"},
        "demo": {"context": ".", "target": "demo"},
    }


def test_data_outlives_its_containers(compose: Compose) -> None:
    mounts = [mount.split(":") for service in compose.services.values() for mount in service.get("volumes", [])]
    named = {source for source, *_ in mounts if not source.startswith(".")}
    assert named == set(compose.document["volumes"])
    for source, _, *options in mounts:
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert options == ["ro"]
    for name in ("postgres", "valkey", "kafka"):
        assert compose.services[name]["volumes"]


def test_the_file_says_only_what_compose_knows(compose: Compose) -> None:
    """The words of the Compose specification that this file uses; another word is looked up before it is added."""
    top = {key for key in compose.document if not key.startswith("x-")}
    assert top == {"name", "services", "networks", "volumes"}
    known = {
        *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "logging"),
        *("networks", "ports", "profiles", "pull_policy", "read_only", "restart", "security_opt", "shm_size"),
        *("stop_grace_period", "tmpfs", "volumes"),
    }
    in_health_checks = {"test", "interval", "timeout", "retries", "start_period", "start_interval"}
    for service in compose.services.values():
        assert set(service) <= known
        assert set(service.get("healthcheck", {})) <= in_health_checks


def needed_by(compose: Compose, name: str) -> set[str]:
    """The containers that a process's settings name, but for those that it only tells things to."""
    told = {f"{PREFIX}OTLP_ENDPOINT", f"{PREFIX}WEBHOOK_URL"}
    hosts: set[str] = set()
    for key, value in compose.environment(name).items():
        if key not in told:
            host = urlsplit(value if "//" in value else f"//{value}").hostname if "{" not in value else None
            hosts |= {host} & set(compose.services) if host else set()
    return hosts - {name}
