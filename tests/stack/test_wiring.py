"""Every process of the stack gets its own settings and nobody else's secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from runtime.settings import StackSettings, environment_names
from stack.ports import Ports
from stack.processes import PROCESSES, Process
from stack.secret_store import SecretStore
from stack.wiring import Wiring


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    return Wiring(
        root=tmp_path,
        directory=tmp_path,
        ports=Ports(8000),
        secrets=SecretStore(tmp_path),
        settings=StackSettings(),
        database_url="postgresql://boss:secret@127.0.0.1:5432/innkeeper?sslmode=disable",
        redis_url="redis://:words@127.0.0.1:6379/0",
        kafka_bootstrap_servers="127.0.0.1:9092",
        embedded_broker=True,
    )


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_a_process_starts_with_its_own_section_whole(
    process: Process, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = wiring.environment(process)
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert process.section().model_dump()
    ours = {name for name in environment if name.startswith("INNKEEPER_") or name.endswith("_URL")}
    assert ours <= environment_names(process.section)


def test_nobody_but_the_stack_knows_the_databases_owner(wiring: Wiring) -> None:
    for process in PROCESSES:
        assert "boss:secret" not in wiring.environment(process).get("DATABASE_URL", "")


def test_a_service_connects_with_its_own_role_and_the_given_options(wiring: Wiring) -> None:
    booking = next(process for process in PROCESSES if process.name == "booking")
    url = wiring.environment(booking)["DATABASE_URL"]
    assert url.startswith("postgresql://innkeeper_booking:")
    assert url.endswith("@127.0.0.1:5432/innkeeper?sslmode=disable")


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    secret = SecretStore(tmp_path).of("something")
    assert SecretStore(tmp_path).of("something") == secret
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert SecretStore(tmp_path).webhook_secret().startswith("whsec_")
