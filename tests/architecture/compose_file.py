"""docker-compose.yml as Docker reads it: merged, and with the secrets of a made .env put in."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runtime.settings import plain_environment
from tests.architecture.source_tree import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"
ENV_EXAMPLE = ROOT / ".env.example"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


@dataclass(frozen=True)
class Compose:
    document: dict[str, Any]

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        return dict(self.document["services"])

    def environment(self, name: str) -> dict[str, str]:
        return {key: str(value) for key, value in self.services[name].get("environment", {}).items()}

    def waits_for(self, name: str) -> dict[str, str]:
        """Service → the condition that it must meet first."""
        wanted: dict[str, Any] = self.services[name].get("depends_on", {})
        return {other: str(terms["condition"]) for other, terms in wanted.items()}

    def module(self, name: str) -> str:
        """What `python -m` runs there; empty for what is not ours."""
        command = self.services[name].get("command", [])
        return str(command[2]) if command[:2] == ["python", "-m"] else ""


def read_compose(variables: dict[str, str]) -> Compose:
    return Compose(yaml.safe_load(interpolated(COMPOSE_FILE.read_text(), variables)))


def interpolated(text: str, variables: dict[str, str]) -> str:
    """Raises KeyError for a variable that Compose would refuse to go without."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == "-":
            return str(rest)
        raise KeyError(name)

    return _VARIABLE.sub(value, text)


def required_variables(text: str) -> set[str]:
    return {name for name, kind, _ in _VARIABLE.findall(text) if kind == "?"}


def optional_variables(text: str) -> set[str]:
    return {name for name, kind, _ in _VARIABLE.findall(text) if kind == "-"}


def make_env_file(folder: Path) -> Path:
    """Runs the line that .env.example tells people to run."""
    line = next(line for line in ENV_EXAMPLE.read_text().splitlines() if line.startswith("#   python3 -c"))
    (folder / ".env.example").write_text(ENV_EXAMPLE.read_text())
    subprocess.run(["/bin/sh", "-c", line.removeprefix("#   ")], cwd=folder, env=plain_environment(), check=True)
    return folder / ".env"


def read_env_file(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)
