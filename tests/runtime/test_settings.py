"""Each process gets its own section, or stops with one line that says what is wrong."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from runtime import settings as module
from runtime.settings import BrokenSettings, environment_names, load, plain_environment

_WORDS: dict[str, str] = {
    "DATABASE_URL": "postgresql://role:hunter2@host/db",
    "REDIS_URL": "redis://host",
    "KAFKA_BOOTSTRAP_SERVERS": "host:9092",
    "INNKEEPER_SERVICE_CLIENTS": '{"gateway": "hunter2"}',
    "INNKEEPER_ROLE_PASSWORDS": '{"innkeeper_auth": "hunter2"}',
    "INNKEEPER_WEBHOOK_SECRETS": "whsec_a, whsec_b",
    "INNKEEPER_SIGNING_KEY_SECRET": "s" * 32,
    "INNKEEPER_WEBHOOK_ENCRYPTION_SECRET": "w" * 32,
    "INNKEEPER_ENVIRONMENT": "test",
    "INNKEEPER_LOG_LEVEL": "DEBUG",
}
_SECTIONS = sorted(
    {
        section
        for name, section in vars(module).items()
        if name.endswith("Settings") and isinstance(section, type) and issubclass(section, BaseSettings)
    }
    - {BaseSettings, module.OwnSettings},
    key=lambda section: section.__name__,
)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any setting of ours."""
    for name in set(os.environ) - set(plain_environment()):
        monkeypatch.delenv(name)


def give(monkeypatch: pytest.MonkeyPatch, section: type[BaseSettings]) -> None:
    for name, field in section.model_fields.items():
        variable = str(field.validation_alias or f"INNKEEPER_{name.upper()}")
        kind = field.annotation
        word = _WORDS.get(variable) or ("8080" if kind is int else "true" if kind is bool else "text")
        if field.is_required() or variable in _WORDS:
            monkeypatch.setenv(variable, word)


@pytest.mark.parametrize("section", _SECTIONS, ids=lambda section: section.__name__)
def test_every_section_loads_from_the_environment(monkeypatch: pytest.MonkeyPatch, section: type[BaseSettings]) -> None:
    give(monkeypatch, section)
    loaded = load(section)
    assert "hunter2" not in repr(loaded)
    for name in section.model_fields:
        value: Any = getattr(loaded, name)
        if name == "webhook_secrets":
            assert [one.get_secret_value() for one in value] == ["whsec_a", "whsec_b"]
        if name == "database_url":
            assert isinstance(value, SecretStr)


@pytest.mark.parametrize("section", _SECTIONS, ids=lambda section: section.__name__)
def test_every_missing_setting_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, section: type[BaseSettings]
) -> None:
    give(monkeypatch, section)
    for name, field in section.model_fields.items():
        if not field.is_required():
            continue
        variable = str(field.validation_alias or f"INNKEEPER_{name.upper()}")
        with monkeypatch.context() as without:
            without.delenv(variable)
            with pytest.raises(BrokenSettings) as broken:
                load(section)
        assert variable in str(broken.value)
        assert "\n" not in str(broken.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INNKEEPER_SERVICE_CLIENTS", "not json"),
        ("INNKEEPER_SERVICE_CLIENTS", '["a"]'),
        ("INNKEEPER_SIGNING_KEY_SECRET", "short-secret"),
        ("INNKEEPER_ACCESS_TOKEN_SECONDS", "soon"),
        ("INNKEEPER_ACCESS_TOKEN_SECONDS", "5"),
        ("INNKEEPER_ENVIRONMENT", "moon"),
        ("INNKEEPER_DATABASE_POOL_SIZE", "0"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_kept_quiet(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    give(monkeypatch, module.AuthSettings)
    monkeypatch.setenv(variable, value)
    with pytest.raises(BrokenSettings) as broken:
        load(module.AuthSettings)
    assert variable in str(broken.value)
    assert value not in str(broken.value).replace(variable, "") or value in ("5", "0", "moon", "soon")
    assert "\n" not in str(broken.value)


def test_an_unknown_setting_stops_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, module.HotelSettings)
    monkeypatch.setenv("INNKEEPER_HOTEL_ADRESS", "typo")
    with pytest.raises(BrokenSettings, match="unknown setting INNKEEPER_HOTEL_ADRESS"):
        load(module.HotelSettings)


def test_what_belongs_to_other_processes_is_known_but_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, module.HotelSettings)
    monkeypatch.setenv("INNKEEPER_SMTP_HOST", "mail")
    assert not hasattr(load(module.HotelSettings), "smtp_host")
    assert "INNKEEPER_SMTP_HOST" not in environment_names(module.HotelSettings)


async def test_a_process_ends_with_one_line_and_code_2() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "grpc_services.hotel",
        env={**plain_environment(), "INNKEEPER_GRPC_LISTEN": "127.0.0.1:0"},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    (line,) = err.decode().splitlines()
    assert line.startswith("hotel: ")
    assert "DATABASE_URL" in line
    assert "INNKEEPER_AUTH_ADDRESS" in line
